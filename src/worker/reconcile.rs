//! Compares who is blocked at Featurebase with who we believe is, a few at a time. It only reads there.

mod found;

use std::time::Duration;

use serde_json::json;

use super::acting::name_of;
use super::{Worker, backoff};
use crate::featurebase::{Featurebase, Outcome, Use};
use crate::message::ContactId;
use crate::store::audit::{Action, Entry};
use crate::store::jobs::{Comparing, Job, Lease, Phase, Task, WhyCompare};
use crate::store::{Result, Writing};

/// How many contacts are compared before calls that are due have their turn.
const BATCH: i64 = 8;
/// So many pages of conversations are looked through at most, newest first.
const MOST_PAGES: usize = 400;
/// What cannot be read after so many tries, while Featurebase as a whole is well, is passed over.
const MOST_TRIES: i64 = 8;
/// How soon a rule's block that waits for the comparing is looked at again.
const WAIT: Duration = Duration::from_secs(5);

/// How far a bit of comparing has come.
enum Step {
    /// There is more to do.
    GoOn(Comparing),
    /// There is more to do, and Featurebase is not well.
    Later(Comparing, Outcome),
    Finished(Comparing),
}

impl Worker {
    /// Does the next bit of comparing, if any is due. Gives the number of steps done.
    pub(super) async fn compare_due(&self, featurebase: &Featurebase) -> Result<usize> {
        if self.store.backlog(Task::Reconcile).await?.jobs == 0 || self.is_stopped().await {
            return Ok(0);
        }
        // Blocks may be waiting for it.
        let featurebase = &featurebase.used_for(Use::LookUp);
        let lease = Lease::new(self.clock.now(), self.behaviour.lease);
        let mut tx = self.store.writing().await?;
        let Some(job) = tx.claim_comparing(&lease).await? else {
            return Ok(0);
        };
        tx.commit().await?;
        let (Some(why), Some(state)) = (WhyCompare::parse(&job.subject), Comparing::of(&job))
        else {
            let mut tx = self.store.writing().await?;
            tx.settle(&job).await?;
            tx.commit().await?;
            return Ok(1);
        };
        let step = match state.phase {
            Phase::Ours => self.compare_ours(featurebase, why, state).await?,
            Phase::Theirs => self.compare_theirs(featurebase, why, state).await?,
        };
        self.settle_comparing(&job, why, step).await?;
        Ok(1)
    }

    /// A rule's block, and what goes with it, waits while it is not known whom people unblocked meanwhile.
    pub(super) async fn wait_for_comparing(&self, tx: &mut Writing, job: &Job) -> Result<bool> {
        if tx.comparing(WhyCompare::Away).await?.is_none() {
            return Ok(false);
        }
        let why = "it is first looked whom people unblocked while no bouncer was at work";
        tx.put_back(job, self.clock.now().after(WAIT), why).await?;
        Ok(true)
    }

    async fn settle_comparing(&self, job: &Job, why: WhyCompare, step: Step) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.store.writing().await?;
        if !tx.settle(job).await? {
            // Somebody else has taken it over, from where it stood.
            return Ok(());
        }
        match step {
            Step::GoOn(state) => {
                self.metrics.called(name_of(&Outcome::Done));
                tx.add_jobs(vec![state.job(why)], now).await?;
            }
            Step::Later(state, outcome) => {
                self.metrics.called(name_of(&outcome));
                let after = match outcome {
                    Outcome::Retry { after, .. } => after,
                    _ => None,
                };
                let wait = backoff::delay(state.tries, (self.behaviour.jitter)(), after);
                let mut again = state.job(why);
                again.run_at = now.after(wait);
                tx.add_jobs(vec![again], now).await?;
            }
            Step::Finished(state) => {
                tracing::info!(
                    compared = state.compared,
                    differences = state.differences,
                    "who is blocked was compared with Featurebase"
                );
                let detail = json!({
                    "run": why,
                    "because": state.because,
                    "apply": state.apply,
                    "compared": state.compared,
                    "pages": state.pages,
                    "differences": state.differences,
                });
                tx.record(vec![Entry::new(Action::Reconciled, now, detail)])
                    .await?;
            }
        }
        tx.commit().await
    }

    async fn compare_ours(
        &self,
        featurebase: &Featurebase,
        why: WhyCompare,
        mut state: Comparing,
    ) -> Result<Step> {
        let after = state.cursor.clone().unwrap_or_default();
        let contacts = self.store.blocked_after(&after, BATCH).await?;
        if contacts.is_empty() {
            state.cursor = None;
            state.phase = Phase::Theirs;
            return Ok(match why {
                WhyCompare::Away => Step::Finished(state),
                WhyCompare::Asked => Step::GoOn(state),
            });
        }
        for contact in contacts {
            if self.is_stopped().await {
                break;
            }
            let shown = match self.shows_blocked(featurebase, &contact).await? {
                Ok(shown) => shown,
                Err(outcome) if gives_up(&mut state, &outcome) => None,
                Err(outcome) => return Ok(Step::Later(state, outcome)),
            };
            state.tries = 0;
            self.weigh_ours(why, &mut state, &contact, shown).await?;
            state.compared += 1;
            state.cursor = Some(contact.as_str().to_owned());
        }
        Ok(Step::GoOn(state))
    }

    /// Whether a contact's newest conversation shows them blocked; nothing if there is none to ask.
    async fn shows_blocked(
        &self,
        featurebase: &Featurebase,
        contact: &ContactId,
    ) -> Result<std::result::Result<Option<bool>, Outcome>> {
        let Some(conversation) = self.store.newest_conversation(contact).await? else {
            return Ok(Ok(None));
        };
        let answer = featurebase
            .conversation(&conversation, self.clock.now())
            .await;
        Ok(match answer {
            Ok(shown) => Ok(Some(shown.blocked)),
            Err(Outcome::Refused { .. }) => Ok(None),
            Err(outcome) => Err(outcome),
        })
    }

    async fn compare_theirs(
        &self,
        featurebase: &Featurebase,
        why: WhyCompare,
        mut state: Comparing,
    ) -> Result<Step> {
        if state.pages >= MOST_PAGES {
            return Ok(Step::Finished(state));
        }
        let page = featurebase
            .conversations(state.cursor.as_deref(), state.page, self.clock.now())
            .await;
        let page = match page {
            Ok(page) => page,
            // Long messages may make a page too long to be read: shorter ones are tried.
            Err(Outcome::Retry {
                everywhere: false,
                after: None,
                ..
            }) if state.page > 1 => {
                state.page /= 2;
                return Ok(Step::GoOn(state));
            }
            Err(Outcome::Refused { .. }) => return Ok(Step::Finished(state)),
            Err(outcome) if gives_up(&mut state, &outcome) => return Ok(Step::Finished(state)),
            Err(outcome) => return Ok(Step::Later(state, outcome)),
        };
        state.tries = 0;
        for contact in &page.blocked {
            self.weigh_theirs(why, &mut state, contact).await?;
        }
        state.pages += 1;
        state.compared += page.blocked.len();
        state.cursor = page.next;
        Ok(if state.cursor.is_some() {
            Step::GoOn(state)
        } else {
            Step::Finished(state)
        })
    }
}

/// Counts a failure. Whether what cannot be read is passed over, so that one odd conversation does not keep all rules waiting.
const fn gives_up(state: &mut Comparing, outcome: &Outcome) -> bool {
    let is_odd = matches!(
        outcome,
        Outcome::Retry {
            everywhere: false,
            after: None,
            ..
        }
    );
    if is_odd {
        state.tries += 1;
    }
    is_odd && state.tries >= MOST_TRIES
}
