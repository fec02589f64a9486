//! From a wanted block or unblock to Featurebase and back: the intent is recorded, a last look taken, the call made with
//! no transaction open, the answer read back and recorded. Senders are looked up and what rules ask for besides is done in
//! the same way: blocks and unblocks come first, then look-ups, then the rest.

mod again;
mod calling;
mod settling;
mod steps;

pub(super) use settling::name_of;

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Worker;
use crate::decision::Stage;
use crate::featurebase::{Featurebase, Line, Outcome, Purse, Use};
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
        self.watch_regret().await?;
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
        let only_looks = self.behaviour.mode == Stage::Observe;
        let late = if tight {
            late
        } else {
            late + self.compare_due(featurebase).await?
        };
        if (only_looks && waiting == 0) || self.stop_file_stands() {
            return Ok(late);
        }
        let Some(line) = featurebase.line() else {
            return Ok(late);
        };
        let (claimed, wanted) = self.claim(line, only_looks).await?;
        let purses: Vec<Purse> = wanted.iter().map(|(_, purse)| purse.clone()).collect();
        let mut calls = JoinSet::new();
        for (job, purse) in wanted {
            let (worker, featurebase) = (self.clone(), featurebase.with(&purse));
            calls.spawn(async move { worker.carry_out(&featurebase, &job).await });
        }
        let done = see_through(calls).await;
        line.give_back(&purses).await?;
        done.map(|()| late + claimed)
    }

    /// Sends notices that are due. Gives their number. They go to the operator's own address, so neither budget nor gate
    /// has a say.
    pub(super) async fn tell_due(self: &Arc<Self>) -> Result<usize> {
        let only_looks = self.behaviour.mode == Stage::Observe;
        let waiting = self.store.backlog(Task::Notify).await?.jobs;
        if only_looks || waiting == 0 || self.store.is_tight() || self.stop_file_stands() {
            return Ok(0);
        }
        let lease = Lease::new(self.clock.now(), self.behaviour.lease);
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        let most = i64::try_from(self.behaviour.calls_at_once).unwrap_or(1);
        let jobs = tx.claim_notices(&lease, most).await?;
        let (claimed, mut notices) = (jobs.len(), JoinSet::new());
        let mut wanted = Vec::new();
        for job in jobs {
            if self.intend(&mut tx, &job).await? {
                wanted.push(job);
            }
        }
        if claimed > 0 {
            tx.commit().await?;
        }
        for job in wanted {
            let worker = self.clone();
            notices.spawn(async move {
                let came = worker.take_notice(&job).await;
                worker.settle_step(&job, came).await
            });
        }
        see_through(notices).await.map(|()| claimed)
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

    /// Claims jobs there is budget for, the most urgent first, and records the intent of those still wanted, in one
    /// transaction.
    async fn claim(&self, line: &Line, only_looks: bool) -> Result<(usize, Vec<(Job, Purse)>)> {
        let lease = Lease::new(self.clock.now(), self.behaviour.lease);
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        let mut share = line.share(&mut tx).await?;
        let width = share.width(self.behaviour.calls_at_once);
        let tight = self.store.is_tight();
        let (mut claimed, mut wanted) = (0, Vec::new());
        for used_for in [Use::Order, Use::Undo, Use::Block, Use::LookUp, Use::Step] {
            let room = share.room(used_for, most_calls(used_for));
            let limit = i64::try_from(room.min(width.saturating_sub(wanted.len()))).unwrap_or(1);
            let by_people = matches!(used_for, Use::Order | Use::Undo);
            let not_now = (only_looks && used_for != Use::LookUp) || (tight && !by_people);
            if limit == 0 || not_now {
                continue;
            }
            let jobs = match used_for {
                Use::Order => tx.claim_orders(&lease, limit).await?,
                Use::Undo => tx.claim_undos(&lease, limit).await?,
                Use::Block => tx.claim_acting(&lease, limit).await?,
                Use::LookUp => tx.claim_look_ups(&lease, limit).await?,
                Use::Step | Use::Background => tx.claim_steps(&lease, limit).await?,
            };
            claimed += jobs.len();
            for job in jobs {
                if self.intend(&mut tx, &job).await? {
                    let purse = share.take(used_for, self.calls_for(&job));
                    wanted.push((job, purse));
                }
            }
        }
        if claimed > 0 || share.is_worth_keeping() {
            share.keep(&mut tx).await?;
            tx.commit().await?;
        }
        Ok((claimed, wanted))
    }

    /// How many calls a job takes if all goes well.
    fn calls_for(&self, job: &Job) -> u32 {
        let again = job.attempts > 1;
        match job.task {
            Task::Block if is_by_rule(job) => {
                let book = self.book.borrow();
                let asks_address = book
                    .as_ref()
                    .is_some_and(|book| !book.policy().never_domains.is_empty());
                3 + u32::from(asks_address)
            }
            Task::Block | Task::Unblock | Task::EndBlock => 2 + u32::from(again),
            Task::LookAgain => 3,
            Task::Note => 1 + u32::from(again),
            _ => 1,
        }
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
        let (call, mut detail) = (Call::of(job), detail);
        if let (Some(undo), Some(detail)) = (&call.undo, detail.as_object_mut()) {
            detail.insert("undo".to_owned(), json!(undo));
        }
        Entry {
            conversation: call.conversation,
            event: call.event,
            ..Entry::new(action, self.clock.now(), detail)
                .contact(&ContactId::new(job.subject.clone()))
                .rules(&call.rules)
        }
    }
}

/// Sees all calls through: one that fails does not break off the others, which are on the wire.
async fn see_through(mut calls: JoinSet<Result<()>>) -> Result<()> {
    let mut failed = Ok(());
    while let Some(done) = calls.join_next().await {
        match done {
            Ok(settled) => failed = failed.and(settled),
            Err(error) => {
                tracing::error!(%error, "a call was broken off; it is taken up again when its lease ends");
            }
        }
    }
    failed
}

/// How many calls one job may take at most.
pub(super) const fn most_calls(used_for: Use) -> u32 {
    match used_for {
        Use::Order | Use::Undo => 3,
        Use::Block => 4,
        Use::LookUp | Use::Background => 1,
        Use::Step => 2,
    }
}

/// Whether a rule wanted it; what a person ordered is not questioned.
pub(super) fn is_by_rule(job: &Job) -> bool {
    job.task == Task::Block && Call::of(job).book.is_some()
}
