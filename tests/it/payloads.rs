//! Featurebase's events as they are read: both shapes of an item, both payload versions, and everything odd.

mod hostile;
mod ids;
mod shapes;

use featurebase_bouncer::message::Message;
use featurebase_bouncer::payload::{self, Event, What};
use featurebase_bouncer::time::Timestamp;
use serde_json::{Value, json};

const CREATED: &str = "conversation.user.created";
const REPLIED: &str = "conversation.user.replied";
const ANSWERED: &str = "conversation.admin.replied";
const CONTACT: &str = "65f1c3d2a9b4e80012ab34cd";

fn received() -> Timestamp {
    Timestamp::parse("2026-07-01T12:00:00Z").unwrap()
}

fn read(event: &Value) -> Event {
    payload::read(event.to_string().as_bytes(), received())
}

fn message_of(event: &Value) -> Message {
    match read(event).what {
        What::Message(message) => *message,
        what => panic!("no message but {what:?}\n{event:#}"),
    }
}

/// Why an event is not judged.
fn other(event: &Value) -> &'static str {
    match read(event).what {
        What::Other(why) => why,
        what => panic!("{what:?}\n{event:#}"),
    }
}

/// Why an event is not understood.
fn puzzle(event: &Value) -> String {
    match read(event).what {
        What::NotUnderstood(why) => why,
        what => panic!("{what:?}\n{event:#}"),
    }
}

fn envelope(topic: &str, item: &Value) -> Value {
    json!({
        "object": "notification_event",
        "id": "notif_0193a6e6-fb6b-78ef-b71f-15008d9f9cde",
        "topic": topic,
        "organizationId": "5febde12dc56d60012d47db6",
        "webhookId": "65f1c3d2a9b4e80012ab34ce",
        "createdAt": "2026-07-01T10:15:30.000Z",
        "deliveryStatus": "pending",
        "conversationId": "4213",
        "conversationUrl": "https://acme.featurebase.app/dashboard/inbox/4213",
        "data": { "object": "notification_event_data", "item": item, "changes": [] },
    })
}

/// A lead's reply.
fn part() -> Value {
    json!({
        "object": "conversation_part",
        "id": "7",
        "partType": "user_msg",
        "bodyHtml": "<p>Hello</p>",
        "bodyMarkdown": "Hello",
        "channel": "desktop",
        "author": { "id": CONTACT, "type": "lead", "name": "Mallory", "email": "mallory@example.com" },
        "createdAt": "2026-07-01T10:15:29.000Z",
        "updatedAt": "2026-07-01T10:15:29.000Z",
    })
}

/// A conversation a lead has started.
fn conversation() -> Value {
    json!({
        "object": "conversation",
        "id": "4213",
        "title": "Hello",
        "state": "open",
        "isBlocked": false,
        "participants": [{ "id": CONTACT, "type": "lead" }],
        "tags": [],
        "createdAt": "2026-07-01T10:15:28.000Z",
        "source": {
            "bodyHtml": "<p>Hello</p>",
            "bodyMarkdown": "Hello",
            "channel": "email",
            "author": { "id": CONTACT, "type": "lead" },
            "deliveredAs": "customer_initiated",
            "subject": "A question",
        },
    })
}

/// A part with one thing changed.
fn part_with(key: &str, value: Value) -> Value {
    let mut part = part();
    part[key] = value;
    part
}

fn part_without(key: &str) -> Value {
    let mut part = part();
    part.as_object_mut().unwrap().remove(key);
    part
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}
