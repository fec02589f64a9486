//! What Featurebase keeps of a sender: asked only where what a rule does hinges on it, kept for a while, and never waited
//! for without end.

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::acting::name_of;
use super::judging::MOST_ATTEMPTS;
use super::{Worker, backoff};
use crate::decision::{Facts, Lookup, Profile};
use crate::featurebase::{Featurebase, Outcome, Use};
use crate::message::{ContactId, Message};
use crate::rules::Rulebook;
use crate::store::jobs::{AT_ONCE, Job, Judging, Lease, LookUp, NewJob, Task};
use crate::store::{Result, Writing};
use crate::time::say_span;

/// So often a sender is asked for before the message is flagged. A refused key does not count.
const MOST_TRIES: i64 = 8;
/// So long a message waits for its sender to be looked up, whatever is in the way; then it is flagged. A refused key and a
/// stop keep blocks waiting without end, but nobody would see a message that is never judged.
const LONGEST: Duration = Duration::from_mins(15);
/// What was looked up is forgotten after so long: nothing asks for it any more.
const KEPT: Duration = Duration::from_hours(7 * 24);
/// How soon a look-up that was withheld is looked at again.
const WITHHELD: Duration = Duration::from_secs(1);
/// Most look-ups given up, or old profiles forgotten, in one transaction.
const BATCH: i64 = 64;

/// Messages ready to be judged, and the jobs for those that are not.
type Sorted = (Vec<(Job, Message, Facts)>, Vec<NewJob>);

impl Worker {
    /// Adds what was looked up of the senders to the facts, where a rule hinges on it. Messages that need more are set apart.
    pub(super) async fn with_profiles(
        &self,
        work: Vec<(Job, Message)>,
        facts: Vec<Facts>,
        book: &Rulebook,
    ) -> Result<Sorted> {
        let lacking: Vec<bool> = work
            .iter()
            .zip(&facts)
            .map(|((job, message), facts)| {
                job.attempts <= MOST_ATTEMPTS && lacks(book, message, facts)
            })
            .collect();
        let asked: BTreeSet<ContactId> = work
            .iter()
            .zip(&lacking)
            .filter(|(_, lacks)| **lacks)
            .map(|((_, message), _)| message.from.id.clone())
            .collect();
        let known = if asked.is_empty() {
            HashMap::new()
        } else {
            let asked: Vec<ContactId> = asked.into_iter().collect();
            self.store.profiles(&asked).await?
        };
        let (mut ready, mut look_ups) = (Vec::new(), Vec::new());
        for (((job, message), mut facts), lacks) in work.into_iter().zip(facts).zip(lacking) {
            if lacks {
                let known = known.get(&message.from.id);
                let Some(lookup) = self.on_hand(&job, &message, known, book) else {
                    look_ups.push(look_up_for(&message));
                    continue;
                };
                facts.profile = lookup;
            }
            ready.push((job, message, facts));
        }
        Ok((ready, look_ups))
    }

    /// What can be said of a sender without a call, if anything.
    fn on_hand(
        &self,
        job: &Job,
        message: &Message,
        known: Option<&Profile>,
        book: &Rulebook,
    ) -> Option<Lookup> {
        let tried = Judging::of(job);
        // What was looked up for this very message counts, however long judging took.
        if let Some(profile) = known.filter(|known| tried.looked_up || self.is_fresh(known)) {
            if !tried.looked_up {
                self.metrics.looked_up("on-hand");
            }
            return Some(Lookup::Found(only_wanted(profile, book)));
        }
        let why = if let Some(why) = tried.lookup_failed {
            why
        } else if self.outside.featurebase.is_none() {
            "no API key is configured".to_owned()
        } else if message.from.id.is_well_formed() {
            return None;
        } else {
            "the contact's id is not one Featurebase documents".to_owned()
        };
        Some(Lookup::Failed { why })
    }

