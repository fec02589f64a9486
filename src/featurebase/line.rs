//! The line to Featurebase: every call, whoever makes it, is taken out of the one budget and passes the one gate before it
//! is made, and what it tells of Featurebase as a whole is noted after it. Budget and gate lie in the store, so they hold
//! over all replicas together and over restarts.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde_json::json;

use super::answer::Outcome;
use super::budget::{Budget, Use};
use super::gate::{Health, MINUTE, Pass, moved, pass};
use super::share::{Purse, Share};
use crate::store::audit::{Action, Entry};
use crate::store::calls::{FRESH, Gate, SPAN, Spent};
use crate::store::{Result, Store, StoreError, Writing};
use crate::time::{Clock, Timestamp};

/// The budget and the gate all calls go through. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Line {
    store: Store,
    clock: Clock,
    budget: Budget,
    /// A number from 0 to 1 to spread waits with.
    jitter: fn() -> f64,
    /// Until when this replica rests where the store could not be told.
    resting: Arc<AtomicI64>,
}

/// How things stand at one moment.
#[derive(Debug, Clone)]
pub struct State {
    pub gate: Gate,
    pub spent: Spent,
    pub budget: Budget,
    now: Timestamp,
}

impl Line {
    #[must_use]
    pub fn new(store: Store, clock: Clock, budget: Budget, jitter: fn() -> f64) -> Self {
        Self {
            store,
            clock,
            budget,
            jitter,
            resting: Arc::default(),
        }
    }

    /// What may be taken out of the budget in this transaction. Takes the lock of calls, so after that of contacts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn share(&self, tx: &mut Writing) -> Result<Share> {
        Share::open(tx, self.budget, self.clock.now()).await
    }

    /// Puts calls back that were set apart and not made.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_back(&self, purses: &[Purse]) -> Result<()> {
        let left: Vec<(i64, i64)> = purses
            .iter()
            .map(|purse| (purse.second, purse.left.swap(0, Ordering::SeqCst)))
            .filter(|(_, left)| *left > 0)
            .collect();
        if left.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.writing().await?;
        tx.lock_calls().await?;
        for (second, left) in left {
            tx.give_back_calls(second, left).await?;
        }
        tx.commit().await
    }

    /// How budget and gate stand.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn state(&self) -> Result<State> {
        let now = self.clock.now();
        Ok(State {
            gate: self.store.gate().await?,
            spent: self.store.calls_spent(now).await?,
            budget: self.budget,
            now,
        })
    }

    /// Lets one call pass, or tells what it has to wait for. Gives the gate as it stood.
    pub(super) async fn admit(
        &self,
        purse: Option<&Purse>,
        used_for: Use,
    ) -> std::result::Result<Gate, Outcome> {
        let now = self.clock.now();
        let resting = Timestamp::from_millis(self.resting.load(Ordering::SeqCst));
        if now < resting {
            return Err(wait("Featurebase asked for a rest", resting.since(now)));
        }
        match purse.filter(|purse| purse.take()) {
            Some(purse) => {
                let admitted = self.admit_with(purse, now).await;
                if admitted.is_err() {
                    purse.put_back();
                }
                admitted
            }
            None => self.draw(used_for, now).await.unwrap_or_else(unknown),
        }
    }

    /// Lets a call pass that was set apart, unless the gate has been closed since.
    async fn admit_with(
        &self,
        purse: &Purse,
        now: Timestamp,
    ) -> std::result::Result<Gate, Outcome> {
        let gate = match self.store.gate().await {
            Ok(gate) => gate,
            Err(error) => return unknown(error),
        };
        let is_probe = purse.probe == Some(gate.probe_at) && gate.rest_until <= now;
        if !is_probe {
            match pass(&gate, now) {
                Pass::Open => {}
                Pass::Probe => return Err(wait(&gate.why, MINUTE)),
                Pass::Closed(until) => return Err(wait(&gate.why, until.since(now))),
            }
        }
        if now.seconds() - purse.second <= FRESH {
            return Ok(gate);
        }
        match self.rebook(purse, now).await {
            Ok(None) => Ok(gate),
            Ok(Some(outcome)) => Err(outcome),
            Err(error) => unknown(error),
        }
    }

    /// A call that was set apart a while ago counts from now on.
    async fn rebook(&self, purse: &Purse, now: Timestamp) -> Result<Option<Outcome>> {
        let mut tx = self.store.writing().await?;
        tx.lock_calls().await?;
        let spent = tx.calls_spent(now).await?;
        if purse.second > spent.second - SPAN {
            tx.give_back_calls(purse.second, 1).await?;
        } else if self.budget.left(purse.used_for, &spent) == 0 {
            return Ok(Some(self.used_up(purse.used_for, &spent, now)));
        }
        tx.spend_calls(spent.second, 1).await?;
        tx.commit().await?;
        Ok(None)
    }

    /// Takes one call out of the budget.
    async fn draw(
        &self,
        used_for: Use,
        now: Timestamp,
    ) -> Result<std::result::Result<Gate, Outcome>> {
        let mut tx = self.store.writing().await?;
        let mut share = Share::open(&mut tx, self.budget, now).await?;
        let refusal = match pass(share.gate(), now) {
            Pass::Closed(until) => Some(wait(&share.gate().why, until.since(now))),
            _ if share.room(used_for, 1) == 0 => Some(self.used_up(used_for, share.spent(), now)),
            _ => None,
        };
        if refusal.is_none() {
            share.take(used_for, 1);
        }
        if share.is_worth_keeping() {
            share.keep(&mut tx).await?;
            tx.commit().await?;
        }
        Ok(refusal.map_or_else(|| Ok(share.gate().clone()), Err))
    }

    fn used_up(&self, used_for: Use, spent: &Spent, now: Timestamp) -> Outcome {
        let free = spent.until_at_most(self.budget.ceiling(used_for) - 1);
        let why = format!(
            "the budget of {} calls a minute is used up",
            self.budget.per_minute
        );
        wait(&why, free.map_or(MINUTE, |free| free.since(now)))
    }

    /// Notes what an answer tells of Featurebase as a whole. `rest` is how long its limits want no calls.
    pub(super) async fn note(&self, seen: &Gate, health: &Health, rest: Option<Duration>) {
        let nothing_new = match health {
            Health::NoWord => true,
            Health::Well => seen.failures == 0 && !seen.key_refused,
            _ => false,
        };
        if nothing_new && rest.is_none() {
            return;
        }
        if let Err(error) = self.keep_note(seen, health, rest).await {
            let told = match health {
                Health::Trouble { after, .. } | Health::Limited { after, .. } => (*after).max(rest),
                _ => rest,
            };
            let until = self.clock.now().after(told.unwrap_or(MINUTE)).millis();
            self.resting.fetch_max(until, Ordering::SeqCst);
            tracing::error!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "how Featurebase fares could not be written down"
            );
        }
    }

    async fn keep_note(&self, seen: &Gate, health: &Health, rest: Option<Duration>) -> Result<()> {
        let mut tx = self.store.writing().await?;
        tx.lock_calls().await?;
        let (before, now) = (tx.gate().await?, self.clock.now());
        let gate = moved(&before, seen, health, rest, (now, (self.jitter)()));
        tx.set_gate(&gate).await?;
        let entry = match (before.key_refused, gate.key_refused) {
            (false, true) => Some((Action::KeyRefused, json!({ "why": gate.why }))),
            (true, false) => Some((Action::KeyAccepted, json!({}))),
            _ => None,
        };
        if let Some((action, detail)) = entry {
            tx.record(vec![Entry::new(action, now, detail)]).await?;
        }
        tx.commit().await?;
        tell(&before, &gate, health);
        Ok(())
    }
}

