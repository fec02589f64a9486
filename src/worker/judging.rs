//! From a message to a decision: facts, the judge, the last word, the record; all of a batch in one transaction.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};

use super::{Worker, follow};
use crate::decision::{Decision, Facts, Restraint, Stage, Verdict};
use crate::message::{EventId, Message};
use crate::payload::{self, What};
use crate::rules::Rulebook;
use crate::store::Result;
use crate::store::audit::{Action, Entry};
use crate::store::book_hits::BookHits;
use crate::store::hits::Hits;
use crate::store::holds::Hold;
use crate::store::jobs::{Job, Lease, NewJob};
use crate::time::Timestamp;

/// Most messages judged in one transaction.
const BATCH: i64 = 64;
/// A message claimed more often than this has taken a worker down each time; it is flagged instead of judged.
pub(super) const MOST_ATTEMPTS: i64 = 3;

/// What came of one batch.
#[derive(Default)]
struct Judged {
    decided: Vec<(Message, Decision)>,
    /// Events whose text is no longer there.
    unreadable: Vec<EventId>,
    /// What takes the place of judging, where that hinges on a sender not looked up yet.
    look_ups: Vec<NewJob>,
}

impl Worker {
    /// Files a batch and judges what it brought. Gives its size. Without a rulebook messages wait.
    pub(super) async fn file_and_judge(&self) -> Result<usize> {
        if self.store.is_tight() {
            return Ok(0);
        }
        let Some(book) = self.book.borrow().clone() else {
            return Ok(self.file_inbox(None).await?.taken);
        };
        let lease = Lease::new(self.clock.now(), self.behaviour.lease);
        let filed = self.file_inbox(Some(&lease)).await?;
        if !filed.work.is_empty() {
            let judged = self.judge(&lease, filed.work, Vec::new(), &book).await;
            self.or_release(&lease, judged).await?;
        }
        Ok(filed.taken)
    }

    /// Judges messages that were filed while there was no rulebook, or whose worker died, one batch. Gives its size.
    pub(super) async fn judge_due(&self) -> Result<usize> {
        if self.store.is_tight() {
            return Ok(0);
        }
        self.mind_the_clock().await?;
        let Some(book) = self.book.borrow().clone() else {
            return Ok(0);
        };
        let lease = Lease::new(self.clock.now(), self.behaviour.lease);
        let mut tx = self.store.writing().await?;
        let jobs = tx.claim_judging(&lease, BATCH).await?;
        if jobs.is_empty() {
            return Ok(0);
        }
        tx.commit().await?;
        let claimed = jobs.len();
        let ids: Vec<EventId> = jobs
            .iter()
            .map(|job| EventId::new(job.subject.clone()))
            .collect();
        let bodies = self.store.bodies(&ids).await?;
        let (mut work, mut unreadable) = (Vec::new(), Vec::new());
        for (job, id) in jobs.into_iter().zip(ids) {
            match message_of(&bodies, &id) {
                Some(message) => work.push((job, message)),
                None => unreadable.push(id),
            }
        }
        let judged = self.judge(&lease, work, unreadable, &book).await;
        self.or_release(&lease, judged).await?;
        Ok(claimed)
    }

    /// A store in trouble is not the messages' fault: their attempt does not count.
    async fn or_release(&self, lease: &Lease, judged: Result<()>) -> Result<()> {
        if judged.is_err() {
            let mut tx = self.store.writing().await?;
            tx.release(&lease.owner).await?;
            tx.commit().await?;
        }
        judged
    }

