//! Notices our own silence: a webhook that no longer delivers, no traffic at all, messages that were never delivered. The last
//! it finds and takes in.
//!
//! One look does whatever is due by the clock. What it knows stands in the store, so that a change of state is recorded once,
//! whichever replica sees it, and a repair goes on where a program that died left it.

mod gap;
mod repair;
mod silence;
mod status;
mod webhook;

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::featurebase::Featurebase;
use crate::store::watched::{Watched, WatchedRow};
use crate::store::{Result, Store};
use crate::telemetry::Metrics;
use crate::time::{Clock, Timestamp};

pub use status::Status;
pub use webhook::{Health, State, pick, state_of};

/// How far Featurebase's retries reach: after 1 minute, 1 hour and 6 hours more an event is given up.
pub const REACH: Duration = Duration::from_mins(7 * 60 + 2);

/// How often a look is taken.
const INTERVAL: Duration = Duration::from_secs(2);

/// What to look out for.
#[derive(Debug, Clone)]
pub struct Watch {
    /// Nothing: it is found by itself.
    pub webhook_id: Option<String>,
    /// The path deliveries are posted to.
    pub webhook_path: String,
    /// How often Featurebase is asked how the webhook is.
    pub webhook_check: Duration,
    /// Without a delivery for so long we are silent.
    pub silence_after: Duration,
    /// While this file exists no call is made.
    pub stop_file: PathBuf,
    /// How long a claim on a repair holds.
    pub lease: Duration,
}

/// Keeps a lookout.
#[derive(Debug)]
pub struct Lookout {
    store: Store,
    /// Without a key only silence is noticed.
    featurebase: Option<Featurebase>,
    watch: Watch,
    clock: Clock,
    metrics: Metrics,
    status: watch::Sender<Status>,
    check_at: Mutex<Timestamp>,
    /// By what a claim on a repair is known as ours.
    me: String,
}

impl Lookout {
    #[must_use]
    pub fn new(
        store: Store,
        featurebase: Option<Featurebase>,
        watch: Watch,
        clock: Clock,
        metrics: Metrics,
    ) -> Self {
        Self {
            store,
            featurebase,
            watch,
            clock,
            metrics,
            status: watch::Sender::new(Status::default()),
            check_at: Mutex::new(Timestamp::from_millis(0)),
            me: uuid::Uuid::now_v7().to_string(),
        }
    }

    /// What is not as it should be.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Before the first delivery: remembers since when we listen, and whether we were away for longer than retries reach.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn start(&self) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.store.writing().await?;
        tx.lock_watched().await?;
        if tx.watched(Watched::Since).await?.is_none() {
            tx.set_watched(Watched::Since, &at(now)).await?;
        }
        let last = tx.watched(Watched::Delivery).await?.map(|row| row.at);
        if let Some(last) = last.filter(|last| now.since(*last) > REACH) {
            let why = format!("nothing was delivered since {last}");
            gap::open(&mut tx, last, now, &why).await?;
        }
        tx.commit().await
    }

    /// Does what is due at this moment.
    ///
    /// # Errors
    /// When the database fails; it is done at the next look.
    pub async fn look(&self) -> Result<()> {
        self.note_delivery().await?;
        self.note_silence().await?;
        self.check_webhook().await?;
        self.repair().await
    }

    /// Looks until told to stop.
    pub async fn run(self: std::sync::Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let looked = tokio::select! {
                looked = self.look() => looked,
                // What a look has not committed is as if it had not been; the next start goes on from there.
                () = stop.cancelled() => return,
            };
            if let Err(error) = looked {
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::from(error)),
                    "the lookout failed; it is tried again"
                );
            }
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Whether Featurebase may be called: not while a person has stopped all calls.
    async fn may_call(&self) -> Result<bool> {
        Ok(!self.watch.stop_file.exists() && self.store.stopped().await?.is_none())
    }

    /// Whether the webhook is to be asked after now; if so, not again for a while.
    fn check_is_due(&self) -> bool {
        let now = self.clock.now();
        let mut check_at = self.check_at.lock().unwrap_or_else(PoisonError::into_inner);
        // A moment further away than that was reckoned by a clock that has gone back since.
        let due = now >= *check_at || check_at.since(now) > self.watch.webhook_check;
        if due {
            *check_at = now.after(self.watch.webhook_check);
        }
        due
    }

    fn tell(&self, change: impl FnOnce(&mut Status)) {
        self.status.send_modify(change);
    }
}

fn at(moment: Timestamp) -> WatchedRow {
    WatchedRow {
        at: moment,
        detail: String::new(),
    }
}