    fn is_fresh(&self, profile: &Profile) -> bool {
        self.clock.now().since(profile.looked_up_at) < self.behaviour.lookup_max_age
    }

    /// Asks Featurebase for a claimed job, unless somebody else has asked meanwhile.
    pub(super) async fn look_up(&self, featurebase: &Featurebase, job: &Job) -> Result<()> {
        let contact = ContactId::new(job.subject.clone());
        let known = self.store.profiles(std::slice::from_ref(&contact)).await?;
        if known.values().any(|profile| self.is_fresh(profile)) {
            self.metrics.looked_up("on-hand");
            return self.back_to_judging(job, None, Ok(())).await;
        }
        let stopped = self.store.stopped().await?.is_some();
        if stopped || self.stop_file_stands() {
            let mut tx = self.store.writing().await?;
            let run_at = self.clock.now().after(WITHHELD);
            tx.put_back(job, run_at, "all calls are stopped").await?;
            return tx.commit().await;
        }
        match featurebase.profile(&contact, self.clock.now()).await {
            Ok(profile) => {
                self.metrics.called(name_of(&Outcome::Done));
                self.metrics.looked_up("found");
                self.back_to_judging(job, Some(&profile), Ok(())).await
            }
            Err(outcome) => {
                self.metrics.called(name_of(&outcome));
                self.settle_failed(job, outcome).await
            }
        }
    }

    async fn settle_failed(&self, job: &Job, outcome: Outcome) -> Result<()> {
        let now = self.clock.now();
        let late = now.since(job.created_at) >= LONGEST;
        match outcome {
            // The gate is closed now and lets one probe through at a time.
            Outcome::KeyRefused { why } if !late => {
                self.metrics.looked_up("key-refused");
                let mut tx = self.store.writing().await?;
                tx.put_back(job, AT_ONCE, &why).await?;
                tx.commit().await
            }
            Outcome::Retry { after, why, .. } if !late && job.attempts < MOST_TRIES => {
                self.metrics.looked_up("retry");
                let jitter = (self.behaviour.jitter)();
                let run_at = now.after(backoff::delay(job.attempts, jitter, after));
                let mut tx = self.store.writing().await?;
                tx.postpone(job, run_at, &why).await?;
                tx.commit().await
            }
            Outcome::KeyRefused { why }
            | Outcome::Retry { why, .. }
            | Outcome::Refused { why, .. }
            | Outcome::Already { why } => {
                self.metrics.looked_up("failed");
                self.back_to_judging(job, None, Err(why)).await
            }
            Outcome::Done => Ok(()),
        }
    }

    /// Why no look-up can be made now, and may not be for long.
    async fn obstacle(&self, featurebase: &Featurebase) -> Result<Option<String>> {
        let stopped = self.stop_file_stands() || self.store.stopped().await?.is_some();
        if stopped {
            return Ok(Some("calls were stopped".to_owned()));
        }
        let Some(line) = featurebase.line() else {
            return Ok(None);
        };
        let state = line.state().await?;
        Ok(state.pause().or_else(|| state.used_up(Use::LookUp, 1)))
    }

    /// Look-ups that waited too long are given up: stopped, refused or unanswered, the message is judged without. One that
    /// was never tried, and that nothing stands against now, is tried first: we may have been down ourselves.
    pub(super) async fn give_up_look_ups(&self) -> Result<usize> {
        let (longest, lacking, obstacle) = match &self.outside.featurebase {
            Some(featurebase) => (LONGEST, None, self.obstacle(featurebase).await?),
            None => (Duration::ZERO, Some("no API key is configured"), None),
        };
        let untried = lacking.is_some() || obstacle.is_some();
        let lease = Lease::new(self.clock.now(), self.behaviour.lease);
        let mut tx = self.store.writing().await?;
        let jobs = tx
            .claim_late_look_ups(&lease, longest, untried, BATCH)
            .await?;
        if jobs.is_empty() {
            return Ok(0);
        }
        for job in &jobs {
            let last = job.last_error.as_ref().or(obstacle.as_ref());
            let why = match (lacking, last) {
                (Some(lacking), _) => lacking.to_owned(),
                (None, Some(last)) => format!("not within {}: {last}", say_span(LONGEST)),
                (None, None) => format!("not within {}", say_span(LONGEST)),
            };
            self.metrics.looked_up("failed");
            judge_again(&mut tx, job, Err(why), self.clock.now()).await?;
        }
        tx.commit().await?;
        self.wake.judging.notify_one();
        Ok(jobs.len())
    }

