//! From a wanted block or unblock to Featurebase and back: the intent is recorded, the call made with no transaction
//! open, the answer read back and recorded.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{Worker, backoff};
use crate::decision::Stage;
use crate::featurebase::{Featurebase, Outcome};
use crate::message::ContactId;
use crate::store::audit::{Action, Entry};
use crate::store::contacts::{ContactRow, Standing};
use crate::store::jobs::{Call, Job, Lease, NewJob, Task};
use crate::store::{Result, Writing};

/// What was asked of Featurebase and came of it.
struct Answer {
    outcome: Outcome,
    /// Told with the record: how it was made sure.
    note: Option<&'static str>,
}

impl Worker {
    /// Makes calls that are due, as many at once as may be. Gives their number.
    pub(super) async fn act_due(self: &Arc<Self>) -> Result<usize> {
        let Some(featurebase) = self
            .featurebase
            .as_ref()
            .filter(|_| self.behaviour.mode != Stage::Observe)
        else {
            return Ok(0);
        };
        let width = self
            .gate()
            .width(self.clock.now(), self.behaviour.calls_at_once);
        if width == 0 || self.behaviour.stop_file.exists() {
            return Ok(0);
        }
        let (claimed, wanted) = self.claim(width).await?;
        let mut calls = JoinSet::new();
        for job in wanted {
            let (worker, featurebase) = (self.clone(), featurebase.clone());
            calls.spawn(async move {
                let answer = worker.call(&featurebase, &job).await;
                worker.settle(&job, answer).await
            });
        }
        while let Some(done) = calls.join_next().await {
            match done {
                Ok(settled) => settled?,
                Err(error) => {
                    tracing::error!(%error, "a call was broken off; it is taken up again when its lease ends");
                }
            }
        }
        Ok(claimed)
    }

    /// Claims jobs and records the intent of those still wanted, in one transaction.
    async fn claim(&self, width: usize) -> Result<(usize, Vec<Job>)> {
        let now = self.clock.now();
        let mut tx = self.store.writing().await?;
        let jobs = tx
            .claim_acting(
                &Lease::new(now, self.behaviour.lease),
                i64::try_from(width).unwrap_or(1),
            )
            .await?;
        if jobs.is_empty() {
            return Ok((0, Vec::new()));
        }
        let (claimed, mut wanted) = (jobs.len(), Vec::new());
        for job in jobs {
            let row = tx.contact(&ContactId::new(job.subject.clone())).await?;
            if row.is_some_and(|row| row.fence == Call::of(&job).fence) {
                let detail = json!({ "call": job.task, "attempt": job.attempts });
                tx.record(vec![self.entry(&job, Action::Attempted, detail)])
                    .await?;
                wanted.push(job);
            } else {
                let detail =
                    json!({ "call": job.task, "why": "a person decided otherwise meanwhile" });
                tx.record(vec![self.entry(&job, Action::Cancelled, detail)])
                    .await?;
                tx.settle(&job).await?;
            }
        }
        tx.commit().await?;
        Ok((claimed, wanted))
    }

    async fn call(&self, featurebase: &Featurebase, job: &Job) -> Answer {
        let contact = ContactId::new(job.subject.clone());
        let blocking = job.task == Task::Block;
        // An earlier attempt may have taken effect though we never heard of it.
        if job.attempts > 1 {
            match self.read_back(featurebase, job).await {
                Ok(Some(blocked)) if blocked == blocking => {
                    return Answer {
                        outcome: Outcome::Done,
                        note: Some("found so when read back before trying again"),
                    };
                }
                // Featurebase is not well yet: one question was enough to know.
                Err(outcome) => {
                    return Answer {
                        outcome,
                        note: None,
                    };
                }
                Ok(_) => {}
            }
        }
        let now = self.clock.now();
        let outcome = if blocking {
            featurebase.block(&contact, now).await
        } else {
            featurebase.unblock(&contact, now).await
        };
        if !matches!(outcome, Outcome::Done | Outcome::Already { .. }) {
            return Answer {
                outcome,
                note: None,
            };
        }
        match self.read_back(featurebase, job).await {
            Ok(Some(blocked)) if blocked == blocking => Answer {
                outcome,
                note: Some("read back from the conversation"),
            },
            Ok(Some(_)) => Answer {
                outcome: Outcome::Retry {
                    after: None,
                    why: "Featurebase said it was done, but the conversation shows otherwise"
                        .to_owned(),
                    everywhere: false,
                },
                note: None,
            },
            Ok(None) => Answer {
                outcome,
                note: Some("not read back: no conversation is known"),
            },
            Err(outcome) => Answer {
                outcome,
                note: None,
            },
        }
    }

