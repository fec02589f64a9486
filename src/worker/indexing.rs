//! Words of messages filed before they were indexed, and words forgotten: both a few at a time, when there is nothing else to do.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio_util::sync::CancellationToken;

use super::{MOMENT, Worker, rest};
use crate::payload::{self, What};
use crate::rules::search::words_of;
use crate::store::Result;
use crate::store::words::Forms;

/// Most messages indexed in one transaction.
const BATCH: i64 = 64;

impl Worker {
    /// Indexes older messages and overwrites forgotten words until told to stop. It leaves the store to whoever waits for it.
    pub async fn keep_indexing(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if self.store.senders_waiting() == 0
                && self.settled(self.index_due(), "indexing").await > 0
            {
                tokio::time::sleep(MOMENT).await;
            } else {
                rest(&self.wake.indexing, &stop).await;
            }
        }
    }

    /// One step, if one is due. Gives how many were done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn index_due(&self) -> Result<usize> {
        if self.store.is_tight() {
            return Ok(0);
        }
        Ok(usize::from(self.index_older().await?) + usize::from(self.sweep().await?))
    }

    async fn index_older(&self) -> Result<bool> {
        let Some(older) = self.store.words_missing().await? else {
            return Ok(false);
        };
        let (events, last) = self.store.received_up_to(older, BATCH).await?;
        let bodies = self.store.bodies(&events).await?;
        let mut words = Vec::new();
        for (event, (received_at, body)) in bodies {
            let read = || match payload::read(&body, received_at).what {
                What::Message(message) => Some(words_of(&message)),
                _ => None,
            };
            // A text that cannot be read is not found by its words.
            let forms: Option<Forms> = catch_unwind(AssertUnwindSafe(read)).unwrap_or_default();
            words.extend(forms.map(|forms| (event, forms)));
        }
        let mut tx = self.store.writing().await?;
        if !tx.words_kept_from(older, last - 1).await? {
            return Ok(true);
        }
        // A text may have been forgotten since it was read.
        let kept = tx.still_kept(&events).await?;
        words.retain(|(event, _)| kept.contains(event));
        tx.keep_words(words).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn sweep(&self) -> Result<bool> {
        if !self.store.words_to_sweep().await? {
            return Ok(false);
        }
        let mut tx = self.store.writing().await?;
        let done = tx.sweep_words().await?;
        tx.commit().await?;
        // What was overwritten still stands in the database's log.
        self.looks.to_scrub.store(true, Ordering::Relaxed);
        Ok(done)
    }
}
