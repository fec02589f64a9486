//! The item of a conversation event: a whole conversation, or one part of it.

use serde_json::Value;

use super::{What, is_id};
use crate::message::{
    Channel, Contact, ContactId, ContactKind, ConversationId, EventId, Message, PartId,
};
use crate::time::Timestamp;

type Read<T> = Result<T, String>;

pub(super) fn read(id: &EventId, topic: &str, event: &Value, received_at: Timestamp) -> Read<What> {
    let item = event
        .pointer("/data/item")
        .ok_or("there is no `data.item`")?;
    let frame = Frame {
        id,
        topic,
        event,
        item,
        received_at,
    };
    if matches!(topic, "conversation_part.redacted" | "conversation.deleted") {
        return frame.removed();
    }
    match object_of(item) {
        Some("conversation_part") => frame.part(item),
        Some("conversation") => frame.conversation(),
        Some(other) if is_word(other) => Err(format!("an item of kind `{other}`")),
        Some(_) => Err("an item of an odd kind".to_owned()),
        None => Err("an item that does not say what it is".to_owned()),
    }
}

/// `object`, or `type` in payload version `2025-12-12.clover`.
pub(super) fn object_of(value: &Value) -> Option<&str> {
    value
        .get("object")
        .or_else(|| value.get("type"))
        .and_then(Value::as_str)
}

/// A word such as Featurebase's own: what is told of an event that is not understood must not be what somebody wrote.
fn is_word(text: &str) -> bool {
    text.len() <= 40 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

struct Frame<'a> {
    id: &'a EventId,
    topic: &'a str,
    event: &'a Value,
    item: &'a Value,
    received_at: Timestamp,
}

