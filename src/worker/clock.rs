//! A clock that goes back must not make work lie: leases and waits given before are counted anew.

use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::json;

use super::Worker;
use crate::store::Result;
use crate::store::audit::{Action, Entry};
use crate::store::jobs::CLOCK_SLACK;
use crate::time::Timestamp;

/// The latest moment this program has seen.
#[derive(Debug)]
pub(super) struct LatestSeen(AtomicI64);

impl Default for LatestSeen {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl LatestSeen {
    /// The moment from which the clock has gone back to `now`, if it has: told once.
    fn gone_back_from(&self, now: Timestamp) -> Option<Timestamp> {
        let seen = self.0.fetch_max(now.millis(), Ordering::SeqCst);
        if now.after(CLOCK_SLACK).millis() >= seen {
            return None;
        }
        let is_first = self
            .0
            .compare_exchange(seen, now.millis(), Ordering::SeqCst, Ordering::SeqCst)
            .is_ok();
        is_first.then(|| Timestamp::from_millis(seen))
    }

    /// The mending failed: it is told again.
    fn forget(&self, seen: Timestamp) {
        self.0.fetch_max(seen.millis(), Ordering::SeqCst);
    }
}

impl Worker {
    /// Notices that the clock has gone back, and mends what was counted by it.
    pub(super) async fn mind_the_clock(&self) -> Result<()> {
        let now = self.clock.now();
        let Some(seen) = self.latest_seen.gone_back_from(now) else {
            return Ok(());
        };
        tracing::error!(from = %seen, to = %now, "the clock has gone back; waits are counted anew. While it was wrong, deliveries may have been refused: Featurebase sends those again for some hours");
        let mended = self.mend_clocks(now, seen).await;
        if mended.is_err() {
            self.latest_seen.forget(seen);
        }
        mended
    }

    async fn mend_clocks(&self, now: Timestamp, seen: Timestamp) -> Result<()> {
        let mut tx = self.store.writing().await?;
        let mended = tx.mend_clocks(now, self.behaviour.lease).await?;
        let detail = json!({
            "from": seen.to_string(),
            "leases_ended": mended.leases,
            "waits_counted_anew": mended.waits,
        });
        tx.record(vec![Entry::new(Action::ClockWentBack, now, detail)])
            .await?;
        tx.commit().await
    }
}
