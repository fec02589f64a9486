//! What rules ask for besides a block or a flag: to redact the message, leave a note, close the conversation, tell the
//! operator. A person's order calls off what is not done yet.

use serde_json::json;

use super::Came;
use super::settling::name_of;
use crate::decision::{Stage, Verdict};
use crate::featurebase::{Featurebase, Notice, Outcome};
use crate::message::{ContactId, ConversationId, EventId, PartId};
use crate::payload;
use crate::store::audit::Action;
use crate::store::contacts::Standing;
use crate::store::jobs::{Job, Step, Task};
use crate::store::{Result, Writing};
use crate::worker::Worker;

impl Worker {
    /// Records the intent of a step; or that it is no longer wanted, or cannot be done.
    pub(super) async fn intend_step(&self, tx: &mut Writing, job: &Job) -> Result<bool> {
        let Some(step) = Step::of(job) else {
            self.call_off(tx, job, "its detail cannot be read").await?;
            return Ok(false);
        };
        let row = tx.contact(&ContactId::new(job.subject.clone())).await?;
        let fence = row.as_ref().map_or(0, |row| row.fence);
        let is_blocked = row.is_some_and(|row| row.standing == Standing::Blocked);
        let off = if fence != step.call.fence {
            Some("a person decided otherwise meanwhile")
        } else if step.after_block && !is_blocked {
            Some("it goes with a block, and the contact is not blocked")
        } else if self.behaviour.mode != Stage::Enforce && step.call.book.is_some() {
            Some("the bouncer no longer runs in mode enforce")
        } else {
            None
        };
        if let Some(why) = off {
            self.call_off(tx, job, why).await?;
            return Ok(false);
        }
        let (action, detail) = match self.impossible(job.task, &step) {
            Some(why) => (Action::NotDone, json!({ "call": job.task, "why": why })),
            None => (
                Action::Attempted,
                json!({ "call": job.task, "attempt": job.attempts }),
            ),
        };
        tx.record(vec![self.entry(job, action, detail)]).await?;
        if action == Action::NotDone {
            tx.settle(job).await?;
        }
        Ok(action == Action::Attempted)
    }

