//! What came of a call becomes the record, the contact's standing, and a settled or postponed job.

use std::time::Duration;

use serde_json::{Value, json};

use super::calling::Sent;
use super::{Came, is_by_rule};
use crate::featurebase::Outcome;
use crate::message::ContactId;
use crate::store::audit::Action;
use crate::store::contacts::{ContactRow, Standing};
use crate::store::holds::Hold;
use crate::store::jobs::{AT_ONCE, BEHIND, Call, Job, NewJob, Task};
use crate::store::{Result, Writing};
use crate::time::Timestamp;
use crate::worker::follow::plan_end;
use crate::worker::{Worker, backoff};

/// A block is not given up before it was tried so often, however long it waited for other reasons.
const FEWEST_TRIES: i64 = 5;
/// How soon a call that was withheld is looked at again.
const WITHHELD: Duration = Duration::from_secs(1);

impl Worker {
    pub(super) async fn settle(&self, job: &Job, came: Came, sent: Sent) -> Result<()> {
        if let Came::Answered { outcome, .. } = &came {
            self.metrics.called(name_of(outcome));
        }
        let mut tx = self.store.writing().await?;
        tx.lock_contacts().await?;
        let contact = ContactId::new(job.subject.clone());
        let now = self.clock.now();
        let row = tx.contact_or_new(&contact, now).await?;
        note_sent(&mut tx, job, sent, now).await?;
        let kept = match (&came, row.fence == Call::of(job).fence) {
            (Came::Answered { outcome, note }, true) => {
                self.settle_wanted(&mut tx, job, (outcome, *note), row)
                    .await?
            }
            (Came::Answered { outcome, .. }, false) => {
                self.settle_overruled(&mut tx, job, outcome, row).await?
            }
            (Came::Held(because), true) => self.hold(&mut tx, job, because).await?,
            (Came::Held(_), false) => tx.settle(job).await?,
            (Came::Withheld(why), _) => self.settle_withheld(&mut tx, job, why).await?,
        };
        if !kept {
            tracing::warn!(contact = %job.subject, "an answer came too late: somebody else has taken the call over");
            return Ok(());
        }
        tx.commit().await
    }

    pub(super) async fn settle_withheld(
        &self,
        tx: &mut Writing,
        job: &Job,
        why: &str,
    ) -> Result<bool> {
        let detail = json!({ "call": job.task, "why": why, "next_try": "when it may go on" });
        tx.record(vec![self.entry(job, Action::AttemptFailed, detail)])
            .await?;
        let run_at = self.clock.now().after(WITHHELD);
        tx.postpone(job, run_at, why).await
    }

    /// Turns a rule's block that is about to be carried out into a hold. `false` when the lease was lost.
    pub(super) async fn hold(&self, tx: &mut Writing, job: &Job, because: &str) -> Result<bool> {
        let (call, now) = (Call::of(job), self.clock.now());
        let contact = ContactId::new(job.subject.clone());
        if let (Some(event), Some(conversation), true) =
            (call.event, call.conversation, is_by_rule(job))
        {
            let hold = Hold {
                event,
                contact: contact.clone(),
                conversation,
                held_at: now,
                rules: call.rules,
                because: because.to_owned(),
            };
            tx.add_holds(vec![hold]).await?;
        }
        tx.record(vec![self.entry(
            job,
            Action::Held,
            json!({ "call": job.task, "why": because }),
        )])
        .await?;
        let row = tx.contact_or_new(&contact, now).await?;
        let row = ContactRow {
            standing: Standing::NotBlocked,
            changed_at: now,
            ..row
        };
        tx.set_contact(&row).await?;
        tx.plan_looks(&row, now).await?;
        tx.settle(job).await
    }

