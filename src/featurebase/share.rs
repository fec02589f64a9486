//! Calls taken out of the budget for a piece of work before it begins, so that it need not stop half way.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::budget::{Budget, Use};
use super::gate::{Pass, pass, probing};
use crate::store::calls::{Gate, Spent};
use crate::store::{Result, Writing};
use crate::time::Timestamp;

/// Calls set apart for one piece of work.
#[derive(Debug, Clone)]
pub struct Purse {
    pub(super) used_for: Use,
    pub(super) left: Arc<AtomicI64>,
    /// The second they were taken out in.
    pub(super) second: i64,
    /// The work is the one that tries whether Featurebase is well again; this is the gate's `probe_at` that lets it pass.
    pub(super) probe: Option<Timestamp>,
}

/// What may be taken at this moment, in a transaction that nobody else's comes between.
#[derive(Debug)]
pub struct Share {
    budget: Budget,
    now: Timestamp,
    gate: Gate,
    spent: Spent,
    taken: i64,
    probe: Option<Timestamp>,
    gate_moved: bool,
}

impl Purse {
    /// Takes one call out, if there is one.
    pub(super) fn take(&self) -> bool {
        let less = |left: i64| (left > 0).then_some(left - 1);
        let (set, fetch) = (Ordering::SeqCst, Ordering::SeqCst);
        self.left.fetch_update(set, fetch, less).is_ok()
    }

    pub(super) fn put_back(&self) {
        self.left.fetch_add(1, Ordering::SeqCst);
    }
}

impl Share {
    pub(super) async fn open(tx: &mut Writing, budget: Budget, now: Timestamp) -> Result<Self> {
        tx.lock_calls().await?;
        let gate = tx.gate().await?;
        let straight = super::gate::straightened(&gate, now);
        Ok(Self {
            budget,
            now,
            gate_moved: straight.is_some(),
            gate: straight.unwrap_or(gate),
            spent: tx.calls_spent(now).await?,
            taken: 0,
            probe: None,
        })
    }

    /// How many pieces of work may begin, as far as the gate is concerned: none while it is closed, one after trouble.
    #[must_use]
    pub fn width(&self, most: usize) -> usize {
        match pass(&self.gate, self.now) {
            Pass::Open => most,
            Pass::Probe => most.min(1),
            Pass::Closed(_) => 0,
        }
    }

    /// How many pieces of work of so many calls each may begin, as far as the budget is concerned.
    #[must_use]
    pub fn room(&self, used_for: Use, calls: u32) -> usize {
        let left = self.budget.left(used_for, &self.spent) - self.taken;
        usize::try_from(left / i64::from(calls.max(1))).unwrap_or(0)
    }

    /// Sets calls apart for one piece of work. The first one after trouble is the probe.
    pub fn take(&mut self, used_for: Use, calls: u32) -> Purse {
        if pass(&self.gate, self.now) == Pass::Probe {
            self.gate = probing(&self.gate, self.now);
            self.gate_moved = true;
            self.probe = Some(self.gate.probe_at);
        }
        self.taken += i64::from(calls);
        Purse {
            used_for,
            left: Arc::new(AtomicI64::new(i64::from(calls))),
            second: self.spent.second,
            probe: self.probe,
        }
    }

    /// Keeps what was taken, in the same transaction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep(&self, tx: &mut Writing) -> Result<()> {
        if self.taken > 0 {
            tx.spend_calls(self.spent.second, self.taken).await?;
        }
        if self.gate_moved {
            tx.set_gate(&self.gate).await?;
        }
        Ok(())
    }

    /// Whether there is something to keep though nothing was taken: a gate that was set right.
    #[must_use]
    pub const fn is_worth_keeping(&self) -> bool {
        self.taken > 0 || self.gate_moved
    }

    pub(super) const fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(super) const fn spent(&self) -> &Spent {
        &self.spent
    }
}
