//! The record for an outsider to check, and whether it is as it was signed.

use super::{Desk, DeskError, Result};
use crate::proof::lines::{self, FORMAT, Header, TILE};
use crate::proof::note::{Note, PublicKey};
use crate::proof::verify::{Fault, Verified, Verifier};
use crate::store::StoreError;
use crate::store::record::{SignedAt, Tile};

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
        take: impl FnMut(&str) -> bool,
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
        let mut lines = Lines {
            take,
            rotations: self.store.rotations().await?,
            size: header.size,
            given: 0,
        };
        lines.give(&serde_json::to_string(&header).unwrap_or_default())?;
        for number in 0..header.size.div_ceil(TILE) {
            let tiles = self.store.tiles(number.cast_signed(), 2).await?;
            let Some(tile) = tiles.first() else { break };
            let rows = lines.tile(tile)?;
            if lines.given + TILE <= header.forgotten {
                for _ in 0..rows {
                    lines.one_more()?;
                }
                continue;
            }
            // A row put before the first one, or between two tiles, is met, too.
            let after = if number == 0 {
                i64::MIN
            } else {
                tile.first_seq - 1
            };
            let next = tiles.get(1).map_or(i64::MAX, |next| next.first_seq - 1);
            let up_to = next.min(newest.last_seq);
            for row in self.store.stored_rows(after, up_to, MOST_ROWS).await? {
                lines.give(&row.line())?;
                lines.one_more()?;
            }
        }
        lines.give(&lines::checkpoint_line(&newest.note))?;
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
            // Rows that are forgotten while we look are not missing.
            let found = match self.verify_once(key.clone(), older.clone()).await {
                Err(DeskError::ForgottenMeanwhile) => continue,
                found => found?,
            };
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

/// The lines of an export as they are given.
struct Lines<F> {
    take: F,
    rotations: Vec<SignedAt>,
    /// How many rows the log has.
    size: u64,
    /// How many of them were given so far, as rows or as hashes.
    given: u64,
}

impl<F: FnMut(&str) -> bool> Lines<F> {
    fn give(&mut self, line: &str) -> std::result::Result<(), Ended> {
        if (self.take)(line) {
            Ok(())
        } else {
            Err(Ended::Refused)
        }
    }

    /// The hashes of a tile, as far as they are signed. Gives their number.
    fn tile(&mut self, tile: &Tile) -> std::result::Result<u64, Ended> {
        let number = tile.tile.unsigned_abs();
        let rows = self.size.saturating_sub(number * TILE).min(TILE);
        let bytes = usize::try_from(rows * 32).unwrap_or(0);
        let hashes = tile.hashes.get(..bytes).unwrap_or(&tile.hashes);
        self.give(&lines::tile_line(number, hashes))?;
        Ok(rows)
    }

    /// A row was given; where the key was changed after it, the checkpoint follows that says so.
    fn one_more(&mut self) -> std::result::Result<(), Ended> {
        self.given += 1;
        let given = self.given;
        let mut rotations = self.rotations.iter().filter(|_| given < self.size);
        let due = rotations.find(|signed| signed.size.unsigned_abs() == given);
        match due.map(|signed| lines::checkpoint_line(&signed.note)) {
            Some(line) => self.give(&line),
            None => Ok(()),
        }
    }
}
