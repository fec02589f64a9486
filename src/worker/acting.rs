//! From a wanted block or unblock to Featurebase and back: the intent is recorded, a last look taken, the call made with
//! no transaction open, the answer read back and recorded.

mod calling;
mod settling;

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Worker;
use crate::decision::Stage;
use crate::featurebase::Outcome;
use crate::message::ContactId;
use crate::store::audit::{Action, Entry};
use crate::store::jobs::{Call, Job, Lease, Task};
use crate::store::{Result, Writing};

/// What came of a claimed job.
pub(super) enum Came {
    /// Featurebase was asked.
    Answered {
        outcome: Outcome,
        /// Told with the record: how it was made sure.
        note: Option<&'static str>,
    },
    /// A last look turned the block into a hold, for this reason.
    Held(String),
    /// Somebody threw the stop switch, or gave another order, just before the call.
    Withheld(&'static str),
}

impl Worker {
    /// Makes calls that are due, as many at once as may be. Gives their number.
    pub(super) async fn act_due(self: &Arc<Self>) -> Result<usize> {
        let Some(featurebase) = &self.featurebase else {
            return Ok(0);
        };
        let width = self
            .gate()
            .width(self.clock.now(), self.behaviour.calls_at_once);
        if width == 0 || self.behaviour.mode == Stage::Observe || self.stop_file_stands() {
            return Ok(0);
        }
        let (claimed, wanted) = self.claim(width).await?;
        let mut calls = JoinSet::new();
        for job in wanted {
            let (worker, featurebase) = (self.clone(), featurebase.clone());
            calls.spawn(async move {
                let came = worker.call(&featurebase, &job).await;
                worker.settle(&job, came).await
            });
        }
        let mut failed = Ok(());
        while let Some(done) = calls.join_next().await {
            match done {
                // The other calls are on the wire: they are seen through before this is told.
                Ok(settled) => failed = failed.and(settled),
                Err(error) => {
                    tracing::error!(%error, "a call was broken off; it is taken up again when its lease ends");
                }
            }
        }
        failed.map(|()| claimed)
    }

    /// Whether the stop file is there. When that cannot be told, it is.
    pub(super) fn stop_file_stands(&self) -> bool {
        self.behaviour.stop_file.try_exists().unwrap_or(true)
    }

    /// Claims jobs and records the intent of those still wanted, in one transaction.
    async fn claim(&self, width: usize) -> Result<(usize, Vec<Job>)> {
        let lease = Lease::new(self.clock.now(), self.behaviour.lease);
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        let jobs = tx
            .claim_acting(&lease, i64::try_from(width).unwrap_or(1))
            .await?;
        if jobs.is_empty() {
            return Ok((0, Vec::new()));
        }
        let (claimed, mut wanted) = (jobs.len(), Vec::new());
        for job in jobs {
            if self.intend(&mut tx, &job).await? {
                wanted.push(job);
            }
        }
        tx.commit().await?;
        Ok((claimed, wanted))
    }

    /// Records the intent of a job, or that it is no longer wanted.
    async fn intend(&self, tx: &mut Writing, job: &Job) -> Result<bool> {
        let row = tx.contact(&ContactId::new(job.subject.clone())).await?;
        if row.is_none_or(|row| row.fence != Call::of(job).fence) {
            let detail = json!({ "call": job.task, "why": "a person decided otherwise meanwhile" });
            tx.record(vec![self.entry(job, Action::Cancelled, detail)])
                .await?;
            tx.settle(job).await?;
            return Ok(false);
        }
        if self.behaviour.mode == Stage::Hold && is_by_rule(job) {
            self.hold(
                tx,
                job,
                "the bouncer now runs in mode hold: a person decides",
            )
            .await?;
            return Ok(false);
        }
        let detail = json!({ "call": job.task, "attempt": job.attempts });
        tx.record(vec![self.entry(job, Action::Attempted, detail)])
            .await?;
        Ok(true)
    }

    pub(super) fn entry(&self, job: &Job, action: Action, detail: Value) -> Entry {
        let call = Call::of(job);
        Entry {
            conversation: call.conversation,
            event: call.event,
            ..Entry::new(action, self.clock.now(), detail)
                .contact(&ContactId::new(job.subject.clone()))
        }
    }
}

/// Whether a rule wanted it; what a person ordered is not questioned.
pub(super) fn is_by_rule(job: &Job) -> bool {
    job.task == Task::Block && Call::of(job).book.is_some()
}
