//! Reads Featurebase's events. Its field names stop here; inside there are only our nouns.
//!
//! Facts from Featurebase's public documentation: an item is told by its own `object` (in the older payload version
//! `type`), never by the topic; unknown fields are ignored; unknown kinds of part are not messages.

mod item;
pub mod recovered;
mod surrogates;

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::message::{ConversationId, EventId, Message, PartId};
use crate::time::Timestamp;

/// Longest id that is taken for one, in bytes.
const MAX_ID: usize = 200;

/// Longest address handed on, in bytes.
const MAX_URL: usize = 2_000;

/// What an event turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A contact wrote something that is to be judged.
    Message(Box<Message>),
    /// A teammate answered.
    Answer {
        conversation: ConversationId,
        at: Timestamp,
    },
    /// Featurebase has removed what a part of a conversation said, or (without a part) a whole conversation.
    Removed {
        conversation: ConversationId,
        part: Option<PartId>,
        written_at: Timestamp,
    },
    /// Nothing we judge, and why not.
    Other(&'static str),
    /// Signed, but not understood, and why not.
    NotUnderstood(String),
}

/// An event, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub id: EventId,
    pub topic: String,
    pub what: What,
}

/// The id by which repeats of an event are told. A body without a usable id is known by its SHA-256.
#[must_use]
pub fn id_of(body: &[u8]) -> EventId {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        id: std::borrow::Cow<'a, str>,
    }
    match serde_json::from_slice::<Envelope<'_>>(body) {
        Ok(envelope) if is_id(&envelope.id) => EventId::new(envelope.id),
        _ => EventId::new(format!("sha256:{}", hex::encode(Sha256::digest(body)))),
    }
}

/// The conversation's address in Featurebase, where the event names one.
#[must_use]
pub fn conversation_url(body: &[u8]) -> Option<String> {
    let event: Value = serde_json::from_slice(body).ok()?;
    let url = event.get("conversationUrl")?.as_str()?;
    let safe = url.starts_with("https://") && url.len() <= MAX_URL;
    (safe && url.bytes().all(|b| b.is_ascii_graphic())).then(|| url.to_owned())
}

/// Whether an event carries this part of a conversation, as what it is about or among others.
#[must_use]
pub fn carries(body: &[u8], part: &PartId) -> bool {
    let Ok(event) = parse(body) else {
        return false;
    };
    let Some(item) = event.pointer("/data/item") else {
        return false;
    };
    let is_it = |value: &Value| item::id(value, "id").is_ok_and(|id| id == part.as_str());
    let is_part = item::object_of(item) == Some("conversation_part");
    (is_part && is_it(item)) || item::parts_of(item).is_some_and(|parts| parts.iter().any(is_it))
}

/// Reads a body whose signature was verified.
#[must_use]
pub fn read(body: &[u8], received_at: Timestamp) -> Event {
    let id = id_of(body);
    let (topic, what) = match parse(body) {
        Ok(event) => read_event(&id, &event, received_at),
        Err(error) => (
            String::new(),
            What::NotUnderstood(format!("not JSON: {error}")),
        ),
    };
    Event {
        id,
        topic: plain(&topic),
        what: match what {
            What::NotUnderstood(why) => What::NotUnderstood(plain(&why)),
            what => what,
        },
    }
}

/// Half an emoji, as careless software writes it, must not keep a message from being judged: it becomes `\u{fffd}`.
fn parse(body: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(body).or_else(|error| match surrogates::mended(body) {
        Some(mended) => serde_json::from_slice(&mended),
        None => Err(error),
    })
}

fn read_event(id: &EventId, event: &Value, received_at: Timestamp) -> (String, What) {
    let Some(topic) = event.get("topic").and_then(Value::as_str) else {
        return (
            String::new(),
            What::NotUnderstood("there is no `topic`".to_owned()),
        );
    };
    let read = match topic {
        "conversation.user.created"
        | "conversation.user.replied"
        | "conversation.admin.replied"
        | "conversation_part.redacted"
        | "conversation.deleted" => item::read(id, topic, event, received_at),
        _ => Ok(What::Other("a topic that is not judged")),
    };
    (topic.to_owned(), read.unwrap_or_else(What::NotUnderstood))
}

fn is_id(text: &str) -> bool {
    (1..=MAX_ID).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

/// Text fit for a log and for a database that keeps no NUL.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(MAX_ID)
        .collect()
}