impl State {
    /// Why no call is made, while none is.
    #[must_use]
    pub fn pause(&self) -> Option<String> {
        let until = self.gate.rest_until.max(self.gate.probe_at);
        let is_closed = self.gate.key_refused || self.now < until;
        is_closed.then(|| format!("{}; next try at {until}", self.gate.why))
    }

    /// Why a call for this must wait for the budget, if it must: work takes up to `calls` calls.
    #[must_use]
    pub fn used_up(&self, used_for: Use, calls: i64) -> Option<String> {
        if self.budget.left(used_for, &self.spent) >= calls {
            return None;
        }
        let most = self.budget.ceiling(used_for) - calls;
        let free = self.spent.until_at_most(most);
        let when = free.map_or_else(String::new, |free| format!("; the next at {free}"));
        Some(format!(
            "the budget of {} calls a minute is used up{when}",
            self.budget.per_minute
        ))
    }

    /// Calls of the budget that are left.
    #[must_use]
    pub fn left(&self) -> i64 {
        self.budget.left(Use::Order, &self.spent)
    }
}

fn tell(before: &Gate, gate: &Gate, health: &Health) {
    match health {
        Health::KeyRefused { why } => tracing::error!(
            %why,
            "Featurebase refuses the API key: nobody is blocked or unblocked until it is mended; the work is kept"
        ),
        Health::Trouble { why, .. } | Health::Limited { why, .. } => tracing::warn!(
            %why,
            "Featurebase is in trouble or asks for a rest; calls wait"
        ),
        Health::Well if before.key_refused && !gate.key_refused => {
            tracing::info!("Featurebase accepts the API key again");
        }
        Health::Well if before.failures > 0 && gate.failures == 0 => {
            tracing::info!("Featurebase is well again; what waited is done");
        }
        Health::Well | Health::NoWord => {
            if gate.rest_until > before.rest_until {
                tracing::warn!(until = %gate.rest_until, "{}; calls wait", gate.why);
            }
        }
    }
}

/// Nothing was sent, and nothing is to be before this time has passed.
fn wait(why: &str, after: Duration) -> Outcome {
    Outcome::Retry {
        after: Some(after),
        why: why.to_owned(),
        everywhere: false,
    }
}

fn unknown<T>(error: StoreError) -> std::result::Result<T, Outcome> {
    tracing::error!(
        error = format!("{:#}", anyhow::Error::from(error)),
        "whether Featurebase may be called could not be read from the store"
    );
    Err(Outcome::Retry {
        after: None,
        why: "the store does not answer, so nothing was sent".to_owned(),
        everywhere: false,
    })
}
