//! The last delivery, and how long ago it is.

use std::time::Duration;

use serde_json::json;

use super::{Lookout, REACH, at, gap};
use crate::store::Result;
use crate::store::audit::{Action, Entry};
use crate::store::watched::Watched;
use crate::time::{Timestamp, say_span};

/// The last delivery is written down this often; after a crash it may seem that much longer ago than it was.
const PRECISION: Duration = Duration::from_secs(30);

impl Lookout {
    /// Writes down when this replica last stored a delivery. One that came after more time than retries reach tells of a gap.
    pub(super) async fn note_delivery(&self) -> Result<()> {
        let Some(last) = self.metrics.lookout.last_delivery() else {
            return Ok(());
        };
        let known = self.store.watched(Watched::Delivery).await?;
        if known.is_some_and(|row| last.since(row.at) < PRECISION) {
            return Ok(());
        }
        let mut tx = self.store.writing().await?;
        tx.lock_watched().await?;
        let before = tx.watched(Watched::Delivery).await?.map(|row| row.at);
        if before.is_some_and(|before| before >= last) {
            return Ok(());
        }
        tx.set_watched(Watched::Delivery, &at(last)).await?;
        if let Some(before) = before.filter(|before| last.since(*before) > REACH) {
            let why = format!("nothing was delivered from {before} to {last}");
            gap::open(&mut tx, before, last, &why).await?;
        }
        tx.commit().await
    }

    pub(super) async fn note_silence(&self) -> Result<()> {
        let now = self.clock.now();
        let last = self.last_heard().await?;
        let silent = last.filter(|last| now.since(*last) > self.watch.silence_after);
        let known = self.store.watched(Watched::Silence).await?;
        if silent.is_some() != known.is_some() {
            self.turn(silent, now).await?;
        }
        self.metrics.lookout.silent.set(i64::from(silent.is_some()));
        self.tell(|status| {
            status.silence = silent.map(|since| {
                format!("nothing has been delivered since {since}; `bouncer doctor` looks for the reason")
            });
        });
        Ok(())
    }

    /// When anything was last delivered to any replica; before the first delivery, since when we listen.
    async fn last_heard(&self) -> Result<Option<Timestamp>> {
        let stored = self.store.watched(Watched::Delivery).await?;
        let since = self.store.watched(Watched::Since).await?;
        let stored = stored.or(since).map(|row| row.at);
        Ok(stored.max(self.metrics.lookout.last_delivery()))
    }

    /// Records that a silence began or ended, unless another replica has.
    async fn turn(&self, silent: Option<Timestamp>, now: Timestamp) -> Result<()> {
        let mut tx = self.store.writing().await?;
        tx.lock_watched().await?;
        let known = tx.watched(Watched::Silence).await?;
        let entry = match (silent, known) {
            (Some(since), None) => {
                tx.set_watched(Watched::Silence, &at(since)).await?;
                let after = say_span(self.watch.silence_after);
                tracing::error!(%since, "nothing has been delivered for more than {after}; `bouncer doctor` looks for the reason");
                let detail = json!({ "since": since.to_string(), "longer_than": after });
                Entry::new(Action::Silence, now, detail)
            }
            (None, Some(row)) => {
                tx.forget_watched(Watched::Silence).await?;
                tracing::info!(since = %row.at, "deliveries come again");
                Entry::new(
                    Action::SilenceEnded,
                    now,
                    json!({ "since": row.at.to_string() }),
                )
            }
            _ => return Ok(()),
        };
        tx.record(vec![entry]).await?;
        tx.commit().await
    }
}