    /// Whether the contact is blocked, if there is a conversation that tells.
    async fn read_back(
        &self,
        featurebase: &Featurebase,
        job: &Job,
    ) -> std::result::Result<Option<bool>, Outcome> {
        let known = match Call::of(job).conversation {
            Some(conversation) => Some(conversation.as_str().to_owned()),
            None => self
                .store
                .newest_conversation(&ContactId::new(job.subject.clone()))
                .await
                .unwrap_or(None),
        };
        let Some(conversation) = known else {
            return Ok(None);
        };
        match featurebase
            .is_blocked(&conversation, self.clock.now())
            .await
        {
            Ok(blocked) => Ok(Some(blocked)),
            // The conversation is gone: nothing is left to read back from.
            Err(Outcome::Refused { .. }) => Ok(None),
            Err(outcome) => Err(outcome),
        }
    }

    async fn settle(&self, job: &Job, answer: Answer) -> Result<()> {
        self.note_health(&answer.outcome);
        let mut tx = self.store.writing().await?;
        let contact = ContactId::new(job.subject.clone());
        let now = self.clock.now();
        let row = tx
            .contact(&contact)
            .await?
            .unwrap_or_else(|| ContactRow::new(contact, now));
        let kept = if row.fence == Call::of(job).fence {
            self.settle_wanted(&mut tx, job, &answer, row).await?
        } else {
            self.settle_overruled(&mut tx, job, &answer, row).await?
        };
        if !kept {
            tracing::warn!(contact = %job.subject, "an answer came too late: somebody else has taken the call over");
            return Ok(());
        }
        tx.commit().await
    }

    /// Nobody decided otherwise: what came of it becomes the contact's standing. `false` when the lease was lost.
    async fn settle_wanted(
        &self,
        tx: &mut Writing,
        job: &Job,
        answer: &Answer,
        row: ContactRow,
    ) -> Result<bool> {
        let now = self.clock.now();
        let tried_for = now.since(job.created_at);
        let (action, detail) = match &answer.outcome {
            Outcome::Retry { after, why, .. } if tried_for < self.behaviour.give_up_after => {
                let run_at = now.after(backoff::delay(
                    job.attempts,
                    (self.behaviour.jitter)(),
                    *after,
                ));
                tx.record(vec![self.entry(
                    job,
                    Action::AttemptFailed,
                    json!({ "call": job.task, "why": why, "next_try": run_at.to_string() }),
                )])
                .await?;
                return tx.postpone(job, run_at, why).await;
            }
            Outcome::KeyRefused { why } => {
                // Not the contact's fault: it waits, without end, for the key to be mended.
                tx.record(vec![self.entry(
                    job,
                    Action::AttemptFailed,
                    json!({ "call": job.task, "why": why, "key_refused": true }),
                )])
                .await?;
                return tx.postpone(job, now, why).await;
            }
            Outcome::Retry { why, .. } => (
                Action::GaveUp,
                json!({ "call": job.task, "why": why, "attempts": job.attempts }),
            ),
            Outcome::Refused { code, why } => (
                Action::Refused,
                json!({ "call": job.task, "code": code, "why": why }),
            ),
            Outcome::Already { why } => (
                done_action(job.task, true),
                json!({ "answer": why, "made_sure": answer.note }),
            ),
            Outcome::Done => (
                done_action(job.task, false),
                json!({ "made_sure": answer.note, "attempts": job.attempts }),
            ),
        };
        if matches!(action, Action::GaveUp | Action::Refused) {
            tracing::error!(contact = %job.subject, call = %job.task, %detail, "a call to Featurebase has failed for good");
        }
        tx.record(vec![self.entry(job, action, detail)]).await?;
        tx.set_contact(&ContactRow {
            standing: standing_after(action, job.task),
            changed_at: now,
            ..row
        })
        .await?;
        tx.settle(job).await
    }

