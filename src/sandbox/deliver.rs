//! Deliveries: what is due when, sent and signed anew each time, tried again as Featurebase does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::event::sign;
use super::outbox::Pending;
use super::webhooks::WebhookStatus;
use super::workspace::{Shared, Workspace};
use crate::time::Timestamp;

/// After a failed send, how long until the next; after the last the event is given up.
pub const RETRIES: [Duration; 3] = [
    Duration::from_mins(1),
    Duration::from_hours(1),
    Duration::from_hours(6),
];

/// The only answers that count as delivered. Other 2xx do not.
const DELIVERED: [u16; 4] = [200, 201, 202, 204];

/// One send, or one that was not made because its webhook was not active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryRecord {
    pub event: String,
    pub topic: String,
    pub webhook: String,
    /// 1 for the first send.
    pub attempt: u32,
    pub at: Timestamp,
    /// `None` when no answer came.
    pub status: Option<u16>,
    pub error: Option<String>,
    pub delivered: bool,
    /// When it is tried again; `None` when it was delivered or given up.
    pub next_attempt: Option<Timestamp>,
}

/// What one round of deliveries came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DeliveryReport {
    pub delivered: usize,
    /// Failed and to be tried again.
    pub failed: usize,
    /// Failed for the last time, or dropped because the webhook is not active.
    pub given_up: usize,
}

/// Sends everything that is due, some at once, until nothing due is left. Retries this makes are due later.
pub(super) async fn deliver_due(shared: &Arc<Shared>) -> DeliveryReport {
    let mut report = DeliveryReport::default();
    let mut sends = JoinSet::new();
    loop {
        start_due(shared, &mut sends);
        match sends.join_next().await {
            Some(Ok(outcome)) => report.count(outcome),
            Some(Err(_)) => {}
            None => return report,
        }
    }
}

/// Delivers as things become due until it is stopped.
pub(super) async fn deliver_always(shared: Arc<Shared>, stop: CancellationToken) {
    // A clock moved by hand wakes nobody, so it is looked at again now and then.
    const LOOK_AGAIN: Duration = Duration::from_millis(100);
    let mut sends = JoinSet::new();
    loop {
        let woken = shared.wake.notified();
        start_due(&shared, &mut sends);
        let next = shared.lock().outbox.next_due();
        let wait = next.map_or(LOOK_AGAIN, |due| due.since(shared.now()).min(LOOK_AGAIN));
        let full = sends.len() >= shared.options.concurrency;
        tokio::select! {
            () = stop.cancelled() => return,
            Some(_) = sends.join_next(), if !sends.is_empty() => {}
            () = woken, if !full => {}
            () = tokio::time::sleep(wait.max(Duration::from_millis(1))), if !full => {}
        }
    }
}

fn start_due(shared: &Arc<Shared>, sends: &mut JoinSet<Outcome>) {
    while sends.len() < shared.options.concurrency.max(1) {
        let Some(claim) = Claim::take(shared) else {
            return;
        };
        sends.spawn(claim.send());
    }
}

#[derive(Debug, Clone, Copy)]
enum Outcome {
    Delivered,
    Failed,
    GivenUp,
}

impl DeliveryReport {
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Delivered => self.delivered = self.delivered.saturating_add(1),
            Outcome::Failed => self.failed = self.failed.saturating_add(1),
            Outcome::GivenUp => self.given_up = self.given_up.saturating_add(1),
        }
    }
}

/// One thing being sent. Put back when sending is broken off, so a round dropped half way loses nothing.
struct Claim {
    shared: Arc<Shared>,
    pending: Option<Pending>,
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(pending) = self.pending.take() {
            let now = self.shared.now();
            self.shared.lock().outbox.push(now, pending);
        }
    }
}

impl Claim {
    fn take(shared: &Arc<Shared>) -> Option<Self> {
        let now = shared.now();
        let workspace = &mut *shared.lock();
        let pending = workspace.outbox.take_due(now, &mut workspace.rng)?;
        Some(Self {
            shared: Arc::clone(shared),
            pending: Some(pending),
        })
    }