    /// Settles a look-up: what was found is kept, and the message goes back to judging, in one transaction.
    async fn back_to_judging(
        &self,
        job: &Job,
        found: Option<&Profile>,
        came: std::result::Result<(), String>,
    ) -> Result<()> {
        let now = self.clock.now();
        let mut tx = self.store.writing().await?;
        if let Some(profile) = found {
            let contact = ContactId::new(job.subject.clone());
            tx.keep_profile(&contact, profile).await?;
        }
        if !judge_again(&mut tx, job, came, now).await? {
            tracing::warn!(contact = %job.subject, "a look-up came too late: somebody else has taken it over");
            return Ok(());
        }
        tx.commit().await?;
        self.wake.judging.notify_one();
        if found.is_some() {
            self.forget_old_profiles().await?;
        }
        Ok(())
    }

    /// A few at a time and by itself, so that it neither takes long nor waits for somebody who keeps a profile.
    async fn forget_old_profiles(&self) -> Result<()> {
        let kept = KEPT.max(self.behaviour.lookup_max_age);
        let mut tx = self.store.writing().await?;
        let before = self.clock.now().before(kept);
        tx.forget_profiles(before, BATCH).await?;
        tx.commit().await
    }

    /// What is known of a sender, however long ago it was looked up: for judging once more what was judged before.
    pub(super) async fn last_known(&self, message: &Message, book: &Rulebook) -> Result<Lookup> {
        let contact = &message.from.id;
        let known = self.store.profiles(std::slice::from_ref(contact)).await?;
        Ok(known.get(contact).map_or(Lookup::NotAsked, |profile| {
            Lookup::Found(only_wanted(profile, book))
        }))
    }
}

/// Puts the job that judges in the place of the look-up. `false` when the lease was lost.
async fn judge_again(
    tx: &mut Writing,
    job: &Job,
    came: std::result::Result<(), String>,
    now: crate::time::Timestamp,
) -> Result<bool> {
    if let Some(look_up) = LookUp::of(job) {
        let judging = Judging {
            looked_up: came.is_ok(),
            lookup_failed: came.err(),
        };
        let again = NewJob {
            task: Task::Judge,
            subject: look_up.event.as_str().to_owned(),
            detail: judging.to_json(),
            run_at: AT_ONCE,
        };
        tx.add_jobs(vec![again], now).await?;
    }
    tx.settle(job).await
}

/// Whether what a rule does hinges on a look-up. Where the judge panics there is nothing to look up for.
pub(super) fn lacks(book: &Rulebook, message: &Message, facts: &Facts) -> bool {
    catch_unwind(AssertUnwindSafe(|| book.lacks(message, facts))).unwrap_or(false)
}

fn look_up_for(message: &Message) -> NewJob {
    let look_up = LookUp {
        event: message.event.clone(),
    };
    NewJob {
        task: Task::LookUp,
        subject: message.from.id.as_str().to_owned(),
        detail: look_up.to_json(),
        run_at: AT_ONCE,
    }
}

/// Decisions keep what they were made from; of a contact's own fields only those that rules name.
fn only_wanted(profile: &Profile, book: &Rulebook) -> Profile {
    let mut profile = profile.clone();
    profile
        .attributes
        .retain(|name, _| book.wanted().attributes.contains(name));
    profile
}
