//! The record for an outsider to check, and whether it is as it was signed.

use super::{Desk, DeskError, Result};
use crate::proof::lines::{self, FORMAT, Header, TILE};
use crate::proof::note::{Note, PublicKey};
use crate::proof::verify::{Fault, Verified, Verifier};
use crate::store::StoreError;
use crate::store::record::{SignedAt, Tile};

/// Most tiles read at once.
const TILES: i64 = 16;
/// More rows than this where there should be 256 are as wrong as one more.
const MOST_ROWS: i64 = 2 * TILE.cast_signed();

/// Why an export ended early.
#[derive(Debug)]
pub enum Ended {
    /// Whoever takes the lines wants no more.
    Refused,
    Failed(DeskError),
}

impl From<DeskError> for Ended {
    fn from(error: DeskError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl Desk {
    /// The newest checkpoint.
    ///
    /// # Errors
    /// When there is none yet, or the store fails.
    pub async fn checkpoint(&self) -> Result<SignedAt> {
        let newest = self.store.newest_checkpoint().await?;
        newest.ok_or(DeskError::NothingSigned)
    }

    /// The key the record is signed with.
    ///
    /// # Errors
    /// When there is none yet, or the store fails.
    pub async fn record_key(&self) -> Result<PublicKey> {
        self.store
            .record_key()
            .await?
            .ok_or(DeskError::NothingSigned)
    }

    /// The key the record was begun with: from it all others follow.
    ///
    /// # Errors
    /// When there is none yet, or the store fails.
    pub async fn first_record_key(&self) -> Result<PublicKey> {
        let first = self.store.first_record_key().await?;
        first.ok_or(DeskError::NothingSigned)
    }

    /// Gives the record up to the newest checkpoint, line by line, without line ends, for as long as `take` says yes.
    ///
    /// # Errors
    /// When nothing was signed yet, or the store fails.
    pub async fn export_record(
        &self,
        mut take: impl FnMut(&str) -> bool,
    ) -> std::result::Result<SignedAt, Ended> {
        let newest = self.checkpoint().await?;
        let head = self.store.record_head().await?;
        let header = Header {
            format: FORMAT.to_owned(),
            origin: head
                .as_ref()
                .map(|head| head.origin.clone())
                .unwrap_or_default(),
            size: newest.size.unsigned_abs(),
            forgotten: head.map_or(0, |head| head.forgotten),
        };
        let mut give = |line: &str| {
            if take(line) {
                Ok(())
            } else {
                Err(Ended::Refused)
            }
        };
        give(&serde_json::to_string(&header).unwrap_or_default())?;
        let rotations = self.store.rotations().await?;
        let signed = |size: u64| {
            let due = |signed: &&SignedAt| signed.size.unsigned_abs() == size;
            rotations.iter().filter(|_| size < header.size).find(due)
        };
        let mut given = 0;
        let mut tiles: Vec<Tile> = Vec::new();
        for number in 0..header.size.div_ceil(TILE) {
            if tiles.is_empty() {
                tiles = self.store.tiles(number.cast_signed(), TILES + 1).await?;
                tiles.reverse();
            }
            let Some(tile) = tiles.pop() else { break };
            let rows = header.size.saturating_sub(number * TILE).min(TILE);
            let bytes = usize::try_from(rows * 32).unwrap_or(0);
            let hashes = tile.hashes.get(..bytes).unwrap_or(&tile.hashes);
            give(&lines::tile_line(tile.tile.unsigned_abs(), hashes))?;
            if given + TILE <= header.forgotten {
                for _ in 0..rows {
                    given += 1;
                    if let Some(at) = signed(given) {
                        give(&lines::checkpoint_line(&at.note))?;
                    }
                }
                continue;
            }
            if tiles.is_empty() {
                tiles = self
                    .store
                    .tiles(number.cast_signed() + 1, TILES + 1)
                    .await?;
                tiles.reverse();
            }
            let end = match tiles.last() {
                Some(next) => newest.last_seq.min(next.first_seq - 1),
                None => newest.last_seq,
            };
            // A row put before the first one would lie between two tiles.
            let begin = if number == 0 {
                i64::MIN
            } else {
                tile.first_seq - 1
            };
            for row in self.store.stored_rows(begin, end, MOST_ROWS).await? {
                give(&row.line())?;
                given += 1;
                if let Some(at) = signed(given) {
                    give(&lines::checkpoint_line(&at.note))?;
                }
            }
        }
        give(&lines::checkpoint_line(&newest.note))?;
        if self.forgotten_rows().await? != header.forgotten {
            return Err(DeskError::ForgottenMeanwhile.into());
        }
        Ok(newest)
    }

    /// Whether the rows in the store are those that were signed.
    ///
    /// # Errors
    /// When nothing was signed yet, or the store fails.
    pub async fn verify_record(
        &self,
        key: PublicKey,
        older: Option<Note>,
    ) -> Result<std::result::Result<Verified, Fault>> {
        loop {
            let forgotten = self.forgotten_rows().await?;
            let found = self.verify_once(key.clone(), older.clone()).await?;
            // Rows that are forgotten while we look are not missing.
            if found.is_ok() || forgotten == self.forgotten_rows().await? {
                return Ok(found);
            }
        }
    }

    async fn verify_once(
        &self,
        key: PublicKey,
        older: Option<Note>,
    ) -> Result<std::result::Result<Verified, Fault>> {
        let mut verifier = Verifier::new(key, older);
        let mut fault = None;
        let ended = self
            .export_record(|line| match verifier.line(line) {
                Ok(()) => true,
                Err(found) => {
                    fault = Some(found);
                    false
                }
            })
            .await;
        match (ended, fault) {
            (_, Some(fault)) => Ok(Err(fault)),
            (Err(Ended::Failed(error)), None) => Err(error),
            (Ok(_) | Err(Ended::Refused), None) => Ok(verifier.finish()),
        }
    }

    async fn forgotten_rows(&self) -> Result<u64> {
        let head = self.store.record_head().await?;
        Ok(head.map_or(0, |head| head.forgotten))
    }
}