    async fn send(mut self) -> Outcome {
        let started = self.shared.now();
        let answer = match self.request(started) {
            Some(request) => Some(request.send().await),
            None => None,
        };
        let Some(pending) = self.pending.take() else {
            return Outcome::GivenUp;
        };
        let (status, error) = match answer {
            None => (None, Some("the webhook is not active".to_owned())),
            Some(Ok(answer)) => (Some(answer.status().as_u16()), None),
            Some(Err(error)) => (None, Some(error_text(&error))),
        };
        let sent = Sent {
            pending,
            started,
            status,
            error,
        };
        let now = self.shared.now();
        let speed = self.shared.options.speed;
        self.shared.lock().settle(sent, speed, now)
    }

    /// The signed request, or `None` when its webhook takes nothing.
    fn request(&self, now: Timestamp) -> Option<reqwest::RequestBuilder> {
        let pending = self.pending.as_ref()?;
        let workspace = self.shared.lock();
        let webhook = workspace.webhook(&pending.webhook).ok()?;
        if webhook.status != WebhookStatus::Active {
            return None;
        }
        let event = workspace.events.get(&pending.event)?;
        let retried = pending.attempt > 1 && workspace.outbox.faults.changing_status;
        let body = event
            .body(if retried { "failed" } else { "pending" })
            .to_string();
        let timestamp = now.seconds().to_string();
        let signature = sign(&webhook.secret, &timestamp, body.as_bytes());
        let client = &self.shared.client;
        Some(
            client
                .post(&webhook.url)
                .timeout(webhook.timeout)
                .headers(custom(&webhook.headers))
                .header(CONTENT_TYPE, "application/json")
                .header("X-Webhook-Signature", signature)
                .header("X-Webhook-Timestamp", timestamp)
                .body(body),
        )
    }
}

struct Sent {
    pending: Pending,
    started: Timestamp,
    status: Option<u16>,
    error: Option<String>,
}

impl Workspace {
    fn settle(&mut self, sent: Sent, speed: u32, now: Timestamp) -> Outcome {
        let delivered = sent.status.is_some_and(|code| DELIVERED.contains(&code));
        let suspend_after = self.settings.suspend_after;
        let mut active = false;
        if let Ok(webhook) = self.webhook_mut(&sent.pending.webhook) {
            active = webhook.status == WebhookStatus::Active;
            if active {
                webhook.took(sent.status, delivered, now.since(sent.started), now);
                webhook.suspend_after(suspend_after);
            }
        }
        let wait = retry_wait(sent.pending.attempt, speed);
        let next_attempt = wait
            .filter(|_| active && !delivered)
            .map(|wait| now.after(wait));
        let event = self.events.get(&sent.pending.event);
        self.deliveries.push(DeliveryRecord {
            event: sent.pending.event.clone(),
            topic: event.map(|event| event.topic.clone()).unwrap_or_default(),
            webhook: sent.pending.webhook.clone(),
            attempt: sent.pending.attempt,
            at: sent.started,
            status: sent.status,
            error: sent.error,
            delivered,
            next_attempt,
        });
        match next_attempt {
            Some(due) => {
                let attempt = sent.pending.attempt.saturating_add(1);
                let pending = Pending {
                    attempt,
                    ..sent.pending
                };
                self.outbox.push(due, pending);
                Outcome::Failed
            }
            None if delivered => Outcome::Delivered,
            None => Outcome::GivenUp,
        }
    }
}

fn retry_wait(attempt: u32, speed: u32) -> Option<Duration> {
    let done = usize::try_from(attempt.saturating_sub(1)).ok()?;
    let wait = RETRIES.get(done)?;
    let shorter = wait.checked_div(speed).unwrap_or(*wait);
    Some(shorter.max(Duration::from_millis(1)))
}

/// A header that HTTP does not allow is left out, as no delivery could carry it.
fn custom(headers: &BTreeMap<String, String>) -> HeaderMap {
    headers
        .iter()
        .filter_map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            Some((name, HeaderValue::from_str(value).ok()?))
        })
        .collect()
}

fn error_text(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timeout".to_owned();
    }
    if error.is_connect() {
        return "no connection".to_owned();
    }
    error.to_string()
}