    async fn judge(
        &self,
        lease: &Lease,
        work: Vec<(Job, Message)>,
        unreadable: Vec<EventId>,
        book: &Rulebook,
    ) -> Result<()> {
        let messages: Vec<Message> = work.iter().map(|(_, message)| message.clone()).collect();
        let facts = self.store.facts(&messages, book.wanted()).await?;
        let (ready, look_ups) = self.with_profiles(work, facts, book).await?;
        let waits = !look_ups.is_empty();
        let decided = ready
            .into_iter()
            .map(|(job, message, facts)| {
                let decision = self.judge_safely(&job, book, &message, &facts);
                (message, decision)
            })
            .collect();
        let verdicts = self
            .write_down(
                lease,
                Judged {
                    decided,
                    unreadable,
                    look_ups,
                },
                book,
            )
            .await?;
        for verdict in &verdicts {
            self.metrics.decided(verdict.as_str());
        }
        if waits || verdicts.iter().any(|verdict| *verdict != Verdict::Clean) {
            self.wake.acting.notify_one();
            self.wake.telling.notify_one();
        }
        Ok(())
    }

    /// What the judge says; nothing where it panics.
    pub(super) fn judge_once(
        &self,
        book: &Rulebook,
        message: &Message,
        facts: &Facts,
    ) -> Option<Decision> {
        let judge = self.behaviour.judge;
        catch_unwind(AssertUnwindSafe(|| judge(book, message, facts))).ok()
    }

    /// A message that makes the judge panic, or has taken workers down, is flagged; nobody is blocked for it.
    fn judge_safely(
        &self,
        job: &Job,
        book: &Rulebook,
        message: &Message,
        facts: &Facts,
    ) -> Decision {
        let tried = job.attempts <= MOST_ATTEMPTS;
        let judged = tried.then(|| self.judge_once(book, message, facts));
        let mut decision = judged.flatten().unwrap_or_else(|| {
            tracing::error!(event = %message.event, "judging this message failed; it is flagged, and nobody is blocked for it");
            self.metrics.judge_failures.inc();
            failed_decision(book, facts, tried)
        });
        if message.event.is_recovered() && decision.verdict == Verdict::Block {
            decision.restrain(
                Verdict::Hold,
                Restraint::Recovered,
                "the message was never delivered and was found later: a person decides",
            );
        }
        match self.behaviour.mode {
            Stage::Hold if decision.verdict == Verdict::Block => {
                decision.restrain(
                    Verdict::Hold,
                    Restraint::Mode,
                    "the bouncer runs in mode hold: a person decides",
                );
            }
            Stage::Observe if decision.verdict != Verdict::Clean => {
                decision.restrain(
                    Verdict::Clean,
                    Restraint::Mode,
                    "the bouncer runs in mode observe: it is only written down",
                );
            }
            Stage::Hold | Stage::Observe | Stage::Enforce => {}
        }
        decision
    }

    async fn write_down(
        &self,
        lease: &Lease,
        judged: Judged,
        book: &Rulebook,
    ) -> Result<Vec<Verdict>> {
        let now = self.clock.now();
        let mut tx = self.store.writing().await?;
        if judged
            .decided
            .iter()
            .any(|(_, decision)| follow::deals_with_contacts(decision))
        {
            tx.lock_contacts().await?;
        }
        let claimed = judged.decided.len() + judged.unreadable.len() + judged.look_ups.len();
        if tx.settle_all(&lease.owner).await? != u64::try_from(claimed).unwrap_or(u64::MAX) {
            tracing::warn!(
                "a batch of judgements came too late: somebody else has taken messages of it over"
            );
            return Ok(Vec::new());
        }
        let mut entries: Vec<Entry> = judged
            .unreadable
            .iter()
            .map(|event| unreadable(event, now))
            .collect();
        let (mut holds, mut verdicts) = (Vec::new(), Vec::new());
        let (mut hits, mut of_books) = (Hits::default(), BookHits::default());
        for (message, mut decision) in judged.decided {
            let note = self.follow(&mut tx, &message, &mut decision, book).await?;
            if decision.verdict == Verdict::Hold {
                holds.push(hold_of(&message, &decision, now));
            }
            hits.count(&decision);
            of_books.count(&decision);
            if decision.verdict == Verdict::Block && note.is_none() {
                hits.asked(&decision);
            }
            verdicts.push(decision.verdict);
            entries.push(entry_of(&message, &decision, note, now));
        }
        tx.record(entries).await?;
        tx.add_holds(holds).await?;
        tx.add_jobs(judged.look_ups, now).await?;
        tx.add_hits(hits, now).await?;
        tx.add_book_hits(of_books).await?;
        tx.commit().await?;
        Ok(verdicts)
    }
}