    /// Nobody decided otherwise: what came of it becomes the contact's standing. `false` when the lease was lost.
    async fn settle_wanted(
        &self,
        tx: &mut Writing,
        job: &Job,
        answer: (&Outcome, Option<&str>),
        row: ContactRow,
    ) -> Result<bool> {
        let (now, (outcome, note)) = (self.clock.now(), answer);
        if let Some(kept) = self.try_later(tx, job, outcome).await? {
            return Ok(kept);
        }
        // Somebody else's block is not ours to end.
        let theirs = job.attempts <= 1 && !Call::of(job).ours;
        let (action, detail) = match outcome {
            Outcome::Retry { why, .. } | Outcome::KeyRefused { why } => (
                Action::GaveUp,
                json!({ "call": job.task, "why": why, "attempts": job.attempts }),
            ),
            Outcome::Refused { code, why } => (
                Action::Refused,
                json!({ "call": job.task, "code": code, "why": why }),
            ),
            Outcome::Already { why } => (
                done(job.task, true),
                json!({ "answer": why, "made_sure": note, "theirs": theirs }),
            ),
            Outcome::Done => (
                done(job.task, false),
                json!({ "made_sure": note, "attempts": job.attempts }),
            ),
        };
        self.complain_if_final(job, action, &detail);
        tx.record(vec![self.entry(job, action, detail)]).await?;
        if action == Action::Unblocked {
            self.appear_soon();
        }
        if job.task != Task::Block && row.standing == Standing::BlockWanted {
            // A message has led to another block since the end, or the taking back, began.
            return tx.settle(job).await;
        }
        let mut row = ContactRow {
            standing: standing_after(action, job.task),
            changed_at: now,
            ..row
        };
        let call = Call::of(job);
        if action == Action::AlreadyBlocked && theirs {
            row.block_for = None;
        }
        if let (Action::Blocked | Action::AlreadyBlocked, Some(millis)) = (action, row.block_for) {
            row.ends_at = Some(Timestamp::from_millis(now.millis().saturating_add(millis)));
            let entry = plan_end(tx, &row, call, now).await?;
            tx.record(vec![entry]).await?;
        }
        tx.set_contact(&row).await?;
        if row.standing != Standing::Blocked {
            tx.plan_looks(&row, now).await?;
        }
        tx.settle(job).await
    }

    /// Puts a job whose call failed back, if it is to be tried again: `None` if not, else whether it was still ours.
    pub(super) async fn try_later(
        &self,
        tx: &mut Writing,
        job: &Job,
        outcome: &Outcome,
    ) -> Result<Option<bool>> {
        let (run_at, detail, why) = match outcome {
            Outcome::Retry {
                after,
                why,
                everywhere,
            } if !self.is_in_vain(job) => {
                let jitter = (self.behaviour.jitter)();
                let wait = match everywhere {
                    true if job.task != Task::Notify => {
                        backoff::delay_in_trouble(job.attempts, jitter, *after)
                    }
                    _ => backoff::delay(job.attempts, jitter, *after),
                };
                let run_at = self.clock.now().after(wait);
                let detail =
                    json!({ "call": job.task, "why": why, "next_try": run_at.to_string() });
                (run_at, detail, why)
            }
            // Not the contact's fault: it waits, without end, for the key to be mended.
            Outcome::KeyRefused { why } => {
                let detail = json!({ "call": job.task, "why": why, "key_refused": true });
                let undoes = Call::of(job).undo.is_some();
                let run_at = if undoes { BEHIND } else { AT_ONCE };
                (run_at, detail, why)
            }
            _ => return Ok(None),
        };
        tx.record(vec![self.entry(job, Action::AttemptFailed, detail)])
            .await?;
        tx.postpone(job, run_at, why).await.map(Some)
    }

    /// A block, and what goes with it, is given up after days; an unblock never.
    fn is_in_vain(&self, job: &Job) -> bool {
        let waited = self.clock.now().since(job.created_at);
        (job.task == Task::Block || job.task.is_step())
            && job.attempts >= FEWEST_TRIES
            && waited >= self.behaviour.give_up_after
    }

