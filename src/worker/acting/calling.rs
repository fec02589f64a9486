//! The call itself: a last look before it, and the reading back after it.

use std::time::Duration;

use super::{Came, is_by_rule};
use crate::decision::Verdict;
use crate::featurebase::{Featurebase, Outcome};
use crate::message::{ContactId, EventId};
use crate::payload::{self, What};
use crate::rules::is_at_one_of;
use crate::rules::policy::Protection;
use crate::store::Result;
use crate::store::jobs::{Call, Job, Task};
use crate::worker::Worker;
use crate::worker::lookups::lacks;

/// What is known of the block of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// It was not sent, or it was answered.
    Known,
    /// It was not sent, since an earlier one is seen to have taken effect.
    EarlierTookEffect,
    /// It was sent, and nobody told what became of it: it may yet take effect.
    Open,
    /// Featurebase said it was done, and the conversation does not show it.
    SaidDone,
}

/// How long Featurebase may take to show what it said was done; after that somebody may have taken it back.
const SETTLED: Duration = Duration::from_mins(1);
const TAKEN_BACK: &str = "Featurebase said that the contact was blocked, and now the conversation shows them free: either it does not take effect, or somebody takes it back there";

/// What a last look found.
enum Look {
    /// Go on.
    Clear,
    /// It is so already.
    Already,
    /// Somebody else has blocked the contact.
    BlockedByHand,
    /// A person should look.
    Hold(String),
    /// It was said to be done a while ago, and is not so now.
    TakenBack,
}

impl Worker {
    /// Carries a claimed job to Featurebase. Gives what came of it, and what is known of the block that was sent.
    pub(super) async fn call(&self, featurebase: &Featurebase, job: &Job) -> (Came, Sent) {
        let came = match self.last_look(featurebase, job).await {
            Ok(Look::Clear) => self.withheld(job).await.map(Came::Withheld),
            Ok(Look::Already) => return (already(job), Sent::EarlierTookEffect),
            Ok(Look::BlockedByHand) => Some(blocked_by_hand()),
            Ok(Look::Hold(because)) => Some(Came::Held(because)),
            Ok(Look::TakenBack) => Some(taken_back(job)),
            // Featurebase is not well: one question was enough to know.
            Err(outcome) => Some(Came::Answered {
                outcome,
                note: None,
            }),
        };
        if let Some(came) = came {
            return (came, Sent::Known);
        }
        let (contact, now) = (ContactId::new(job.subject.clone()), self.clock.now());
        let outcome = match job.task {
            Task::Block => featurebase.block(&contact, now).await,
            _ => featurebase.unblock(&contact, now).await,
        };
        if !matches!(outcome, Outcome::Done | Outcome::Already { .. }) {
            let sent = if may_take_effect(&outcome) {
                Sent::Open
            } else {
                Sent::Known
            };
            let note = None;
            return (Came::Answered { outcome, note }, sent);
        }
        let came = self.made_sure(featurebase, job, outcome).await;
        let seen = matches!(&came, Came::Answered { outcome, .. }
            if matches!(outcome, Outcome::Done | Outcome::Already { .. }));
        (came, if seen { Sent::Known } else { Sent::SaidDone })
    }

    /// Reads back what Featurebase said it did.
    async fn made_sure(&self, featurebase: &Featurebase, job: &Job, outcome: Outcome) -> Came {
        let wanted = job.task == Task::Block;
        match self.conversation(featurebase, job).await {
            Ok(Some(shown)) if shown.blocked == wanted => Came::Answered {
                outcome,
                note: Some("read back from the conversation"),
            },
            Ok(Some(_)) => Came::Answered {
                outcome: Outcome::Retry {
                    after: None,
                    why: "Featurebase said it was done, but the conversation shows otherwise"
                        .to_owned(),
                    everywhere: false,
                },
                note: None,
            },
            Ok(None) => Came::Answered {
                outcome,
                note: Some("not read back: no conversation is known"),
            },
            Err(outcome) => Came::Answered {
                outcome,
                note: None,
            },
        }
    }

