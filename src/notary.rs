//! Numbers the rows of the record, hashes them into its tree, and signs how far it has come. One of all replicas does at a
//! time. Nothing here changes a row.

mod key;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::proof::lines::TILE;
use crate::proof::note::{Checkpoint, PublicKey, SigningKey};
use crate::store::audit::{Action, Entry};
use crate::store::record::{Head, SignedAt, Tile, size_of};
use crate::store::{Result, Store, StoreError};
use crate::time::{Clock, Timestamp};

pub use key::KeyError;
use key::KeyFile;

/// How often it is looked for new rows.
const INTERVAL: Duration = Duration::from_secs(1);
/// While rows come, a checkpoint at least this often.
const SIGNED_EVERY: Duration = Duration::from_secs(30);
/// Most rows numbered in one transaction.
const BATCH: i64 = 1_024;
/// How long nobody else numbers rows.
const LEASE: Duration = Duration::from_secs(20);

/// Why something about the record's key could not be done.
#[derive(Debug, thiserror::Error)]
pub enum NotaryError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(
        "rows of the record could not be numbered for a while; is another bouncer stuck? Try again"
    )]
    Held,
}

/// Keeps the record checkable.
#[derive(Debug)]
pub struct Notary {
    store: Store,
    clock: Clock,
    file: KeyFile,
    owner: String,
    /// What keeps it from signing, as it was told last.
    trouble: Mutex<Option<String>>,
}

impl Notary {
    /// For the store, with the key in the data folder.
    #[must_use]
    pub fn new(store: Store, data_dir: &Path, clock: Clock) -> Self {
        Self {
            store,
            clock,
            file: KeyFile::in_folder(data_dir),
            owner: format!("notary-{:016x}", fastrand::u64(..)),
            trouble: Mutex::default(),
        }
    }

    /// Where the key lies.
    #[must_use]
    pub fn key_file(&self) -> PathBuf {
        self.file.path().to_owned()
    }

    /// Makes the record's first key, where it has none.
    ///
    /// # Errors
    /// When the key cannot be kept, or the store fails.
    pub async fn begin(&self) -> std::result::Result<(), NotaryError> {
        if self.store.record_head().await?.is_some() {
            return Ok(());
        }
        let (key, new) = self.file.read_or_make()?;
        let mut tx = self.store.writing().await?;
        let founded = tx.found_record(key.public(), self.clock.now()).await?;
        tx.commit().await?;
        if !founded && new {
            // Another replica was first: its key is the record's.
            self.file.remove();
        }
        Ok(())
    }

