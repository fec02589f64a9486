//! What is to be forgotten: what Featurebase removed, what a person had erased, what has become too old. A few at a time, so that
//! nothing that comes in waits for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::Worker;
use crate::message::{EventId, PartId};
use crate::payload;
use crate::store::Result;
use crate::store::audit::{Action, Entry};
use crate::store::forgetting::Forgot;
use crate::store::redactions::{OnRecord, Redaction};
use crate::store::retention::Step;

/// How often it is looked for what was removed or erased.
const LOOK: Duration = Duration::from_secs(5);
/// How often it is looked for what has become too old.
const OLD: Duration = Duration::from_mins(1);
/// A step that forgets by age is followed by a rest of this length, so that others write between.
const BREATH: Duration = Duration::from_millis(50);
/// Most steps of one kind at one look.
const STEPS: usize = 64;
/// Most bodies from before there were keys put under lock in one step.
const PLAIN: i64 = 64;
/// For how long one key serves the inbox at most.
const INBOX_KEY: Duration = Duration::from_hours(1);
/// How long a text that was removed is left to be judged first: less than the minute within which it is gone.
const JUDGED_FIRST: Duration = Duration::from_secs(40);
/// How long a message that was removed may still come in: longer than deliveries are repeated for.
const MAY_COME: Duration = Duration::from_hours(8);
/// The opening message's own time and its part's may differ by so much.
const TWIN: Duration = Duration::from_secs(2);
/// No rule looks further back than a week, and no brake; a day more for clocks.
const RULES_LOOK_BACK: Duration = Duration::from_hours(8 * 24);

/// How long things are kept.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    pub texts_for: Duration,
    pub record_for: Duration,
}

/// What is known from one look to the next.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// When it was last looked for what is too old, in milliseconds since 1970.
    old_at: AtomicI64,
    /// A key was destroyed, and the files may still hold it.
    pub(super) to_scrub: AtomicBool,
}

