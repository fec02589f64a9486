//! From the inbox to evidence: each event is read, filed once, and where it brought a new message, a job to judge it.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::json;

use super::Worker;
use crate::fingerprint::Fingerprint;
use crate::message::{ConversationId, EventId, Message};
use crate::payload::{self, Event, What};
use crate::rules::{self, search::words_of};
use crate::store::audit::{Action, Entry};
use crate::store::events::{EventKind, EventRow, MessageKey};
use crate::store::inbox::Delivery;
use crate::store::jobs::{AT_ONCE, Job, Lease, NewJob, Task};
use crate::store::redactions::Redaction;
use crate::store::words::Forms;
use crate::store::{Result, Writing};
use crate::time::Timestamp;

/// Most events filed in one transaction.
const BATCH: i64 = 64;

/// What came of one batch.
#[derive(Debug, Default)]
pub(super) struct Filed {
    /// How many were taken from the inbox.
    pub taken: usize,
    /// Messages to judge, claimed under the lease.
    pub work: Vec<(Job, Message)>,
    kinds: Vec<EventKind>,
}

impl Worker {
    /// Files what waits in the inbox, one batch. With a lease, messages to judge are claimed under it as they are filed.
    pub(super) async fn file_inbox(&self, lease: Option<&Lease>) -> Result<Filed> {
        let ahead = self.store.inbox_ahead(BATCH).await?;
        if ahead.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Filed::default());
        }
        let ahead: HashMap<EventId, Read> = ahead
            .into_iter()
            .flatten()
            .map(|delivery| (delivery.event.clone(), Read::of(&delivery)))
            .collect();
        let mut tx = self.store.writing().await?;
        let deliveries = tx.take_inbox(BATCH).await?;
        if deliveries.is_empty() {
            return Ok(Filed::default());
        }
        let taken = deliveries.len();
        let filed = file(&mut tx, deliveries, ahead, lease, self.clock.now()).await?;
        tx.commit().await?;
        for kind in &filed.kinds {
            self.metrics.filed(kind.as_str());
        }
        let repeated = taken - filed.kinds.len();
        self.metrics
            .events_repeated
            .inc_by(u64::try_from(repeated).unwrap_or(0));
        Ok(Filed { taken, ..filed })
    }
}

/// An event as it was understood.
struct Read {
    event: Event,
    fingerprint: Option<Fingerprint>,
    words: Forms,
}

impl Read {
    fn of(delivery: &Delivery) -> Self {
        let event = payload::read(&delivery.body, delivery.received_at);
        let (fingerprint, words) = match &event.what {
            // A text that cannot be read is judged by itself alone, and not found by its words; filing goes on.
            What::Message(message) => {
                let looked = || (rules::fingerprint(message), words_of(message));
                catch_unwind(AssertUnwindSafe(looked)).unwrap_or_default()
            }
            _ => (None, Forms::new()),
        };
        Self {
            event,
            fingerprint,
            words,
        }
    }

    fn key(&self) -> Option<MessageKey> {
        let What::Message(message) = &self.event.what else {
            return None;
        };
        Some(MessageKey {
            conversation: message.conversation.clone(),
            part: message.part.clone(),
            event: self.event.id.clone(),
            contact: message.from.id.clone(),
            sent_at: message.sent_at,
            fingerprint: self.fingerprint,
        })
    }
}

/// What a batch tells besides messages.
#[derive(Default)]
struct Besides {
    answers: Vec<(ConversationId, Timestamp)>,
    removed: Vec<Redaction>,
}

impl Besides {
    fn hear(&mut self, what: &What, now: Timestamp) {
        match what {
            What::Answer { conversation, at } => self.answers.push((conversation.clone(), *at)),
            What::Removed {
                conversation,
                part,
                written_at,
            } => self.removed.push(Redaction {
                conversation: conversation.clone(),
                part: part.clone(),
                written_at: *written_at,
                told_at: now,
            }),
            _ => {}
        }
    }

    /// In one order everywhere, so that two replicas cannot wait for each other.
    async fn note(mut self, tx: &mut Writing) -> Result<()> {
        self.answers.sort();
        for (conversation, at) in &self.answers {
            tx.note_answer(conversation, *at).await?;
        }
        self.removed.sort();
        tx.note_redactions(&self.removed).await
    }
}

