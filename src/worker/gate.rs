//! Whether Featurebase may be called at the moment: closed while it is in trouble, asks for a rest, or refuses the key.

use std::time::Duration;

use crate::time::Timestamp;

/// Longest time between two probes of a Featurebase in trouble.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// What is known of Featurebase's health. Starts open.
#[derive(Debug, Default)]
pub(super) struct Gate {
    closed_until: Option<Timestamp>,
    why: String,
    failures: u32,
    key_refused: bool,
}

impl Gate {
    /// How many calls may start now: none while closed, one to probe after trouble, else `most`.
    pub fn width(&self, now: Timestamp, most: usize) -> usize {
        match self.closed_until {
            Some(until) if now < until => 0,
            _ if self.failures > 0 => 1,
            _ => most,
        }
    }

    /// A call went through. A wait that was asked for meanwhile is kept.
    pub fn well(&mut self, now: Timestamp) {
        if self.closed_until.is_none_or(|until| until <= now) {
            *self = Self::default();
        }
    }

    /// Featurebase as a whole is in trouble, or named the time to wait.
    pub fn trouble(&mut self, now: Timestamp, after: Option<Duration>, why: &str) {
        self.failures = self.failures.saturating_add(1);
        let doubled =
            Duration::from_secs(1).saturating_mul(1 << self.failures.min(6).saturating_sub(1));
        self.close(now.after(after.unwrap_or(doubled.min(LONGEST_PAUSE))), why);
    }

    /// The key was refused: probed once a minute, until somebody mends it.
    pub fn key_refused(&mut self, now: Timestamp, why: &str) {
        self.failures = self.failures.saturating_add(1);
        self.key_refused = true;
        self.close(now.after(LONGEST_PAUSE), why);
    }

    pub const fn is_key_refused(&self) -> bool {
        self.key_refused
    }

    /// Why no call is made, while none is.
    pub fn pause(&self, now: Timestamp) -> Option<String> {
        let until = self.closed_until?;
        (self.key_refused || now < until).then(|| format!("{}; next try at {until}", self.why))
    }

    /// The clock has gone back: what was left of the wait is left of it still.
    pub fn clock_went_back(&mut self, seen: Timestamp, now: Timestamp) {
        if let Some(until) = self.closed_until {
            self.closed_until = Some(until.before(seen.since(now)));
        }
    }

    /// Never opens earlier than it was told before.
    fn close(&mut self, until: Timestamp, why: &str) {
        self.closed_until = self.closed_until.max(Some(until));
        why.clone_into(&mut self.why);
    }
}