impl Worker {
    /// Forgets what is due at this moment. Gives the number of steps done.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_due(&self) -> Result<usize> {
        if self.store.is_tight() {
            return Ok(0);
        }
        let now = self.clock.now();
        let mut done = self.follow_removals().await?;
        done += self.finish_erasures().await?;
        let looks = &self.looks;
        let old_at = looks.old_at.load(Ordering::Relaxed);
        if !(0..crate::time::millis_of(OLD)).contains(&(now.millis() - old_at)) {
            looks.old_at.store(now.millis(), Ordering::Relaxed);
            done += self.forget_old().await?;
        }
        if looks.to_scrub.load(Ordering::Relaxed) && self.store.scrub().await? {
            looks.to_scrub.store(false, Ordering::Relaxed);
        }
        Ok(done)
    }

    /// Forgets until told to stop.
    pub async fn keep_forgetting(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            self.settled(self.forget_due(), "forgetting").await;
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Follows what Featurebase has removed.
    async fn follow_removals(&self) -> Result<usize> {
        let now = self.clock.now();
        let redactions = self.store.redactions().await?;
        if redactions.is_empty() {
            return Ok(0);
        }
        let mut done = 0;
        for redaction in &redactions {
            let kept = self.store.kept_texts(&redaction.conversation).await?;
            let mut due = self.touched(redaction, &kept).await?;
            if now.since(redaction.told_at) < JUDGED_FIRST {
                due.retain(|message| !message.waits);
            }
            if due.is_empty()
                && !self
                    .store
                    .locks_conversation(&redaction.conversation)
                    .await?
            {
                continue;
            }
            let mut tx = self.store.writing().await?;
            let keys = tx.forget_conversation(&redaction.conversation).await?;
            if due.is_empty() && keys == 0 {
                continue;
            }
            let events: Vec<EventId> = due.iter().map(|message| message.event.clone()).collect();
            tx.forget_texts(&events).await?;
            let action = match redaction.part {
                Some(_) => Action::RedactedThere,
                None => Action::ConversationDeletedThere,
            };
            let entries = due.iter().map(|message| {
                Entry::new(action, now, json!({}))
                    .contact(&message.contact)
                    .conversation(&redaction.conversation)
                    .event(&message.event)
            });
            tx.record(entries.collect()).await?;
            tx.commit().await?;
            self.looks.to_scrub.store(true, Ordering::Relaxed);
            done += 1;
        }
        let mut tx = self.store.writing().await?;
        tx.drop_redactions(now.before(MAY_COME)).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// The messages whose events carry what was removed.
    async fn touched(&self, redaction: &Redaction, kept: &[OnRecord]) -> Result<Vec<OnRecord>> {
        let Some(part) = &redaction.part else {
            return Ok(kept.to_vec());
        };
        let ids: Vec<EventId> = kept.iter().map(|message| message.event.clone()).collect();
        let bodies = self.store.bodies(&ids).await?;
        let is_named = kept.iter().any(|message| message.part == *part);
        let is_touched = |message: &&OnRecord| {
            let apart = (message.sent_at.since(redaction.written_at))
                .max(redaction.written_at.since(message.sent_at));
            // The first message of a conversation may have come as its source, which has no id.
            let opened = !is_named && message.part == PartId::opening() && apart <= TWIN;
            let carried = bodies
                .get(&message.event)
                .is_some_and(|(_, body)| payload::carries(body, part));
            message.part == *part || opened || carried
        };
        Ok(kept.iter().filter(is_touched).cloned().collect())
    }

    /// Finishes what a person had erased: what had come in before and was filed after, and the files.
    async fn finish_erasures(&self) -> Result<usize> {
        let now = self.clock.now();
        let erasures = self.store.erasures().await?;
        let mut done = 0;
        for erasure in &erasures {
            let mut tx = self.store.writing().await?;
            tx.lock_contacts().await?;
            if tx.legal_hold(&erasure.contact).await?.is_some() {
                // What comes late is kept from now on; what is erased stays so.
                tx.end_erasure(erasure).await?;
                tx.commit().await?;
                self.looks.to_scrub.store(true, Ordering::Relaxed);
                continue;
            }
            if tx.erasure_waits(erasure, now).await? {
                continue;
            }
            let late = tx.forget_late(erasure).await?;
            if late.texts + late.parts > 0 {
                tx.record(vec![Entry::new(
                    Action::Erased,
                    now,
                    json!({ "reason": "it had come in before the order", "texts": late.texts, "parts": late.parts, "keys": late.keys }),
                )])
                .await?;
            }
            tx.renew_inbox_keys(now.before(INBOX_KEY)).await?;
            tx.commit().await?;
            if !self.store.scrub().await? {
                // Somebody reads from the log: it is emptied at the next look.
                continue;
            }
            let mut tx = self.store.writing().await?;
            tx.end_erasure(erasure).await?;
            tx.commit().await?;
            done += 1;
        }
        Ok(done)
    }

    /// Forgets what has become too old, and puts under lock what is from before there were keys.
    async fn forget_old(&self) -> Result<usize> {
        let now = self.clock.now();
        let keep = self.behaviour.keep;
        let mut tx = self.store.writing().await?;
        let destroyed = tx.renew_inbox_keys(now.before(INBOX_KEY)).await?
            + tx.forget_days(now.before(keep.texts_for)).await?;
        tx.commit().await?;
        if destroyed > 0 {
            self.looks.to_scrub.store(true, Ordering::Relaxed);
        }
        let mut steps = usize::from(destroyed > 0);
        for _ in 0..STEPS {
            let mut tx = self.store.writing().await?;
            let sealed = tx.seal_plain_bodies(PLAIN).await?;
            tx.commit().await?;
            if sealed == 0 {
                break;
            }
            steps += 1;
            tokio::time::sleep(BREATH).await;
        }
        let forgot = self.forget_texts_by_age().await?;
        let rows = self.forget_rows_by_age().await?;
        if forgot.texts + forgot.parts + rows > 0 {
            let mut tx = self.store.writing().await?;
            let detail = json!({ "texts": forgot.texts, "parts": forgot.parts, "rows": rows });
            tx.record(vec![Entry::new(Action::Forgotten, now, detail)])
                .await?;
            tx.commit().await?;
            steps += 1;
        }
        for _ in 0..STEPS {
            let mut tx = self.store.writing().await?;
            let whole = tx.sweep(now.before(RULES_LOOK_BACK)).await?;
            tx.commit().await?;
            if whole {
                break;
            }
            tokio::time::sleep(BREATH).await;
        }
        Ok(steps)
    }

    async fn forget_texts_by_age(&self) -> Result<Forgot> {
        let before = self.clock.now().before(self.behaviour.keep.texts_for);
        let mut all = Forgot::default();
        for _ in 0..STEPS {
            let mut tx = self.store.writing().await?;
            let Step { forgot, more } = tx.forget_old_texts(before).await?;
            tx.commit().await?;
            all.add(forgot);
            if !more {
                break;
            }
            tokio::time::sleep(BREATH).await;
        }
        Ok(all)
    }

    async fn forget_rows_by_age(&self) -> Result<u64> {
        let before = self.clock.now().before(self.behaviour.keep.record_for);
        let mut all = 0;
        for _ in 0..STEPS {
            let mut tx = self.store.writing().await?;
            let Some(bound) = tx.oldest_kept_row(before).await? else {
                break;
            };
            all += tx.forget_rows_below(bound).await?;
            tx.commit().await?;
            tokio::time::sleep(BREATH).await;
        }
        Ok(all)
    }
}
