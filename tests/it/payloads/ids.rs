use featurebase_bouncer::message::EventId;
use serde_json::json;

use super::*;

/// Texts no id may be.
fn unusable() -> Vec<Value> {
    vec![
        json!(""),
        json!(" "),
        json!("42 13"),
        json!("4213\n"),
        json!("\u{0}4213"),
        json!("42\u{7f}13"),
        json!("４２１３"),
        json!("42\u{202e}13"),
        json!("4".repeat(201)),
        json!(null),
        json!(true),
        json!(["4213"]),
        json!({ "id": "4213" }),
    ]
}

#[test]
fn ids_may_be_numbers() {
    let mut event = envelope(REPLIED, &part_with("id", json!(7)));
    event["conversationId"] = json!(4213);
    event["data"]["item"]["author"]["id"] = json!(99);
    let message = message_of(&event);
    assert_eq!(message.conversation.as_str(), "4213");
    assert_eq!(message.part.as_str(), "7");
    assert_eq!(message.from.id.as_str(), "99");
    assert!(
        !message.from.id.is_well_formed(),
        "so it is never put in a call"
    );
}

#[test]
fn ids_of_contacts_that_cannot_be_ids_are_not_understood() {
    for id in unusable() {
        let author = json!({ "id": id, "type": "lead" });
        let why = puzzle(&envelope(REPLIED, &part_with("author", author)));
        assert_eq!(why, "a contact without a usable id", "{id}");
    }
}

#[test]
fn ids_of_parts_that_cannot_be_ids_are_not_understood() {
    for id in unusable() {
        let why = puzzle(&envelope(REPLIED, &part_with("id", id.clone())));
        assert_eq!(why, "no usable `id`", "{id}");
    }
}

#[test]
fn ids_of_conversations_that_cannot_be_ids_are_not_understood() {
    for id in unusable() {
        let mut event = envelope(REPLIED, &part());
        event["conversationId"] = id.clone();
        assert_eq!(puzzle(&event), "no usable `conversationId`", "{id}");
    }
}

#[test]
fn a_conversation_may_be_told_by_its_own_id() {
    for id in unusable() {
        let mut event = envelope(CREATED, &conversation());
        event["conversationId"] = id;
        assert_eq!(message_of(&event).conversation.as_str(), "4213");
    }
    // A part's own id is not its conversation's.
    let mut event = envelope(REPLIED, &part());
    event.as_object_mut().unwrap().remove("conversationId");
    assert_eq!(puzzle(&event), "no usable `conversationId`");
}

#[test]
fn the_longest_id_has_two_hundred_bytes() {
    let longest = "x".repeat(200);
    let mut event = envelope(REPLIED, &part_with("id", json!(longest)));
    event["id"] = json!(longest);
    event["conversationId"] = json!(longest);
    let message = message_of(&event);
    assert_eq!(message.event.as_str(), longest);
    assert_eq!(message.conversation.as_str(), longest);
    assert_eq!(message.part.as_str(), longest);
}

#[test]
fn an_event_without_a_usable_id_is_known_by_its_bytes() {
    for id in unusable() {
        let mut event = envelope(REPLIED, &part());
        event["id"] = id.clone();
        let body = event.to_string();
        let known = payload::id_of(body.as_bytes());
        assert!(known.as_str().starts_with("sha256:"), "{id}");
        assert_eq!(known.as_str().len(), "sha256:".len() + 64);
        assert_eq!(
            known,
            payload::id_of(body.as_bytes()),
            "the same every time"
        );
        assert_ne!(known, payload::id_of(format!("{body} ").as_bytes()));
        // The message in it is judged all the same.
        assert_eq!(message_of(&event).event, known);
    }
}

#[test]
fn bytes_that_are_no_event_are_known_by_their_hash() {
    let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(payload::id_of(b""), EventId::new(empty));
    let mut ids: Vec<EventId> = [&b""[..], b"\0", b"\xff", b"[]", b"null", b"5", b"{}"]
        .into_iter()
        .map(payload::id_of)
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 7);
    assert!(ids.iter().all(|id| id.as_str().starts_with("sha256:")));
}

#[test]
fn an_id_written_twice_is_no_id() {
    let body = br#"{"id":"notif_1","topic":"post.created","id":"notif_2"}"#;
    assert!(payload::id_of(body).as_str().starts_with("sha256:"));
}

#[test]
fn an_escaped_id_is_the_same_id() {
    let escaped = payload::id_of(br#"{"id":"notif\u005f1"}"#);
    assert_eq!(escaped, EventId::new("notif_1"));
}

#[test]
fn a_retry_with_another_delivery_status_is_the_same_event() {
    let first = envelope(REPLIED, &part());
    let mut again = first.clone();
    again["deliveryStatus"] = json!("retrying");
    assert_eq!(read(&first).id, read(&again).id);
    assert_ne!(first.to_string(), again.to_string());
}
