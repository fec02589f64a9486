//! Tells people what they must not miss: a brake tripped, rules refused, the key refused, the webhook suspended, silence, work
//! that waits for long; and that each is over.
//!
//! The record is the source: what is told is a row of it, so nothing is told that is not recorded, and after a restart it goes
//! on where it was. Each channel has one replica that sends to it at a time and its own pace; nobody who judges or acts waits.

mod address;
mod body;
mod plan;
mod send;
mod topic;

use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::store::alerts::{Alert, AlertOutcome, ChannelState};
use crate::store::audit::{Action, Entry};
use crate::store::{Result, Store};
use crate::telemetry::Metrics;
use crate::time::{Clock, Timestamp, say_span};

pub use address::{Address, Form};
pub use body::body;
pub use plan::{BETWEEN, Message, PER_HOUR, plan};
pub use send::Sent;
pub use topic::Topic;

/// How often the record is looked at.
const POLL: Duration = Duration::from_secs(1);
/// How often the age of the oldest work is looked at.
const WATCH: Duration = Duration::from_secs(10);
/// So long one replica has a channel to itself: longer than all messages of one round can take.
const LEASE: Duration = Duration::from_mins(3);
/// What could not be told for so long is no longer told.
const TOO_OLD: Duration = Duration::from_hours(24);
/// A rest that ends later was asked for under a clock that has gone back since.
const LONGEST_REST: Duration = Duration::from_mins(61);
/// Longest wait between two tries.
const LONGEST_PAUSE: Duration = Duration::from_mins(30);

/// Watches and tells.
#[derive(Debug)]
pub struct Alerts {
    store: Store,
    addresses: Vec<Address>,
    /// Work that waits for longer is told of.
    queue_bound: Duration,
    clock: Clock,
    metrics: Metrics,
    http: Client,
}

impl Alerts {
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(
        store: Store,
        addresses: Vec<Address>,
        queue_bound: Duration,
        clock: Clock,
        metrics: Metrics,
    ) -> std::result::Result<Self, reqwest::Error> {
        Ok(Self {
            store,
            addresses,
            queue_bound,
            clock,
            metrics,
            http: send::client()?,
        })
    }