async fn file(
    tx: &mut Writing,
    deliveries: Vec<Delivery>,
    mut ahead: HashMap<EventId, Read>,
    lease: Option<&Lease>,
    now: Timestamp,
) -> Result<Filed> {
    let ids: Vec<EventId> = deliveries
        .iter()
        .map(|delivery| delivery.event.clone())
        .collect();
    let unknown = tx.unknown_events(&ids).await?;
    let new: Vec<(Delivery, Read)> = deliveries
        .into_iter()
        .filter(|delivery| unknown.contains(&delivery.event))
        .map(|delivery| {
            let read = ahead.remove(&delivery.event);
            let read = read.unwrap_or_else(|| Read::of(&delivery));
            (delivery, read)
        })
        .collect();
    let keys: Vec<MessageKey> = new.iter().filter_map(|(_, read)| read.key()).collect();
    let repeats = tx.register_messages(&keys).await?;
    let (mut rows, mut entries) = (Vec::new(), Vec::new());
    let (mut messages, mut besides) = (Vec::new(), Besides::default());
    let mut words = Vec::new();
    for (delivery, read) in new {
        let event = read.event;
        besides.hear(&event.what, now);
        let row = row_of(&delivery, &event, &repeats);
        entries.push(entries_of(&row, now));
        if let (EventKind::Message, What::Message(message)) = (row.kind, event.what) {
            words.push((row.event.clone(), read.words));
            messages.push(*message);
        }
        rows.push(row);
    }
    besides.note(tx).await?;
    tx.note_senders(messages.iter().map(|message| &message.from.id), now)
        .await?;
    let kinds = rows.iter().map(|row| row.kind).collect();
    let commitments = tx.file_events(rows).await?;
    for (entries, commitment) in entries.iter_mut().zip(commitments) {
        commit_to(entries, &commitment);
    }
    tx.record(entries.into_iter().flatten().collect()).await?;
    tx.keep_words(words).await?;
    let jobs = messages.iter().map(judging_of).collect();
    let work = if let Some(lease) = lease {
        let jobs = tx.add_claimed_jobs(jobs, lease).await?;
        jobs.into_iter().zip(messages).collect()
    } else {
        tx.add_jobs(jobs, now).await?;
        Vec::new()
    };
    Ok(Filed {
        taken: 0,
        work,
        kinds,
    })
}

/// The record commits to the event as it was sent.
fn commit_to(entries: &mut [Entry], commitment: &str) {
    let received = entries.first_mut();
    if let Some(detail) = received.and_then(|entry| entry.detail.as_object_mut()) {
        detail.insert("evidence".to_owned(), json!(commitment));
    }
}

fn judging_of(message: &Message) -> NewJob {
    NewJob {
        task: Task::Judge,
        subject: message.event.as_str().to_owned(),
        detail: String::new(),
        run_at: AT_ONCE,
    }
}

fn row_of(delivery: &Delivery, event: &Event, repeats: &HashMap<EventId, EventId>) -> EventRow {
    let mut row = EventRow {
        event: event.id.clone(),
        topic: event.topic.clone(),
        kind: EventKind::Other,
        received_at: delivery.received_at,
        conversation: None,
        part: None,
        contact: None,
        same_as: None,
        note: None,
        body: Some(delivery.body.to_vec()),
    };
    match &event.what {
        What::Message(message) => {
            row.same_as = repeats.get(&row.event).cloned();
            row.kind = if row.same_as.is_some() {
                EventKind::Repeat
            } else {
                EventKind::Message
            };
            row.contact = Some(message.from.id.clone());
            row.conversation = Some(message.conversation.clone());
            row.part = Some(message.part.clone());
        }
        What::Answer { conversation, .. } => {
            row.kind = EventKind::Answer;
            row.conversation = Some(conversation.clone());
        }
        What::Removed { conversation, .. } => {
            row.conversation = Some(conversation.clone());
            row.note = Some("what it tells of was removed at Featurebase".to_owned());
        }
        What::Other(why) => row.note = Some((*why).to_owned()),
        What::NotUnderstood(why) => {
            tracing::warn!(event = %row.event, %why, "a signed event was not understood; it is kept");
            row.kind = EventKind::NotUnderstood;
            row.note = Some(why.clone());
        }
    }
    row
}

/// `received`, and for a message that another event brought before, the decision that links the two.
fn entries_of(row: &EventRow, now: Timestamp) -> Vec<Entry> {
    let about = |entry: Entry| Entry {
        contact: row.contact.clone(),
        conversation: row.conversation.clone(),
        ..entry.event(&row.event)
    };
    let mut detail = json!({ "topic": row.topic, "kind": row.kind });
    if let (Some(note), Some(detail)) = (&row.note, detail.as_object_mut()) {
        detail.insert("note".to_owned(), json!(note));
    }
    if let (true, Some(detail)) = (row.event.is_recovered(), detail.as_object_mut()) {
        detail.insert("recovered".to_owned(), json!(true));
    }
    let mut entries = vec![about(Entry::new(Action::Received, row.received_at, detail))];
    let judged_topic = row.topic.starts_with("conversation.user.");
    if row.kind == EventKind::NotUnderstood && judged_topic {
        // In doubt nobody is blocked, and nobody is overlooked either.
        let flagged = Entry::new(Action::Decided, now, json!({ "unreadable": row.note }));
        entries.push(Entry {
            verdict: Some("flag"),
            ..about(flagged)
        });
    }
    if let Some(first) = &row.same_as {
        let linked = Entry::new(Action::Decided, now, json!({ "same_message_as": first }));
        entries.push(Entry {
            verdict: Some("repeat"),
            ..about(linked)
        });
    }
    entries
}