    /// A person gave an order while the call was under way. The order wins: what this call did is taken back.
    async fn settle_overruled(
        &self,
        tx: &mut Writing,
        job: &Job,
        answer: &Answer,
        row: ContactRow,
    ) -> Result<bool> {
        let now = self.clock.now();
        let took_effect = matches!(answer.outcome, Outcome::Done | Outcome::Already { .. });
        let detail = json!({
            "call": job.task,
            "why": "a person decided otherwise while the call was under way",
            "took_effect": took_effect,
        });
        tx.record(vec![self.entry(job, Action::Cancelled, detail)])
            .await?;
        let wanted = match row.standing {
            Standing::UnblockWanted | Standing::Unblocked => Task::Unblock,
            Standing::BlockWanted | Standing::Blocked => Task::Block,
            Standing::NotBlocked => job.task,
        };
        if wanted != job.task {
            // Also when the call seemed to fail: it may yet take effect at Featurebase.
            let call = Call {
                fence: row.fence,
                ..Call::of(job)
            };
            tx.cancel(wanted, &job.subject, now).await?;
            let again = NewJob {
                task: wanted,
                subject: job.subject.clone(),
                detail: call.to_json(),
                run_at: now,
            };
            tx.add_jobs(vec![again], now).await?;
        }
        // Even when the lease was lost: what the call did must be taken back.
        tx.settle(job).await?;
        Ok(true)
    }

    fn note_health(&self, outcome: &Outcome) {
        let now = self.clock.now();
        let mut gate = self.gate();
        let name = match outcome {
            Outcome::Done => "done",
            Outcome::Already { .. } => "already",
            Outcome::Retry { .. } => "retry",
            Outcome::KeyRefused { .. } => "key-refused",
            Outcome::Refused { .. } => "refused",
        };
        match outcome {
            Outcome::Retry {
                after,
                why,
                everywhere: true,
            } => {
                tracing::warn!(%why, "Featurebase is in trouble or asks for a rest; calls wait");
                gate.trouble(now, *after, why);
            }
            Outcome::KeyRefused { why } => {
                tracing::error!(%why, "Featurebase refuses the API key: nobody is blocked or unblocked until it is mended; the work is kept");
                gate.key_refused(now, why);
            }
            Outcome::Retry { .. }
            | Outcome::Done
            | Outcome::Already { .. }
            | Outcome::Refused { .. } => gate.well(),
        }
        self.metrics
            .key_refused
            .set(i64::from(gate.is_key_refused()));
        self.metrics.called(name);
    }

    fn entry(&self, job: &Job, action: Action, detail: Value) -> Entry {
        let call = Call::of(job);
        Entry {
            conversation: call.conversation,
            event: call.event,
            ..Entry::new(action, self.clock.now(), detail)
                .contact(&ContactId::new(job.subject.clone()))
        }
    }
}

const fn done_action(task: Task, already: bool) -> Action {
    match (task, already) {
        (Task::Unblock, _) => Action::Unblocked,
        (_, true) => Action::AlreadyBlocked,
        (_, false) => Action::Blocked,
    }
}

fn standing_after(action: Action, task: Task) -> Standing {
    match (action, task) {
        (Action::Blocked | Action::AlreadyBlocked, _) => Standing::Blocked,
        // A refused or abandoned unblock leaves the person's word standing.
        (_, Task::Unblock) => Standing::Unblocked,
        _ => Standing::NotBlocked,
    }
}