    pub(super) fn complain_if_final(&self, job: &Job, action: Action, detail: &Value) {
        if !matches!(action, Action::GaveUp | Action::Refused) {
            return;
        }
        if job.task == Task::Notify {
            tracing::error!(contact = %job.subject, %detail, "the address in notify_url has not taken a notice, for good");
        } else {
            self.metrics.called("final-failure");
            tracing::error!(contact = %job.subject, call = %job.task, %detail, "a call to Featurebase has failed for good");
        }
    }

    /// A person gave an order while the call was under way. The order wins: what this call did is taken back, even when
    /// the lease was lost, and even when the call seemed to fail: it may yet take effect at Featurebase.
    async fn settle_overruled(
        &self,
        tx: &mut Writing,
        job: &Job,
        outcome: &Outcome,
        row: ContactRow,
    ) -> Result<bool> {
        let now = self.clock.now();
        let detail = json!({
            "call": job.task,
            "why": "a person decided otherwise while the call was under way",
            "took_effect": matches!(outcome, Outcome::Done | Outcome::Already { .. }),
        });
        tx.record(vec![self.entry(job, Action::Cancelled, detail)])
            .await?;
        let wanted = match row.standing {
            Standing::UnblockWanted | Standing::Unblocked | Standing::UnblockFailed => {
                Task::Unblock
            }
            Standing::BlockWanted | Standing::Blocked => Task::Block,
            // A hold was released meanwhile: the contact is to be free.
            Standing::NotBlocked => Task::Unblock,
        };
        let did = if job.task == Task::Block {
            Task::Block
        } else {
            Task::Unblock
        };
        if wanted != did {
            let undo = match wanted {
                Task::Unblock => tx.undo_under_way(&job.subject).await?,
                _ => None,
            };
            let mut call = Call {
                fence: row.fence,
                book: None,
                ours: true,
                undo,
                ..Call::of(job)
            };
            if wanted == Task::Unblock {
                // A person wanted it, no rule.
                call.rules.clear();
            }
            tx.cancel(wanted, &job.subject, now).await?;
            let again = NewJob {
                task: wanted,
                subject: job.subject.clone(),
                run_at: if call.undo.is_some() { BEHIND } else { AT_ONCE },
                detail: call.to_json(),
            };
            tx.add_jobs(vec![again], now).await?;
        }
        tx.settle(job).await?;
        Ok(true)
    }
}

/// Keeps what is known of the blocks sent: what may yet take effect is looked for when the contact is free.
async fn note_sent(tx: &mut Writing, job: &Job, sent: Sent, now: Timestamp) -> Result<()> {
    if job.task != Task::Block {
        return Ok(());
    }
    match sent {
        Sent::Known => tx.note_heard(&job.subject, 1).await,
        Sent::EarlierTookEffect => tx.note_heard(&job.subject, 2).await,
        Sent::Open => Ok(()),
        Sent::SaidDone => tx.note_said(job, now).await,
    }
}

/// What numbers call an outcome.
pub(in crate::worker) const fn name_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "done",
        Outcome::Already { .. } => "already",
        Outcome::Retry { .. } => "retry",
        Outcome::KeyRefused { .. } => "key-refused",
        Outcome::Refused { .. } => "refused",
    }
}

const fn done(task: Task, already: bool) -> Action {
    match (task, already) {
        (Task::Unblock, _) => Action::Unblocked,
        (Task::EndBlock, _) => Action::BlockEnded,
        (_, true) => Action::AlreadyBlocked,
        (_, false) => Action::Blocked,
    }
}

const fn standing_after(action: Action, task: Task) -> Standing {
    match (action, task) {
        (Action::Blocked | Action::AlreadyBlocked, _) => Standing::Blocked,
        (Action::Unblocked, _) => Standing::Unblocked,
        (_, Task::Unblock) => Standing::UnblockFailed,
        _ => Standing::NotBlocked,
    }
}