    /// Why nobody need be asked.
    fn impossible(&self, task: Task, step: &Step) -> Option<&'static str> {
        match task {
            Task::Redact if step.part == PartId::opening() => Some(
                "Featurebase gives the message that opens a conversation no id, so it cannot be redacted",
            ),
            Task::Note if self.behaviour.admin_id.is_none() => Some("admin_id is not set"),
            Task::Notify if self.outside.notifier.is_none() => Some("notify_url is not set"),
            _ => None,
        }
    }

    /// Does a step whose intent is recorded.
    pub(super) async fn take_step(&self, featurebase: &Featurebase, job: &Job) -> Came {
        let (step, conversation) = match self.ready_step(job).await {
            Ok(ready) => ready,
            Err(why) => return Came::Withheld(why),
        };
        let (now, id) = (self.clock.now(), conversation.as_str());
        let outcome = match job.task {
            Task::Redact => featurebase.redact(id, &step.part, now).await,
            Task::Close => featurebase.close(id, now).await,
            _ => {
                return self
                    .leave_note(featurebase, job, &step, &conversation)
                    .await;
            }
        };
        Came::Answered {
            outcome,
            note: None,
        }
    }

    /// Sends a notice whose intent is recorded.
    pub(super) async fn take_notice(&self, job: &Job) -> Came {
        match self.ready_step(job).await {
            Ok((step, conversation)) => Came::Answered {
                outcome: self.tell(job, step, conversation).await,
                note: None,
            },
            Err(why) => Came::Withheld(why),
        }
    }

    /// A step as it is to be told now, and its conversation; or why it must not be done at this moment.
    async fn ready_step(
        &self,
        job: &Job,
    ) -> std::result::Result<(Step, ConversationId), &'static str> {
        if let Some(why) = self.withheld(job).await {
            return Err(why);
        }
        let mut step = Step::of(job).ok_or("its detail cannot be read")?;
        let became = self.what_became(job, &step).await;
        step.verdict = became.map_err(|_| "the store does not answer")?;
        let conversation = step.call.conversation.clone();
        let conversation = conversation.unwrap_or_else(|| ConversationId::new(""));
        Ok((step, conversation))
    }

    /// The verdict as it was carried out: a block may have been held at the last look, or have come to nothing.
    async fn what_became(&self, job: &Job, step: &Step) -> Result<Verdict> {
        if step.verdict != Verdict::Block {
            return Ok(step.verdict);
        }
        let contact = ContactId::new(job.subject.clone());
        let row = self.store.standing(&contact).await?;
        if row.is_some_and(|row| row.standing == Standing::Blocked) {
            return Ok(Verdict::Block);
        }
        let by_rule = step
            .call
            .event
            .as_ref()
            .filter(|_| step.call.book.is_some());
        let is_held = match by_rule {
            Some(event) => self.store.hold_of_event(event).await?.is_some(),
            None => false,
        };
        Ok(if is_held {
            Verdict::Hold
        } else {
            Verdict::Flag
        })
    }

    /// A note asked for before may have been left unheard: it is looked for first.
    async fn leave_note(
        &self,
        featurebase: &Featurebase,
        job: &Job,
        step: &Step,
        conversation: &ConversationId,
    ) -> Came {
        let (conversation, now) = (conversation.as_str(), self.clock.now());
        let event = plain(step.call.event.as_ref().map_or("", EventId::as_str));
        if job.attempts > 1 {
            match featurebase.has_note(conversation, &event, now).await {
                Ok(false) => {}
                Ok(true) => {
                    return Came::Answered {
                        outcome: Outcome::Done,
                        note: Some("found so when read back before trying again"),
                    };
                }
                Err(outcome) => {
                    return Came::Answered {
                        outcome,
                        note: None,
                    };
                }
            }
            // Looking takes time, in which somebody may have stopped everything.
            if let Some(why) = self.withheld(job).await {
                return Came::Withheld(why);
            }
        }
        let admin = self.behaviour.admin_id.as_deref().unwrap_or_default();
        let text = note_text(step, &event);
        Came::Answered {
            outcome: featurebase.note(conversation, admin, &text, now).await,
            note: None,
        }
    }

    async fn tell(&self, job: &Job, step: Step, conversation: ConversationId) -> Outcome {
        let event = step.call.event.unwrap_or_else(|| EventId::new(""));
        let bodies = self.store.bodies(std::slice::from_ref(&event)).await;
        let conversation_url = bodies
            .ok()
            .and_then(|bodies| payload::conversation_url(&bodies.get(&event)?.1));
        let notice = Notice {
            at: self.clock.now().to_string(),
            verdict: step.verdict,
            rules: step.call.rules,
            why: step.why,
            contact: ContactId::new(job.subject.clone()),
            conversation,
            conversation_url,
            event,
        };
        match &self.outside.notifier {
            Some(notifier) => notifier.tell(&notice, self.clock.now()).await,
            None => Outcome::Refused {
                code: "no-address".to_owned(),
                why: "notify_url is not set".to_owned(),
            },
        }
    }

    /// What came of a step becomes the record and a settled or postponed job.
    pub(super) async fn settle_step(&self, job: &Job, came: Came) -> Result<()> {
        match &came {
            // How the operator's address fares says nothing about Featurebase.
            Came::Answered { outcome, .. } if job.task == Task::Notify => {
                self.metrics.noticed(name_of(outcome));
            }
            Came::Answered { outcome, .. } => self.metrics.called(name_of(outcome)),
            Came::Held(_) | Came::Withheld(_) => {}
        }
        let mut tx = self.store.writing().await?;
        let kept = match &came {
            Came::Answered { outcome, note } => {
                self.settle_taken(&mut tx, job, outcome, *note).await?
            }
            Came::Withheld(why) => self.settle_withheld(&mut tx, job, why).await?,
            Came::Held(_) => tx.settle(job).await?,
        };
        if !kept {
            tracing::warn!(contact = %job.subject, step = %job.task, "an answer came too late: somebody else has taken the step over");
            return Ok(());
        }
        tx.commit().await
    }

    async fn settle_taken(
        &self,
        tx: &mut Writing,
        job: &Job,
        outcome: &Outcome,
        note: Option<&str>,
    ) -> Result<bool> {
        if let Some(kept) = self.try_later(tx, job, outcome).await? {
            return Ok(kept);
        }
        let (action, detail) = match outcome {
            Outcome::Done => (
                Action::AlsoDone,
                json!({ "call": job.task, "made_sure": note, "attempts": job.attempts }),
            ),
            Outcome::Already { why } => (
                Action::AlsoDone,
                json!({ "call": job.task, "answer": why, "attempts": job.attempts }),
            ),
            Outcome::Refused { code, why } => (
                Action::Refused,
                json!({ "call": job.task, "code": code, "why": why }),
            ),
            Outcome::Retry { why, .. } | Outcome::KeyRefused { why } => (
                Action::GaveUp,
                json!({ "call": job.task, "why": why, "attempts": job.attempts }),
            ),
        };
        if action == Action::AlsoDone {
            self.metrics.also_done(job.task.as_str());
        }
        self.complain_if_final(job, action, &detail);
        tx.record(vec![self.entry(job, action, detail)]).await?;
        tx.settle(job).await
    }
}

/// What teammates read. Rules' words are written so that they cannot become links or headings.
fn note_text(step: &Step, event: &str) -> String {
    let done = match step.verdict {
        Verdict::Block => "blocked this contact",
        Verdict::Clean | Verdict::Flag | Verdict::Hold => "flagged this message",
    };
    let (why, rules) = (escaped(&step.why), escaped(&step.call.rules));
    format!("Featurebase Bouncer {done}: {why} ({rules}). More: `bouncer why {event}`")
}

/// An id without anything that could end the code it is shown as.
fn plain(id: &str) -> String {
    let fit = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':');
    id.chars().filter(fit).collect()
}

/// Text that Markdown shows as it is.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() => shown.push(' '),
            c if c.is_ascii_punctuation() && !matches!(c, ',' | ';' | '/' | '\'' | '"') => {
                shown.extend(['\\', c]);
            }
            c => shown.push(c),
        }
    }
    shown
}
