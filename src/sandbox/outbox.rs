//! What is still to be sent, and the order it is sent in.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// How far [`DeliveryFaults::shuffle`] reaches.
const SHUFFLED: usize = 64;

/// How deliveries misbehave within what Featurebase allows itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeliveryFaults {
    /// How many more times each event is sent than once.
    pub duplicates: u32,
    /// Sends what is due in a random order instead of the order it was made in.
    pub shuffle: bool,
    /// Makes each new event due at a random moment within this span, not at once.
    #[serde(with = "super::faults::span")]
    pub hold_back: Duration,
    /// `deliveryStatus` says `failed` instead of `pending` on a retry, so its bytes differ.
    pub changing_status: bool,
}

/// What is still to be sent.
#[derive(Debug)]
pub(super) struct Outbox {
    pub faults: DeliveryFaults,
    queue: BTreeMap<(Timestamp, u64), Pending>,
    last: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Pending {
    pub event: String,
    pub webhook: String,
    /// 1 for the first send.
    pub attempt: u32,
}

impl Outbox {
    pub fn new(faults: DeliveryFaults) -> Self {
        Self {
            faults,
            queue: BTreeMap::new(),
            last: 0,
        }
    }

    /// Queues a new event for a webhook.
    pub fn push_new(
        &mut self,
        event: &str,
        webhook: &str,
        now: Timestamp,
        rng: &mut fastrand::Rng,
    ) {
        for _ in 0..=self.faults.duplicates {
            let held = rng.f64();
            let due = now.after(self.faults.hold_back.mul_f64(held));
            let pending = Pending {
                event: event.to_owned(),
                webhook: webhook.to_owned(),
                attempt: 1,
            };
            self.push(due, pending);
        }
    }

    pub fn len(&self) -> usize {
        self.queue.len()
    }

    pub fn push(&mut self, due: Timestamp, pending: Pending) {
        self.last = self.last.saturating_add(1);
        self.queue.insert((due, self.last), pending);
    }

    pub fn next_due(&self) -> Option<Timestamp> {
        self.queue.keys().next().map(|(due, _)| *due)
    }

    /// Takes one thing that is due: the earliest, unless they are shuffled.
    pub fn take_due(&mut self, now: Timestamp, rng: &mut fastrand::Rng) -> Option<Pending> {
        let due = |(key, _): &(&(Timestamp, u64), &Pending)| key.0 <= now;
        let waiting = if self.faults.shuffle {
            self.queue.iter().take_while(due).take(SHUFFLED).count()
        } else {
            1
        };
        let chosen = rng.usize(0..waiting.max(1));
        let key = *self.queue.iter().take_while(due).nth(chosen)?.0;
        self.queue.remove(&key)
    }
}
