//! Messages that were never delivered, found in a conversation that was fetched: made into bodies that [`read`]
//! understands, under ids of our own making.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::item::{contact_kind, id, parts_of, text};
use super::{What, id_of, read};
use crate::message::{ConversationId, EventId, PartId};
use crate::time::Timestamp;

/// A conversation's first message may stand twice in it, as its source and as a part, and their times may differ by so many
/// milliseconds.
const TWIN_MILLIS: i64 = 2_000;

/// What a fetched conversation holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// Messages of contacts that are not on file, oldest first.
    pub missed: Vec<Missed>,
    /// How many messages of contacts in the time asked for were delivered.
    pub delivered: u64,
    /// How many were found before.
    pub found_before: u64,
    /// When a teammate first answered.
    pub answered_at: Option<Timestamp>,
}

/// One message that was never delivered, as an event of our own making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    pub event: EventId,
    pub sent_at: Timestamp,
    pub body: Vec<u8>,
}

/// Looks through a conversation for messages written from `from` on and before `until`. `known` are the messages on file, each with the
/// event that brought it.
#[must_use]
pub fn find(
    conversation: &ConversationId,
    whole: &Value,
    known: &BTreeMap<PartId, EventId>,
    (from, until): (Timestamp, Timestamp),
) -> Found {
    let parts: Vec<&Value> = parts_of(whole).into_iter().flatten().collect();
    let twin = twin_of_source(whole, &parts);
    let mut found = Found {
        answered_at: answered_at(&parts),
        ..Found::default()
    };
    let mut consider = |part: PartId, also: Option<PartId>, topic: &str, item: &Value| {
        let event = EventId::recovered(conversation, &part);
        let body = body_of(&event, conversation, topic, item);
        let Some(sent_at) = sent_at(&event, &body).filter(|at| (from..until).contains(at)) else {
            return;
        };
        match known.get(&part).or_else(|| known.get(&also?)) {
            Some(first) if first.is_recovered() => found.found_before += 1,
            Some(_) => found.delivered += 1,
            None => found.missed.push(Missed {
                event,
                sent_at,
                body,
            }),
        }
    };
    let also = twin.and_then(|twin| id(twin, "id").ok()).map(PartId::new);
    consider(
        PartId::opening(),
        also,
        "conversation.user.created",
        &without_parts(whole),
    );
    for part in parts {
        if twin.is_some_and(|twin| std::ptr::eq(twin, part)) {
            continue;
        }
        if let Ok(part_id) = id(part, "id") {
            let topic = "conversation.user.replied";
            consider(PartId::new(part_id), None, topic, part);
        }
    }
    found.missed.sort_by_key(|missed| missed.sent_at);
    found
}

/// When a message was written, if the body is understood as one, under the very id it was given.
fn sent_at(event: &EventId, body: &[u8]) -> Option<Timestamp> {
    if id_of(body) != *event {
        return None;
    }
    match read(body, Timestamp::from_millis(i64::MAX)).what {
        What::Message(message) => Some(message.sent_at),
        _ => None,
    }
}

fn body_of(event: &EventId, conversation: &ConversationId, topic: &str, item: &Value) -> Vec<u8> {
    let body = json!({
        "object": "notification_event",
        "id": event,
        "topic": topic,
        "recovered": true,
        "createdAt": item.get("createdAt"),
        "conversationId": conversation,
        "data": { "object": "notification_event_data", "item": item },
    });
    body.to_string().into_bytes()
}

fn without_parts(whole: &Value) -> Value {
    let mut item = whole.clone();
    if let Some(fields) = item.as_object_mut() {
        fields.remove("conversationParts");
    }
    item
}

/// The part that is the conversation's source once more: by the same author, and of the same words or at the same moment.
fn twin_of_source<'p>(whole: &Value, parts: &[&'p Value]) -> Option<&'p Value> {
    let source = whole.get("source")?;
    let author = source.pointer("/author/id").and_then(Value::as_str);
    let opened = whole.get("createdAt").and_then(moment);
    let same_words = |part: &Value| {
        ["bodyMarkdown", "bodyHtml"].iter().any(|key| {
            let words = text(source, key).filter(|words| !words.is_empty());
            words.is_some() && words == text(part, key)
        })
    };
    let same_moment = |part: &Value| {
        let at = part.get("createdAt").and_then(moment);
        opened
            .zip(at)
            .is_some_and(|(a, b)| (a.millis() - b.millis()).abs() <= TWIN_MILLIS)
    };
    let first = parts
        .iter()
        .copied()
        .filter(|part| is_message(part) && part.get("author").and_then(contact_kind).is_some())
        .min_by_key(|part| part.get("createdAt").and_then(moment))?;
    let by_same = author
        .is_none_or(|author| first.pointer("/author/id").and_then(Value::as_str) == Some(author));
    (by_same && (same_words(first) || same_moment(first))).then_some(first)
}

fn is_message(part: &Value) -> bool {
    matches!(text(part, "partType"), Some("user_msg" | "email_msg"))
}

fn answered_at(parts: &[&Value]) -> Option<Timestamp> {
    let answers = parts.iter().filter(|part| {
        let by = part.pointer("/author/type").and_then(Value::as_str);
        by == Some("admin") && matches!(text(part, "partType"), Some("admin_msg" | "email_msg"))
    });
    answers
        .filter_map(|part| part.get("createdAt").and_then(moment))
        .min()
}

fn moment(value: &Value) -> Option<Timestamp> {
    Timestamp::parse(value.as_str()?)
}