    /// Looks once more before something is changed. An earlier attempt may have taken effect unheard; and before a rule's
    /// block, what Featurebase knows and the delivery did not tell may speak for the contact.
    async fn last_look(
        &self,
        featurebase: &Featurebase,
        job: &Job,
    ) -> std::result::Result<Look, Outcome> {
        if job.attempts <= 1 && !is_by_rule(job) {
            return Ok(Look::Clear);
        }
        let shown = self.conversation(featurebase, job).await?;
        if shown.is_some_and(|shown| shown.blocked == (job.task == Task::Block)) {
            if job.attempts > 1 {
                return Ok(Look::Already);
            }
            if !Call::of(job).ours {
                return Ok(Look::BlockedByHand);
            }
        }
        if shown.is_some() && self.was_said_done(job).await {
            return Ok(Look::TakenBack);
        }
        if !is_by_rule(job) {
            return Ok(Look::Clear);
        }
        let Some(book) = self.book.borrow().clone() else {
            return Ok(Look::Hold(
                "no rules are in force that could say who is protected".to_owned(),
            ));
        };
        let policy = book.policy();
        if shown.is_some_and(|shown| shown.answered) && policy.answered_before != Protection::No {
            return Ok(Look::Hold(
                "a teammate has answered in this conversation, as Featurebase shows".to_owned(),
            ));
        }
        if !policy.never_domains.is_empty() {
            let email = featurebase
                .email_of(&ContactId::new(job.subject.clone()), self.clock.now())
                .await?;
            if let Some(domain) = email
                .as_deref()
                .and_then(|email| is_at_one_of(email, &policy.never_domains))
            {
                return Ok(Look::Hold(format!(
                    "the policy never blocks anybody at {domain}"
                )));
            }
        }
        let outdated = Call::of(job)
            .book
            .is_some_and(|wanted| wanted != *book.digest());
        let stands = !outdated || self.still_wanted(job).await.unwrap_or(false);
        Ok(if stands {
            Look::Clear
        } else {
            Look::Hold("the rules were changed before the block was carried out, and today's would not block for this message".to_owned())
        })
    }

    /// Whether Featurebase said long enough ago that this very block was done. A store that does not say is a yes.
    async fn was_said_done(&self, job: &Job) -> bool {
        job.task == Task::Block
            && match self.store.said_done(job).await {
                Ok(said) => said.is_some_and(|said| self.clock.now().since(said) >= SETTLED),
                Err(_) => true,
            }
    }

    /// Whether the rules of today, too, would block for the message that led to the job.
    async fn still_wanted(&self, job: &Job) -> Result<bool> {
        let (Some(book), Some(event)) = (self.book.borrow().clone(), Call::of(job).event) else {
            return Ok(false);
        };
        let bodies = self.store.bodies(std::slice::from_ref(&event)).await?;
        let Some((received_at, body)) = bodies.get::<EventId>(&event) else {
            return Ok(false);
        };
        let What::Message(message) = payload::read(body, *received_at).what else {
            return Ok(false);
        };
        let facts = self
            .store
            .facts(&[(*message).clone()], book.wanted())
            .await?;
        let Some(mut facts) = facts.into_iter().next() else {
            return Ok(false);
        };
        if lacks(&book, &message, &facts) {
            facts.profile = self.last_known(&message, &book).await?;
        }
        let judged = self.judge_once(&book, &message, &facts);
        Ok(judged.is_some_and(|decision| decision.verdict == Verdict::Block))
    }

    /// Why the call must not be made at this very moment, if so. A store that does not say is a no.
    pub(super) async fn withheld(&self, job: &Job) -> Option<&'static str> {
        if self.stop_file_stands() {
            return Some("the stop file stands");
        }
        match self.store.stopped().await {
            Ok(None) => {}
            Ok(Some(_)) => return Some("the stop switch was thrown"),
            Err(_) => return Some("the store does not answer"),
        }
        match self
            .store
            .standing(&ContactId::new(job.subject.clone()))
            .await
        {
            Ok(row) if row.as_ref().map_or(0, |row| row.fence) == Call::of(job).fence => None,
            Ok(_) => Some("a person decided otherwise"),
            Err(_) => Some("the store does not answer"),
        }
    }

    /// What the conversation shows, if there is one to ask.
    async fn conversation(
        &self,
        featurebase: &Featurebase,
        job: &Job,
    ) -> std::result::Result<Option<crate::featurebase::Shown>, Outcome> {
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
            .conversation(&conversation, self.clock.now())
            .await
        {
            Ok(shown) => Ok(Some(shown)),
            // The conversation is gone: nothing is left to read back from.
            Err(Outcome::Refused { .. }) => Ok(None),
            Err(outcome) => Err(outcome),
        }
    }
}

fn blocked_by_hand() -> Came {
    Came::Answered {
        outcome: Outcome::Already {
            why: "the conversation shows that the contact is blocked, and not by us".to_owned(),
        },
        note: Some("looked before anything was asked for"),
    }
}

/// A rule's block is held for a person; a person's own ends here.
fn taken_back(job: &Job) -> Came {
    if is_by_rule(job) {
        return Came::Held(TAKEN_BACK.to_owned());
    }
    Came::Answered {
        outcome: Outcome::Refused {
            code: "taken_back".to_owned(),
            why: TAKEN_BACK.to_owned(),
        },
        note: None,
    }
}

/// Whether a block that failed so may take effect later. Who names a time to come back has not done it.
const fn may_take_effect(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Retry { after: None, .. })
}

fn already(job: &Job) -> Came {
    debug_assert!(job.attempts > 1, "only a second attempt is taken for done");
    Came::Answered {
        outcome: Outcome::Done,
        note: Some("found so when read back before trying again"),
    }
}
