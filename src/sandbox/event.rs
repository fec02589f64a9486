//! Events as Featurebase words and signs them.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::inbox::{Draft, admin_part, new_conversation, part_of};
use super::model::{Author, Conversation, PartKind};
use super::workspace::{Workspace, event_id, object_id};
use crate::message::ContactKind;
use crate::time::{Clock, Timestamp};

/// The organisation every sandbox is.
const ORGANIZATION: &str = "5febde12dc56d60012d47db6";

/// The conversation topics the sandbox makes events of, by name.
pub(super) mod topic {
    use crate::sandbox::model::InboxState;

    pub const USER_CREATED: &str = "conversation.user.created";
    pub const USER_REPLIED: &str = "conversation.user.replied";
    pub const ADMIN_REPLIED: &str = "conversation.admin.replied";
    pub const ADMIN_NOTED: &str = "conversation.admin.noted";
    pub const ADMIN_CLOSED: &str = "conversation.admin.closed";
    pub const ADMIN_OPENED: &str = "conversation.admin.opened";
    pub const ADMIN_SNOOZED: &str = "conversation.admin.snoozed";
    pub const PART_REDACTED: &str = "conversation_part.redacted";
    pub const DELETED: &str = "conversation.deleted";

    pub const fn of_state(state: InboxState) -> &'static str {
        match state {
            InboxState::Open => ADMIN_OPENED,
            InboxState::Closed => ADMIN_CLOSED,
            InboxState::Snoozed => ADMIN_SNOOZED,
        }
    }
}

/// Every topic a webhook can ask for.
pub(super) const TOPICS: &[&str] = &[
    topic::USER_CREATED,
    topic::USER_REPLIED,
    topic::ADMIN_REPLIED,
    topic::ADMIN_NOTED,
    topic::ADMIN_CLOSED,
    topic::ADMIN_OPENED,
    topic::ADMIN_SNOOZED,
    topic::PART_REDACTED,
    "conversation.admin.assigned",
    "conversation.admin.unsnoozed",
    "conversation.handover_requested",
    "conversation.priority.updated",
    topic::DELETED,
    "conversation.contact.attached",
    "conversation.contact.detached",
    "conversation.read",
    "post.created",
    "post.updated",
    "post.deleted",
    "post.voted",
    "comment.created",
    "comment.updated",
    "comment.deleted",
    "ticket.created",
    "ticket.updated",
    "ticket.deleted",
    "changelog.published",
    "audit_log.created",
];

crate::vocabulary! {
    /// What `conversation.user.created` carries. Featurebase does not say, so a receiver must take both.
    ItemShape {
        /// The whole conversation; the message is its source.
        Conversation = "conversation",
        /// The opening message as a part.
        Part = "part",
    }
}

impl ItemShape {
    pub(super) fn item(self, part: &str) -> Item {
        match self {
            Self::Conversation => Item::Conversation,
            Self::Part => Item::Part(part.to_owned()),
        }
    }
}

crate::vocabulary! {
    /// The version a webhook's payloads are written in.
    PayloadVersion {
        Nova = "2026-01-01.nova",
        /// Says `type` where nova says `object`.
        Clover = "2025-12-12.clover",
    }
}

/// What an event is about: its conversation, or one part of it.
pub(super) enum Item {
    Conversation,
    Part(String),
}

/// One event for one webhook. The item is kept as it was when the event was made.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub id: String,
    pub topic: String,
    webhook: String,
    version: PayloadVersion,
    conversation: u64,
    item: Value,
    created: Timestamp,
}

impl Event {
    /// The body as it is sent, with this `deliveryStatus`.
    pub fn body(&self, delivery_status: &str) -> Value {
        let id = self.conversation.to_string();
        let url = format!("https://acme.featurebase.app/dashboard/inbox/{id}");
        let body = json!({
            "object": "notification_event",
            "id": self.id,
            "topic": self.topic,
            "organizationId": ORGANIZATION,
            "webhookId": self.webhook,
            "createdAt": self.created.to_string(),
            "deliveryStatus": delivery_status,
            "conversationId": id,
            "conversationUrl": url,
            "data": {
                "object": "notification_event_data",
                "item": self.item,
                "changes": [],
            },
        });
        match self.version {
            PayloadVersion::Nova => body,
            PayloadVersion::Clover => in_clover(body),
        }
    }
}