    /// Numbers the rows that came, and signs when it is time to, or at once. Gives the number of rows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn round(&self, sign_now: bool) -> Result<u64> {
        let mut rows = 0;
        // Everybody who writes is held up for a moment only if there is something to number.
        if self.has_new_rows().await?
            && let Some(settled) = self.store.settled_seq().await?
        {
            while let Some(more) = self.grow(settled).await?
                && more > 0
            {
                rows += more;
            }
        }
        self.sign(sign_now).await?;
        Ok(rows)
    }

    /// Whether there are rows behind the last that is numbered: before it none can appear any more.
    async fn has_new_rows(&self) -> Result<bool> {
        let head = self.store.record_head().await?;
        let last = head.map_or(0, |head| head.last_seq);
        Ok(self.store.newest_seq().await? > last)
    }

    /// Until told to stop; what came until then is signed at the end.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                () = stop.cancelled() => {}
            }
            let last = stop.is_cancelled();
            if let Err(error) = self.round(last).await {
                self.store.saw(&error);
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::from(error)),
                    "numbering the rows of the record failed; it is tried again"
                );
            }
            if last {
                return;
            }
        }
    }

    /// One batch. Nothing while another one does this.
    async fn grow(&self, settled: i64) -> Result<Option<u64>> {
        let Some(before) = self.store.record_head().await? else {
            return Ok(None);
        };
        if before.last_seq >= settled {
            return Ok(Some(0));
        }
        let rows = self
            .store
            .stored_rows(before.last_seq, settled, BATCH)
            .await?;
        let first = size_of(&before.tree).div_euclid(TILE_ROWS);
        let mut tiles = self.store.tiles(first, 1).await?;
        let mut head = before.clone();
        for row in &rows {
            let leaf = row.leaf();
            let tile = size_of(&head.tree).div_euclid(TILE_ROWS);
            match tiles.last_mut() {
                Some(last) if last.tile == tile => last.hashes.extend(leaf),
                _ => tiles.push(Tile {
                    tile,
                    first_seq: row.seq,
                    hashes: leaf.to_vec(),
                }),
            }
            head.tree.push(leaf);
            head.last_seq = row.seq;
        }
        let now = self.clock.now();
        let mut tx = self.store.writing().await?;
        let taken = tx.take_record(&self.owner, now, now.after(LEASE)).await?;
        // Somebody else has numbered rows since we looked.
        if taken.as_ref() != Some(&before) {
            return Ok(None);
        }
        tx.grow_record(&head, tiles).await?;
        tx.commit().await?;
        Ok(Some(rows.len() as u64))
    }

    async fn sign(&self, now_or_never: bool) -> Result<()> {
        let Some(head) = self.store.record_head().await? else {
            return Ok(());
        };
        let newest = self.store.newest_checkpoint().await?;
        let now = self.clock.now();
        if let Some(newest) = &newest {
            let fresh = now.since(newest.at) < SIGNED_EVERY && newest.at <= now;
            if newest.size >= size_of(&head.tree) || (fresh && !now_or_never) {
                return Ok(());
            }
        }
        let Some(current) = self.store.record_key().await? else {
            return Ok(());
        };
        let key = match self.file.key_for(&current) {
            Ok(key) => key,
            Err(error) => {
                self.tell(Some(error.to_string()));
                return Ok(());
            }
        };
        let mut tx = self.store.writing().await?;
        let taken = tx.take_record(&self.owner, now, now.after(LEASE)).await?;
        // Signed is what the store holds at this moment, by the key that is in force at this moment.
        let Some(head) = taken else { return Ok(()) };
        if tx.record_key().await?.as_ref() != Some(&current) {
            return Ok(());
        }
        let note = checkpoint_of(&head, None).sign(&[&key]);
        tx.add_checkpoint(&signed(&head, now, false, note)).await?;
        tx.commit().await?;
        self.tell(None);
        Ok(())
    }

    /// Has another key sign from now on. The change stands in the record, and in a checkpoint signed with both.
    ///
    /// # Errors
    /// When the present key is not here, the new one cannot be kept, or the store fails.
    pub async fn rotate(
        &self,
        actor: &str,
        reason: &str,
    ) -> std::result::Result<PublicKey, NotaryError> {
        self.begin().await?;
        let Some(current) = self.store.record_key().await? else {
            return Err(NotaryError::Held);
        };
        let old = self.file.key_for(&current)?;
        let new = SigningKey::generate(current.name()).map_err(KeyError::NoRandomness)?;
        self.file.keep_next(&new)?;
        let detail = json!({
            "reason": reason,
            "old": current.to_string(),
            "new": new.public().to_string(),
        });
        let mut tx = self.store.writing().await?;
        let row = Entry::new(Action::RecordKeyChanged, self.clock.now(), detail).by(actor);
        tx.record(vec![row]).await?;
        tx.commit().await?;
        let written = self.written().await?;
        for _ in 0..TRIES {
            self.round(false).await?;
            let now = self.clock.now();
            let mut tx = self.store.writing().await?;
            let taken = tx.take_record(&self.owner, now, now.after(LEASE)).await?;
            if let Some(head) = taken.filter(|head| head.last_seq >= written) {
                let next = Some(new.public().clone());
                let note = checkpoint_of(&head, next).sign(&[&old, &new]);
                tx.add_checkpoint(&signed(&head, now, true, note)).await?;
                tx.set_record_key(new.public(), size_of(&head.tree), now)
                    .await?;
                tx.commit().await?;
                self.file.take_up_next()?;
                return Ok(new.public().clone());
            }
            drop(tx);
            tokio::time::sleep(INTERVAL / 2).await;
        }
        Err(NotaryError::Held)
    }

    /// The newest row there is.
    async fn written(&self) -> std::result::Result<i64, NotaryError> {
        for _ in 0..TRIES {
            if let Some(seq) = self.store.settled_seq().await? {
                return Ok(seq);
            }
        }
        Err(NotaryError::Held)
    }

    /// Says what keeps it from signing, once.
    fn tell(&self, trouble: Option<String>) {
        let mut told = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if *told == trouble {
            return;
        }
        if let Some(trouble) = &trouble {
            tracing::error!("the record is not signed: {trouble}");
        } else {
            tracing::info!("the record is signed again");
        }
        *told = trouble;
    }
}

const TILE_ROWS: i64 = TILE.cast_signed();
/// How often a step that others can hold up for a moment is tried.
const TRIES: usize = 60;

fn checkpoint_of(head: &Head, next: Option<PublicKey>) -> Checkpoint {
    Checkpoint {
        origin: head.origin.clone(),
        size: head.tree.size(),
        root: head.tree.root(),
        next,
    }
}

fn signed(head: &Head, at: Timestamp, rotates: bool, note: String) -> SignedAt {
    SignedAt {
        size: size_of(&head.tree),
        last_seq: head.last_seq,
        at,
        rotates,
        note,
    }
}
