//! Takes up what the store holds: files events, judges messages, carries out blocks and unblocks.
//!
//! Every step claims its work, does it, and settles it in one transaction with its record. A step that dies is taken up
//! again when its lease has run out.

mod acting;
pub mod backoff;
mod brake;
mod clock;
mod filing;
mod follow;
pub mod forgetting;
mod indexing;
mod judging;
mod lookups;
mod presence;
mod reconcile;
mod regret;
mod there;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::decision::{Decision, Facts, Stage};
use crate::featurebase::{Featurebase, Notifier};
use crate::message::Message;
use crate::rules::Rulebook;
use crate::store::{Result, Store};
use crate::telemetry::Metrics;
use crate::time::Clock;

/// How long an idle worker waits before it looks by itself.
const POLL: Duration = Duration::from_millis(500);

/// A woken worker waits so long for company: a few events judged together cost little more than one.
const GATHER: Duration = Duration::from_millis(10);

/// So few senders waiting for an answer are no crowd.
const FEW: usize = 4;
const MOMENT: Duration = Duration::from_millis(1);
/// Far longer than any step takes, a Featurebase that hangs included.
const LONGEST_STEP: Duration = Duration::from_mins(5);

/// The rulebook in force; nothing while there is none.
pub type Book = watch::Receiver<Option<Arc<Rulebook>>>;

/// How the worker behaves.
#[derive(Debug, Clone)]
pub struct Behaviour {
    pub mode: Stage,
    pub calls_at_once: usize,
    /// How long a claim on work holds: far longer than any step takes.
    pub lease: Duration,
    pub give_up_after: Duration,
    /// While this file exists no call is made, whatever state the store is in.
    pub stop_file: PathBuf,
    /// How long what was looked up of a contact is taken for true.
    pub lookup_max_age: Duration,
    /// How long rules only hold a contact after a person's unblock.
    pub exempt: Duration,
    /// After so long without a bouncer at work what people did meanwhile is looked for first.
    pub reconcile_after: Duration,
    /// Where what must survive the store is kept.
    pub data_dir: PathBuf,
    /// What is older is forgotten.
    pub keep: forgetting::Keep,
    /// In whose name notes are left; without it none are.
    pub admin_id: Option<String>,
    /// A number from 0 to 1 to spread retries with.
    pub jitter: fn() -> f64,
    /// Who judges: [`Rulebook::judge`], but where its failing is tried out.
    pub judge: fn(&Rulebook, &Message, &Facts) -> Decision,
}

/// Whom the worker may call.
#[derive(Debug, Clone)]
pub struct Outside {
    /// Nothing in mode `observe` without a key.
    pub featurebase: Option<Featurebase>,
    /// Where the operator wants to be told.
    pub notifier: Option<Notifier>,
}

/// Wakes the worker before its next look.
#[derive(Debug, Clone, Default)]
pub struct Wake {
    pub judging: Arc<Notify>,
    pub acting: Arc<Notify>,
    pub telling: Arc<Notify>,
    pub indexing: Arc<Notify>,
}

/// Does the work.
#[derive(Debug)]
pub struct Worker {
    pub store: Store,
    pub outside: Outside,
    pub book: Book,
    pub behaviour: Behaviour,
    pub clock: Clock,
    pub metrics: Metrics,
    pub wake: Wake,
    latest_seen: clock::LatestSeen,
    looks: forgetting::Looks,
    seen: Mutex<presence::Seen>,
    looked_at_regret: regret::LookedAt,
}

impl Worker {
    #[must_use]
    pub fn new(
        store: Store,
        outside: Outside,
        book: Book,
        behaviour: Behaviour,
        clock: Clock,
        metrics: Metrics,
    ) -> Self {
        Self {
            store,
            outside,
            book,
            behaviour,
            clock,
            metrics,
            wake: Wake::default(),
            latest_seen: clock::LatestSeen::default(),
            looks: forgetting::Looks::default(),
            seen: Mutex::default(),
            looked_at_regret: Mutex::default(),
        }
    }

    /// Does everything that is due at this moment. Gives the number of steps done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drain(self: &Arc<Self>) -> Result<usize> {
        let mut total = 0;
        loop {
            let done = self.file_and_judge().await?
                + self.judge_due().await?
                + self.act_due().await?
                + self.tell_due().await?
                + self.index_due().await?;
            if done == 0 {
                return Ok(total);
            }
            total += done;
        }
    }

    /// Files and judges until told to stop; then finishes what is claimed.
    pub async fn keep_judging(self: Arc<Self>, stop: CancellationToken) {
        let mut looked_back = Instant::now();
        while !stop.is_cancelled() {
            let started = Instant::now();
            let mut done = self.settled(self.file_and_judge(), "judging").await;
            // Work left behind is rare: it is looked for when there is nothing new, and now and then.
            if done == 0 || looked_back.elapsed() > POLL {
                looked_back = started;
                done += self.settled(self.judge_due(), "judging").await;
            }
            if done == 0 {
                rest(&self.wake.judging, &stop).await;
                tokio::time::sleep(GATHER).await;
            } else {
                self.give_way(started.elapsed()).await;
            }
        }
    }

    /// Leaves the store to senders who wait for an answer: until few are left, but at most five times as long as the
    /// last step `took`, so that under the heaviest load judging still gets a sixth of the time and catches up later.
    async fn give_way(&self, took: Duration) {
        let until = Instant::now() + (5 * took).min(POLL);
        let mut calm = 0;
        while calm < 2 && Instant::now() < until {
            tokio::time::sleep(MOMENT).await;
            calm = if self.store.senders_waiting() > FEW {
                0
            } else {
                calm + 1
            };
        }
    }

    /// A failing store is reported and tried again; nothing is lost meanwhile. A step whose store no longer answers is given up as
    /// if the program had died in it, so that a line that is dead without a word does not hold the work up for ever.
    async fn settled(
        &self,
        step: impl Future<Output = Result<usize>>,
        what: &'static str,
    ) -> usize {
        match tokio::time::timeout(LONGEST_STEP, step).await {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => {
                self.store.saw(&error);
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::from(error)),
                    "{what} failed; it is tried again"
                );
                0
            }
            Err(_) => {
                tracing::error!("{what} came to no end; it is tried again");
                0
            }
        }
    }

    /// Carries out blocks and unblocks until told to stop; then finishes what is claimed.
    pub async fn keep_acting(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if self.settled(self.act_due(), "acting").await == 0 {
                rest(&self.wake.acting, &stop).await;
            }
        }
    }

    /// Tells the operator's address until told to stop. Apart from acting, so that an address that hangs holds up no call to
    /// Featurebase.
    pub async fn keep_telling(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if self.settled(self.tell_due(), "telling").await == 0 {
                rest(&self.wake.telling, &stop).await;
            }
        }
    }
}

/// Waits for a wake-up, or until it is time to look again. A wake-up sent while nobody waited is not lost.
async fn rest(wake: &Notify, stop: &CancellationToken) {
    let spread = POLL.mul_f64(0.8 + 0.4 * fastrand::f64());
    tokio::select! {
        () = wake.notified() => {}
        () = tokio::time::sleep(spread) => {}
        () = stop.cancelled() => {}
    }
}