impl Workspace {
    /// Makes an event for each active webhook that asked for the topic, and queues it.
    pub fn announce(
        &mut self,
        topic: &str,
        conversation: u64,
        item: &Item,
        now: Timestamp,
    ) -> Vec<String> {
        let Some(item) = self.item_json(conversation, item) else {
            return Vec::new();
        };
        let subscribed: Vec<(String, PayloadVersion)> = self
            .webhooks
            .iter()
            .filter(|webhook| webhook.wants(topic))
            .map(|webhook| (webhook.id.clone(), webhook.version))
            .collect();
        let mut ids = Vec::new();
        for (webhook, version) in subscribed {
            let event = Event {
                id: self.new_event_id(now),
                topic: topic.to_owned(),
                webhook: webhook.clone(),
                version,
                conversation,
                item: item.clone(),
                created: now,
            };
            self.outbox
                .push_new(&event.id, &webhook, now, &mut self.rng);
            ids.push(event.id.clone());
            self.events.insert(event.id.clone(), event);
        }
        ids
    }

    fn item_json(&self, conversation: u64, item: &Item) -> Option<Value> {
        let conversation = self.conversations.get(&conversation)?;
        match item {
            Item::Conversation => Some(conversation.json(self.is_with_blocked(conversation))),
            Item::Part(id) => {
                let part = conversation.parts.iter().find(|part| part.id == *id)?;
                Some(part.json())
            }
        }
    }
}

/// Signs a body as Featurebase does: lower-case hex of HMAC-SHA256 over `timestamp.body`, keyed with the whole
/// secret, its `whsec_` included. `timestamp` is the header's text, Unix seconds.
#[must_use]
pub fn sign(secret: &str, timestamp: &str, body: &[u8]) -> String {
    // HMAC takes a key of any length; the error is part of an interface it shares.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// One ready-made event in which a contact of this kind wrote `text`, as the bytes to sign and send. Not tied to a
/// running sandbox: every id is new, and the contact's too unless it is given. Topics of teammates carry a
/// teammate's message; `conversation.user.created` carries the conversation, every other topic one part.
#[must_use]
pub fn sample_event(
    topic: &str,
    text: &str,
    as_kind: ContactKind,
    contact: Option<&str>,
    clock: &Clock,
) -> Vec<u8> {
    let mut rng = fastrand::Rng::new();
    let now = clock.now();
    let id = contact.map_or_else(|| object_id(&mut rng, now), ToOwned::to_owned);
    let author = Author {
        id: Some(id),
        kind: as_kind.into(),
        name: Some(format!("Sample {as_kind}")),
        email: None,
    };
    let conversation = sample_conversation(topic, text, author, &mut rng, now);
    let item = match (topic, conversation.parts.last()) {
        (topic::USER_CREATED, _) | (_, None) => conversation.json(false),
        (_, Some(part)) => part.json(),
    };
    let event = Event {
        id: event_id(&mut rng, 0, now),
        topic: topic.to_owned(),
        webhook: object_id(&mut rng, now),
        version: PayloadVersion::Nova,
        conversation: conversation.number,
        item,
        created: now,
    };
    event.body("pending").to_string().into_bytes()
}

fn sample_conversation(
    topic: &str,
    text: &str,
    author: Author,
    rng: &mut fastrand::Rng,
    now: Timestamp,
) -> Conversation {
    let number = rng.u64(1_000_000_000..10_000_000_000);
    let said = part_of(&Draft::markdown(text), author.clone(), now);
    if topic == topic::USER_CREATED {
        return new_conversation(number, author, said);
    }
    let by_admin = topic.starts_with("conversation.admin.");
    let greeting = admin_part(PartKind::Admin, super::ADMIN, "How can we help?", now);
    let mut conversation = new_conversation(number, author, greeting);
    let mut part = if by_admin {
        admin_part(PartKind::Admin, super::ADMIN, text, now)
    } else {
        said
    };
    "2".clone_into(&mut part.id);
    conversation.outreach = true;
    conversation.parts.push(part);
    conversation
}

fn in_clover(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let has_type = fields.contains_key("type");
            let renamed: Map<String, Value> = fields
                .into_iter()
                .map(|(name, value)| match name.as_str() {
                    "object" if !has_type => ("type".to_owned(), value),
                    _ => (name, in_clover(value)),
                })
                .collect();
            Value::Object(renamed)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(in_clover).collect()),
        other => other,
    }
}