impl Frame<'_> {
    fn part(&self, part: &Value) -> Read<What> {
        let kind = text(part, "partType").ok_or("a part without `partType`")?;
        if self.topic == "conversation.admin.replied" {
            return Ok(match kind {
                "admin_msg" | "email_msg" => What::Answer {
                    conversation: self.conversation_id()?,
                    at: self.sent_at(part),
                },
                _ => What::Other("not a teammate's answer"),
            });
        }
        if !matches!(kind, "user_msg" | "email_msg") {
            return Ok(What::Other("a part that is not a message"));
        }
        if part.get("redacted").and_then(Value::as_bool) == Some(true) {
            return Ok(What::Other("the message was redacted"));
        }
        let author = part
            .get("author")
            .filter(|author| !author.is_null())
            .ok_or("a message without an author")?;
        let Some(kind) = contact_kind(author) else {
            return Ok(What::Other("not written by a contact"));
        };
        let opens = self.topic == "conversation.user.created";
        self.message(
            part,
            contact(author, kind)?,
            PartId::new(id(part, "id")?),
            opens,
        )
    }

    /// The whole conversation where the topic says so, else one part of it.
    fn removed(&self) -> Read<What> {
        let part = match self.topic {
            "conversation.deleted" => None,
            _ => Some(PartId::new(id(self.item, "id")?)),
        };
        // An opening message is told by its time, so a teammate's part, written by chance at the same moment, has none.
        let author = self.item.get("author");
        let written_at = match author.filter(|author| !author.is_null()) {
            Some(author) if contact_kind(author).is_none() => Timestamp::from_millis(0),
            _ => self.sent_at(self.item),
        };
        Ok(What::Removed {
            conversation: self.conversation_id()?,
            part,
            written_at,
        })
    }

    fn conversation(&self) -> Read<What> {
        match self.topic {
            "conversation.admin.replied" => Ok(What::Answer {
                conversation: self.conversation_id()?,
                at: self.sent_at(&Value::Null),
            }),
            "conversation.user.replied" => match self.newest_reply() {
                Some(part) => self.part(part),
                None => Err("a reply whose text was not sent along".to_owned()),
            },
            _ => self.opening(),
        }
    }

    /// The newest part of a whole conversation that a contact wrote.
    fn newest_reply(&self) -> Option<&Value> {
        parts_of(self.item)?
            .iter()
            .filter(|part| matches!(text(part, "partType"), Some("user_msg" | "email_msg")))
            .filter(|part| part.get("author").and_then(contact_kind).is_some())
            .max_by_key(|part| self.sent_at(part))
    }

    fn opening(&self) -> Read<What> {
        let source = self
            .item
            .get("source")
            .filter(|source| !source.is_null())
            .ok_or("a conversation without `source`")?;
        if text(source, "deliveredAs") == Some("admin_initiated") {
            return Ok(What::Other("outreach by a teammate"));
        }
        let author = source
            .get("author")
            .filter(|author| !author.is_null())
            .or_else(|| {
                self.only_contact()
                    .filter(|_| text(source, "deliveredAs") == Some("customer_initiated"))
            });
        let author = author.ok_or("a conversation that does not say who started it")?;
        let Some(kind) = contact_kind(author) else {
            return Ok(What::Other("not started by a contact"));
        };
        self.message(source, contact(author, kind)?, PartId::opening(), true)
    }

    /// The participant who is a contact, when there is just one.
    fn only_contact(&self) -> Option<&Value> {
        let participants = self.item.get("participants")?.as_array()?;
        let mut contacts = participants
            .iter()
            .filter(|participant| contact_kind(participant).is_some());
        let only = contacts.next()?;
        contacts.next().is_none().then_some(only)
    }

    fn message(
        &self,
        words: &Value,
        from: Contact,
        part: PartId,
        opens_conversation: bool,
    ) -> Read<What> {
        let own = |key: &str| text(words, key).map(str::to_owned);
        Ok(What::Message(Box::new(Message {
            event: self.id.clone(),
            conversation: self.conversation_id()?,
            part,
            from,
            sent_at: self.sent_at(words),
            channel: text(words, "channel")
                .and_then(Channel::parse)
                .unwrap_or(Channel::Unknown),
            opens_conversation,
            subject: own("subject"),
            page: own("url"),
            brand: text(self.item, "brandId").map(str::to_owned),
            html: own("bodyHtml"),
            markdown: own("bodyMarkdown"),
        })))
    }

    fn conversation_id(&self) -> Read<ConversationId> {
        let own = (object_of(self.item) == Some("conversation")).then(|| id(self.item, "id"));
        id(self.event, "conversationId")
            .or_else(|missing| own.unwrap_or(Err(missing)))
            .map(ConversationId::new)
    }

    /// When it was written: the part's own time, else the conversation's, else the event's, else ours.
    fn sent_at(&self, part: &Value) -> Timestamp {
        let opened = (self.topic == "conversation.user.created").then_some(self.item);
        [Some(part), opened, Some(self.event)]
            .into_iter()
            .flatten()
            .find_map(|holder| Timestamp::parse(text(holder, "createdAt")?))
            .unwrap_or(self.received_at)
    }
}

/// The parts that came with a conversation.
pub(super) fn parts_of(conversation: &Value) -> Option<&Vec<Value>> {
    let parts = conversation.get("conversationParts")?;
    parts
        .as_array()
        .or_else(|| parts.get("data").and_then(Value::as_array))
}

pub(super) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key).and_then(Value::as_str)
}

/// An id, written as a text or as a number.
pub(super) fn id(value: &Value, key: &str) -> Read<String> {
    let found = match value.get(key) {
        Some(Value::String(id)) => Some(id.clone()),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    found
        .filter(|id| is_id(id))
        .ok_or_else(|| format!("no usable `{key}`"))
}

pub(super) fn contact_kind(author: &Value) -> Option<ContactKind> {
    text(author, "type").and_then(ContactKind::parse)
}

fn contact(author: &Value, kind: ContactKind) -> Read<Contact> {
    let own = |key: &str| {
        text(author, key)
            .filter(|text| !text.trim().is_empty())
            .map(str::to_owned)
    };
    Ok(Contact {
        id: ContactId::new(
            id(author, "id").map_err(|_| "a contact without a usable id".to_owned())?,
        ),
        kind,
        name: own("name"),
        email: own("email"),
    })
}
