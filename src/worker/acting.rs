//! From a wanted block or unblock to Featurebase and back: the intent is recorded, a last look taken, the call made with
//! no transaction open, the answer read back and recorded. Senders are looked up and what rules ask for besides is done in
//! the same way: blocks and unblocks come first, then look-ups, then the rest.

mod again;
mod calling;
mod settling;
mod steps;

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Worker;
use crate::decision::Stage;
use crate::featurebase::{Featurebase, Outcome};
use crate::message::ContactId;
use crate::store::audit::{Action, Entry};
use crate::store::contacts::{ContactRow, Standing};
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
        self.mind_the_clock().await?;
        // On a full disk only what people want undone is done.
        let tight = self.store.is_tight();
        let waiting = if tight {
            0
        } else {
            self.keep_presence().await?;
            self.store.backlog(Task::LookUp).await?.jobs
        };
        let late = match waiting {
            0 => 0,
            _ => self.give_up_look_ups().await?,
        };
        let Some(featurebase) = &self.outside.featurebase else {
            return Ok(late);
        };
        let width = self
            .gate()
            .width(self.clock.now(), self.behaviour.calls_at_once);
        let only_looks = self.behaviour.mode == Stage::Observe;
        let late = if tight {
            late
        } else {
            late + self.compare_due(featurebase, width).await?
        };
        if width == 0 || (only_looks && waiting == 0) || self.stop_file_stands() {
            return Ok(late);
        }
        let (claimed, wanted) = self.claim(width, only_looks).await?;
        let mut calls = JoinSet::new();
        for job in wanted {
            let (worker, featurebase) = (self.clone(), featurebase.clone());
            calls.spawn(async move { worker.carry_out(&featurebase, &job).await });
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
        failed.map(|()| late + claimed)
    }

    async fn carry_out(&self, featurebase: &Featurebase, job: &Job) -> Result<()> {
        match job.task {
            Task::LookUp => self.look_up(featurebase, job).await,
            task if task.is_step() => {
                let came = self.take_step(featurebase, job).await;
                self.settle_step(job, came).await
            }
            Task::LookAgain => self.look_again(featurebase, job).await,
            _ => {
                let (came, sent) = self.call(featurebase, job).await;
                self.settle(job, came, sent).await
            }
        }
    }

    /// Whether the stop file is there. When that cannot be told, it is.
    pub(super) fn stop_file_stands(&self) -> bool {
        self.behaviour.stop_file.try_exists().unwrap_or(true)
    }

    /// Claims jobs and records the intent of those still wanted, in one transaction.
    async fn claim(&self, width: usize, only_looks: bool) -> Result<(usize, Vec<Job>)> {
        let lease = Lease::new(self.clock.now(), self.behaviour.lease);
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        let left = |jobs: &Vec<Job>| i64::try_from(width.saturating_sub(jobs.len())).unwrap_or(1);
        let mut jobs = Vec::new();
        let tight = self.store.is_tight();
        if tight {
            jobs.extend(tx.claim_unblocks(&lease, left(&jobs)).await?);
        } else if !only_looks {
            jobs.extend(tx.claim_acting(&lease, left(&jobs)).await?);
        }
        if !only_looks && left(&jobs) > 0 {
            jobs.extend(tx.claim_looks_again(&lease, left(&jobs)).await?);
        }
        if !tight && left(&jobs) > 0 {
            jobs.extend(tx.claim_look_ups(&lease, left(&jobs)).await?);
        }
        if !tight && !only_looks && left(&jobs) > 0 {
            jobs.extend(tx.claim_steps(&lease, left(&jobs)).await?);
        }
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

    /// Records the intent of a job, or that it is no longer wanted. A look-up changes nothing and needs no record.
    async fn intend(&self, tx: &mut Writing, job: &Job) -> Result<bool> {
        if matches!(job.task, Task::LookUp | Task::LookAgain) {
            return Ok(true);
        }
        if Call::of(job).book.is_some() && self.wait_for_comparing(tx, job).await? {
            return Ok(false);
        }
        if job.task.is_step() {
            return self.intend_step(tx, job).await;
        }
        let row = tx.contact(&ContactId::new(job.subject.clone())).await?;
        let Some(row) = row.filter(|row| row.fence == Call::of(job).fence) else {
            self.call_off(tx, job, "a person decided otherwise meanwhile")
                .await?;
            return Ok(false);
        };
        if job.task == Task::EndBlock && !self.begin_end(tx, job, row).await? {
            self.call_off(tx, job, "the block lasts longer now, or is over")
                .await?;
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
        if job.task == Task::Block {
            tx.note_sent(&job.subject, self.clock.now()).await?;
        }
        Ok(true)
    }

    /// From the moment a block is about to end it no longer counts: a message that leads to another one is free to.
    async fn begin_end(&self, tx: &mut Writing, job: &Job, row: ContactRow) -> Result<bool> {
        let now = self.clock.now();
        let is_due = row.standing == Standing::Blocked && row.ends_at.is_some_and(|end| end <= now);
        if is_due {
            tx.set_contact(&ContactRow {
                standing: Standing::NotBlocked,
                changed_at: now,
                ends_at: None,
                ..row
            })
            .await?;
            return Ok(true);
        }
        Ok(row.standing == Standing::NotBlocked && job.attempts > 1)
    }

    /// Records that a job is no longer wanted, and takes it away.
    async fn call_off(&self, tx: &mut Writing, job: &Job, why: &str) -> Result<()> {
        let detail = json!({ "call": job.task, "why": why });
        tx.record(vec![self.entry(job, Action::Cancelled, detail)])
            .await?;
        tx.settle(job).await?;
        Ok(())
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