    #[must_use]
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// Watches the oldest work until told to stop.
    pub async fn keep_watching(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.watch_queue().await {
                complain(error, "the age of the oldest work cannot be looked at");
            }
            pause(WATCH, &stop).await;
        }
    }

    /// Tells one channel until told to stop.
    pub async fn keep_telling(self: Arc<Self>, address: Address, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.tell_due(&address).await {
                complain(error, "alerts cannot be read or kept; they are told later");
            }
            pause(POLL, &stop).await;
        }
    }

    /// Watches once and tells every channel what is due at this moment. Gives the number of messages sent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn round(&self) -> Result<usize> {
        self.watch_queue().await?;
        let mut sent = 0;
        for address in &self.addresses {
            sent += self.tell_due(address).await?;
        }
        Ok(sent)
    }

    /// Looks how long the oldest work has waited. Two bounds, so that it is not told of again and again at one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn watch_queue(&self) -> Result<()> {
        let now = self.clock.now();
        let oldest = self.store.oldest_work(now).await?;
        let age = oldest.map_or(Duration::ZERO, |at| now.since(at));
        let seconds = i64::try_from(age.as_secs()).unwrap_or(i64::MAX);
        self.metrics.queue_oldest_seconds.set(seconds);
        let known = self.store.queue_old_since().await?;
        let (since, action) = match (known, oldest) {
            (None, Some(at)) if age >= self.queue_bound => (Some(at), Action::QueueOld),
            (Some(_), _) if age < self.queue_bound / 2 => (None, Action::QueueCaughtUp),
            _ => return Ok(()),
        };
        let mut tx = self.store.writing().await?;
        if !tx.mark_queue_old(since).await? {
            // Another replica was faster.
            return Ok(());
        }
        let detail = json!({
            "since": since.or(known).map(|at| at.to_string()),
            "bound": say_span(self.queue_bound),
        });
        tx.record(vec![Entry::new(action, now, detail)]).await?;
        tx.commit().await?;
        if action == Action::QueueOld {
            tracing::error!(
                seconds,
                "the oldest work has waited for longer than queue_alert_after"
            );
        } else {
            tracing::info!("work no longer waits for long");
        }
        Ok(())
    }

    /// Sends a test message to every channel and says how it went with each.
    pub async fn test(&self) -> Vec<(String, Sent)> {
        let now = self.clock.now();
        let message = Message {
            topic: Topic::Test,
            lines: vec![
                "This is a test: people are told here when something needs them.".to_owned(),
            ],
            count: 1,
            at: now,
            seqs: Vec::new(),
        };
        let mut went = Vec::new();
        for address in &self.addresses {
            let sent = send::send(&self.http, address, &message, now).await;
            went.push((address.shown(), sent));
        }
        went
    }

    /// Tells one channel what is due at this moment. Gives the number of messages sent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tell_due(&self, address: &Address) -> Result<usize> {
        let (channel, now) = (address.id(), self.clock.now());
        let state = self.store.alert_channel(&channel).await?;
        self.take_in(&channel, state.floor).await?;
        let waiting = self.store.waiting_alerts(&channel).await?;
        if waiting.is_empty()
            || state
                .not_before
                .is_some_and(|at| at > now && at <= now.after(LONGEST_REST))
        {
            return Ok(0);
        }
        let owner = uuid::Uuid::now_v7().to_string();
        let mut tx = self.store.writing().await?;
        if !tx
            .claim_channel(&channel, &owner, now, now.after(LEASE))
            .await?
        {
            return Ok(0);
        }
        tx.commit().await?;
        // Another replica may have told some of it before the channel was ours.
        let waiting = self.drop_old(&channel, now).await?;
        let hour = now.before(Duration::from_hours(1));
        let told = self.store.alerts_told(&channel, hour).await?;
        let (mut sent, mut state) = (0, state);
        for message in plan(&waiting, &told, now) {
            let came = send::send(&self.http, address, &message, now).await;
            sent += usize::from(came == Sent::Told);
            if !self.settle(address, &message, came, &mut state).await? {
                break;
            }
        }
        let mut tx = self.store.writing().await?;
        tx.leave_channel(&channel, &owner, &state).await?;
        tx.raise_alert_floor(&channel, now.before(2 * TOO_OLD))
            .await?;
        tx.commit().await?;
        Ok(sent)
    }

    /// From the record to what the channel is to be told.
    async fn take_in(&self, channel: &str, floor: i64) -> Result<()> {
        let worthy = self.store.worthy(channel, floor, topic::ACTIONS).await?;
        let alerts: Vec<Alert> = worthy.iter().filter_map(topic::alert_of).collect();
        if alerts.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.writing().await?;
        tx.add_alerts(channel, &alerts).await?;
        tx.commit().await
    }

    /// What still waits, after what is of no use any more was let go.
    async fn drop_old(&self, channel: &str, now: Timestamp) -> Result<Vec<Alert>> {
        let waiting = self.store.waiting_alerts(channel).await?;
        let (old, waiting): (Vec<Alert>, Vec<Alert>) = waiting
            .into_iter()
            .partition(|alert| alert.at < now.before(TOO_OLD));
        if !old.is_empty() {
            tracing::error!(
                alerts = old.len(),
                "alerts could not be told for a day, and are no longer told: see `bouncer audit`"
            );
            let seqs: Vec<i64> = old.iter().map(|alert| alert.seq).collect();
            let mut tx = self.store.writing().await?;
            tx.settle_alerts(channel, &seqs, AlertOutcome::TooOld, now)
                .await?;
            tx.commit().await?;
        }
        Ok(waiting)
    }

    /// Keeps what came of a message. `false` when nothing more should be sent for now.
    async fn settle(
        &self,
        address: &Address,
        message: &Message,
        came: Sent,
        state: &mut ChannelState,
    ) -> Result<bool> {
        let now = self.clock.now();
        let outcome = match came {
            Sent::Told => {
                *state = ChannelState {
                    floor: state.floor,
                    ..ChannelState::default()
                };
                self.metrics.alerted("told");
                AlertOutcome::Told
            }
            Sent::Later { after, why } => {
                self.metrics.alerted("retry");
                tracing::warn!(channel = address.shown(), %why, "an alert was not taken; it is tried again");
                let pause = LONGEST_PAUSE.min(
                    Duration::from_secs(5)
                        * 2_u32.saturating_pow(u32::try_from(state.attempts.min(16)).unwrap_or(16)),
                );
                state.not_before =
                    Some(now.after(after.unwrap_or(pause).max(Duration::from_secs(1))));
                state.attempts += 1;
                state.trouble = Some(why);
                return Ok(false);
            }
            // A hook that is gone does not come back by asking: it is said aloud, and tried again with the next alert only.
            Sent::Never { why } => {
                self.metrics.alerted("refused");
                tracing::error!(
                    channel = address.shown(),
                    topic = message.topic.as_str(),
                    %why,
                    "an alert was refused for good: mend this address in alert_urls, then say `bouncer alert test`"
                );
                state.trouble = Some(why);
                state.attempts += 1;
                AlertOutcome::Refused
            }
        };
        let mut tx = self.store.writing().await?;
        tx.settle_alerts(&address.id(), &message.seqs, outcome, now)
            .await?;
        tx.commit().await?;
        Ok(true)
    }
}

async fn pause(wait: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(wait) => {}
        () = stop.cancelled() => {}
    }
}

fn complain(error: crate::store::StoreError, what: &'static str) {
    tracing::error!(
        error = format!("{:#}", anyhow::Error::from(error)),
        "{what}"
    );
}