fn message_of(bodies: &HashMap<EventId, (Timestamp, Vec<u8>)>, id: &EventId) -> Option<Message> {
    let (received_at, body) = bodies.get(id)?;
    match payload::read(body, *received_at).what {
        What::Message(message) => Some(*message),
        _ => None,
    }
}

fn failed_decision(book: &Rulebook, facts: &Facts, panicked: bool) -> Decision {
    let mut decision = Decision {
        verdict: Verdict::Flag,
        asked: Verdict::Flag,
        findings: Vec::new(),
        points: 0,
        restrained: Vec::new(),
        facts: facts.clone(),
        book: book.digest().clone(),
    };
    let because = if panicked {
        "the judge failed on this message"
    } else {
        "the program stopped several times while judging this message"
    };
    decision.restrain(Verdict::Flag, Restraint::JudgeFailed, because);
    decision
}

/// In doubt nobody is blocked: the event is flagged.
fn unreadable(event: &EventId, now: Timestamp) -> Entry {
    tracing::error!(%event, "the text of a message to judge is no longer there; it is flagged");
    Entry {
        verdict: Some(Verdict::Flag.as_str()),
        ..Entry::new(
            Action::Decided,
            now,
            json!({ "unreadable": "the text is no longer there" }),
        )
        .event(event)
    }
}

pub(super) fn rules_of(decision: &Decision) -> String {
    let ids: Vec<&str> = decision
        .findings
        .iter()
        .map(|finding| finding.rule.0.as_str())
        .collect();
    ids.join(" ")
}

fn hold_of(message: &Message, decision: &Decision, now: Timestamp) -> Hold {
    let because: Vec<&str> = decision
        .restrained
        .iter()
        .map(|restrained| restrained.because.as_str())
        .collect();
    Hold {
        event: message.event.clone(),
        contact: message.from.id.clone(),
        conversation: message.conversation.clone(),
        held_at: now,
        rules: rules_of(decision),
        because: because.join("; "),
    }
}

/// Takes out of a decision what tells of the text and of the sender: the words that matched, and what was looked up.
fn personal_part(detail: &mut Value) -> Value {
    let mut private = serde_json::Map::new();
    let findings = detail.get_mut("findings").and_then(Value::as_array_mut);
    let evidence: Vec<Value> = findings
        .into_iter()
        .flatten()
        .map(|finding| {
            let evidence = finding
                .as_object_mut()
                .and_then(|fields| fields.remove("evidence"));
            json!({ "evidence": evidence.unwrap_or(Value::Null) })
        })
        .collect();
    if !evidence.is_empty() {
        private.insert("findings".to_owned(), Value::Array(evidence));
    }
    let facts = detail.get_mut("facts").and_then(Value::as_object_mut);
    if let Some(profile) = facts.and_then(|facts| facts.remove("profile")) {
        private.insert("facts".to_owned(), json!({ "profile": profile }));
    }
    if private.is_empty() {
        return Value::Null;
    }
    Value::Object(private)
}

fn entry_of(message: &Message, decision: &Decision, note: Option<String>, now: Timestamp) -> Entry {
    let mut detail = serde_json::to_value(decision).unwrap_or(Value::Null);
    if let (Some(note), Some(detail)) = (note, detail.as_object_mut()) {
        detail.insert("note".to_owned(), json!(note));
    }
    if let (true, Some(detail)) = (message.event.is_recovered(), detail.as_object_mut()) {
        detail.insert("recovered".to_owned(), json!(true));
    }
    let private = personal_part(&mut detail);
    let entry = Entry::new(Action::Decided, now, detail)
        .private(private)
        .contact(&message.from.id)
        .conversation(&message.conversation)
        .event(&message.event);
    Entry {
        verdict: Some(decision.verdict.as_str()),
        rules: (!decision.findings.is_empty()).then(|| rules_of(decision)),
        ..entry
    }
}
