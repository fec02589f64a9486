use featurebase_bouncer::message::{Channel, ContactKind, ConversationId, PartId};
use featurebase_bouncer::payload::{self, What};
use featurebase_bouncer::sandbox::sample_event;
use featurebase_bouncer::time::Clock;
use serde_json::json;

use super::*;

#[test]
fn a_reply_that_comes_as_a_part_is_a_message() {
    let message = message_of(&envelope(REPLIED, &part()));
    assert_eq!(
        message.event.as_str(),
        "notif_0193a6e6-fb6b-78ef-b71f-15008d9f9cde"
    );
    assert_eq!(message.conversation.as_str(), "4213");
    assert_eq!(message.part.as_str(), "7");
    assert_eq!(message.from.id.as_str(), CONTACT);
    assert_eq!(message.from.kind, ContactKind::Lead);
    assert_eq!(message.from.name.as_deref(), Some("Mallory"));
    assert_eq!(message.from.email.as_deref(), Some("mallory@example.com"));
    assert_eq!(message.sent_at, at("2026-07-01T10:15:29Z"));
    assert_eq!(message.channel, Channel::Desktop);
    assert!(!message.opens_conversation);
    assert_eq!(message.subject, None);
    assert_eq!(message.html.as_deref(), Some("<p>Hello</p>"));
    assert_eq!(message.markdown.as_deref(), Some("Hello"));
}

#[test]
fn a_new_conversation_is_its_first_message() {
    let message = message_of(&envelope(CREATED, &conversation()));
    assert_eq!(message.part, PartId::opening());
    assert_eq!(message.conversation.as_str(), "4213");
    assert_eq!(message.from.id.as_str(), CONTACT);
    assert_eq!(message.sent_at, at("2026-07-01T10:15:28Z"));
    assert_eq!(message.channel, Channel::Email);
    assert!(message.opens_conversation);
    assert_eq!(message.subject.as_deref(), Some("A question"));
}

#[test]
fn a_new_conversation_may_come_as_its_first_part() {
    let message = message_of(&envelope(CREATED, &part()));
    assert!(message.opens_conversation);
    assert_eq!(message.part.as_str(), "7");
}

#[test]
fn a_reply_may_come_as_the_whole_conversation() {
    let mut whole = conversation();
    let newer = json!({ "object": "conversation_part", "id": "9", "partType": "user_msg", "bodyMarkdown": "newest",
        "author": { "id": CONTACT, "type": "lead" }, "createdAt": "2026-07-01T10:20:00Z" });
    let admin = json!({ "object": "conversation_part", "id": "10", "partType": "admin_msg", "bodyMarkdown": "ours",
        "author": { "id": "65f1c3d2a9b4e80012ab34aa", "type": "admin" }, "createdAt": "2026-07-01T10:21:00Z" });
    let mailed = json!({ "object": "conversation_part", "id": "11", "partType": "email_msg", "bodyMarkdown": "ours by mail",
        "author": { "id": "65f1c3d2a9b4e80012ab34aa", "type": "admin" }, "createdAt": "2026-07-01T10:22:00Z" });
    for parts in [
        json!([part(), newer.clone(), admin.clone(), mailed.clone()]),
        json!([mailed.clone(), admin.clone(), newer.clone(), part()]),
        json!({ "object": "list", "data": [newer, admin, mailed, part()] }),
    ] {
        whole["conversationParts"] = parts;
        let message = message_of(&envelope(REPLIED, &whole));
        assert_eq!(message.part.as_str(), "9");
        assert_eq!(message.markdown.as_deref(), Some("newest"));
        assert!(!message.opens_conversation);
    }
}

#[test]
fn a_reply_whose_text_was_not_sent_along_is_not_understood() {
    let why = puzzle(&envelope(REPLIED, &conversation()));
    assert_eq!(why, "a reply whose text was not sent along");
}

#[test]
fn the_older_payload_version_says_type_instead_of_object() {
    for (topic, item) in [(REPLIED, part()), (CREATED, conversation())] {
        let nova = envelope(topic, &item);
        let mut clover = nova.clone();
        for place in ["", "/data", "/data/item"] {
            let table = clover.pointer_mut(place).unwrap().as_object_mut().unwrap();
            let object = table.remove("object").unwrap();
            table.insert("type".to_owned(), object);
        }
        assert_eq!(read(&clover), read(&nova), "{topic}");
    }
}

#[test]
fn the_sandbox_sends_what_is_read() {
    for topic in [CREATED, REPLIED] {
        for kind in [ContactKind::Lead, ContactKind::Customer] {
            let body = sample_event(topic, "two\nlines", kind, Some(CONTACT), &Clock::system());
            let event = payload::read(&body, received());
            let What::Message(message) = event.what else {
                panic!("{event:?}");
            };
            assert_eq!(
                (
                    event.topic.as_str(),
                    message.from.kind,
                    message.from.id.as_str()
                ),
                (topic, kind, CONTACT)
            );
        }
    }
}

#[test]
fn the_item_says_what_it_is_and_not_the_topic() {
    let mut item = part();
    item["object"] = json!("ticket");
    assert_eq!(
        puzzle(&envelope(REPLIED, &item)),
        "an item of kind `ticket`"
    );
    item.as_object_mut().unwrap().remove("object");
    assert_eq!(
        puzzle(&envelope(REPLIED, &item)),
        "an item that does not say what it is"
    );
    item["object"] = json!(5);
    assert_eq!(
        puzzle(&envelope(REPLIED, &item)),
        "an item that does not say what it is"
    );
}

#[test]
fn only_what_contacts_write_is_a_message() {
    for kind in ["admin", "bot", "guest", "integration", "", "martian"] {
        let author = json!({ "id": CONTACT, "type": kind });
        let written = envelope(REPLIED, &part_with("author", author.clone()));
        assert_eq!(other(&written), "not written by a contact", "{kind}");
        let mut opened = conversation();
        opened["source"]["author"] = author;
        let started = other(&envelope(CREATED, &opened));
        assert_eq!(started, "not started by a contact", "{kind}");
    }
    let customer = part_with("author", json!({ "id": CONTACT, "type": "customer" }));
    let message = message_of(&envelope(REPLIED, &customer));
    assert_eq!(message.from.kind, ContactKind::Customer);
}

#[test]
fn a_message_without_an_author_is_not_understood() {
    for item in [part_without("author"), part_with("author", json!(null))] {
        assert_eq!(
            puzzle(&envelope(REPLIED, &item)),
            "a message without an author"
        );
    }
    let nameless = part_with("author", json!({ "id": null, "type": "lead" }));
    let why = puzzle(&envelope(REPLIED, &nameless));
    assert_eq!(why, "a contact without a usable id");
}

#[test]
fn blank_names_and_addresses_are_none() {
    for blank in [json!(""), json!("  \t"), json!(null), json!(5)] {
        let author = json!({ "id": CONTACT, "type": "lead", "name": blank, "email": blank });
        let from = message_of(&envelope(REPLIED, &part_with("author", author))).from;
        assert_eq!((from.name, from.email), (None, None), "{blank}");
    }
}

#[test]
fn outreach_by_a_teammate_is_nothing_a_contact_wrote() {
    let mut item = conversation();
    item["source"]["deliveredAs"] = json!("admin_initiated");
    assert_eq!(other(&envelope(CREATED, &item)), "outreach by a teammate");
}

#[test]
fn who_started_a_conversation_may_be_told_by_its_only_contact() {
    let mut item = conversation();
    let admin = json!({ "id": "65f1c3d2a9b4e80012ab34aa", "type": "admin" });
    item["participants"] = json!([admin, { "id": CONTACT, "type": "customer" }]);
    item["source"]["author"] = json!(null);
    let message = message_of(&envelope(CREATED, &item));
    assert_eq!(message.from.id.as_str(), CONTACT);
    assert_eq!(message.from.kind, ContactKind::Customer);
    item["source"].as_object_mut().unwrap().remove("author");
    assert_eq!(message_of(&envelope(CREATED, &item)), message);
    // Who it was is only certain where a contact started it.
    let source = item["source"].as_object_mut().unwrap();
    let delivered = source.remove("deliveredAs").unwrap();
    let why = puzzle(&envelope(CREATED, &item));
    assert_eq!(why, "a conversation that does not say who started it");
    item["source"]["deliveredAs"] = delivered;
    let second = json!({ "id": "65f1c3d2a9b4e80012ab34bb", "type": "lead" });
    for participants in [
        json!([]),
        json!([admin]),
        json!([{ "id": CONTACT, "type": "lead" }, second]),
        json!(null),
        json!("many"),
    ] {
        item["participants"] = participants.clone();
        let why = puzzle(&envelope(CREATED, &item));
        assert_eq!(
            why, "a conversation that does not say who started it",
            "{participants}"
        );
    }
}

#[test]
fn a_conversation_without_its_first_message_is_not_understood() {
    let mut item = conversation();
    item["source"] = json!(null);
    assert_eq!(
        puzzle(&envelope(CREATED, &item)),
        "a conversation without `source`"
    );
}

#[test]
fn redacted_messages_are_not_judged() {
    let gone = part_with("redacted", json!(true));
    assert_eq!(other(&envelope(REPLIED, &gone)), "the message was redacted");
    message_of(&envelope(REPLIED, &part_with("redacted", json!(false))));
}

#[test]
fn a_message_may_be_without_words() {
    for body in [json!(null), json!(""), json!(7)] {
        let mut item = part_with("bodyHtml", body.clone());
        item["bodyMarkdown"] = body.clone();
        let message = message_of(&envelope(REPLIED, &item));
        let expected = body.as_str().map(str::to_owned);
        assert_eq!(
            (message.html, message.markdown),
            (expected.clone(), expected)
        );
    }
}

#[test]
fn kinds_of_part_nobody_knows_are_not_messages() {
    for kind in [
        "admin_msg",
        "admin_note",
        "bot_msg",
        "quick_reply_opts",
        "quick_reply_resp",
        "rating_requested",
        "rating_submitted",
        "attr_prompt",
        "carrier_pigeon",
        "",
    ] {
        let item = part_with("partType", json!(kind));
        assert_eq!(
            other(&envelope(REPLIED, &item)),
            "a part that is not a message",
            "{kind}"
        );
    }
    message_of(&envelope(
        REPLIED,
        &part_with("partType", json!("email_msg")),
    ));
    assert_eq!(
        puzzle(&envelope(REPLIED, &part_without("partType"))),
        "a part without `partType`"
    );
}

#[test]
fn channels_nobody_knows_are_unknown() {
    for channel in [
        json!("whatsapp"),
        json!(null),
        json!(3),
        json!("Email"),
        json!("unknown"),
    ] {
        let message = message_of(&envelope(REPLIED, &part_with("channel", channel)));
        assert_eq!(message.channel, Channel::Unknown);
    }
    let message = message_of(&envelope(REPLIED, &part_without("channel")));
    assert_eq!(message.channel, Channel::Unknown);
    for channel in Channel::ALL {
        let item = part_with("channel", json!(channel.as_str()));
        assert_eq!(message_of(&envelope(REPLIED, &item)).channel, *channel);
    }
}

#[test]
fn fields_nobody_knows_change_nothing() {
    for (topic, item) in [(REPLIED, part()), (CREATED, conversation())] {
        let plain = envelope(topic, &item);
        let mut richer = plain.clone();
        for place in ["", "/data", "/data/item"] {
            let table = richer.pointer_mut(place).unwrap();
            table["type"] = json!("something else");
            table["sentiment"] = json!({ "deep": [[[{ "a": 1e300 }]]], "ü": null });
        }
        assert_eq!(read(&richer), read(&plain), "{topic}");
    }
}

#[test]
fn a_teammates_answer_is_noted_with_its_conversation_and_time() {
    let answer = part_with("partType", json!("admin_msg"));
    let expected = What::Answer {
        conversation: ConversationId::new("4213"),
        at: at("2026-07-01T10:15:29Z"),
    };
    assert_eq!(read(&envelope(ANSWERED, &answer)).what, expected);
    let whole = read(&envelope(ANSWERED, &conversation())).what;
    assert!(
        matches!(whole, What::Answer { ref conversation, at: moment } if conversation.as_str() == "4213" && moment == at("2026-07-01T10:15:30Z")),
        "{whole:?}"
    );
    let note = part_with("partType", json!("admin_note"));
    assert_eq!(other(&envelope(ANSWERED, &note)), "not a teammate's answer");
}

#[test]
fn topics_that_are_not_judged_are_told_so() {
    for topic in [
        "post.created",
        "conversation.read",
        "conversation.user.CREATED",
        "",
        "ü",
    ] {
        let event = envelope(topic, &json!(null));
        assert_eq!(other(&event), "a topic that is not judged");
        assert_eq!(read(&event).topic, topic);
    }
}

#[test]
fn what_was_removed_at_featurebase_is_told() {
    let event = envelope("conversation_part.redacted", &part());
    let What::Removed {
        conversation,
        part: Some(redacted),
        ..
    } = read(&event).what
    else {
        panic!("{event}");
    };
    assert!(payload::carries(event.to_string().as_bytes(), &redacted));
    assert!(!payload::carries(
        event.to_string().as_bytes(),
        &PartId::new("elsewhere")
    ));
    let event = envelope(
        "conversation.deleted",
        &json!({ "object": "conversation", "id": conversation }),
    );
    assert!(matches!(
        read(&event).what,
        What::Removed { part: None, .. }
    ));
    let event = envelope(
        "conversation_part.redacted",
        &json!({ "object": "conversation_part" }),
    );
    assert!(matches!(read(&event).what, What::NotUnderstood(_)));
}

#[test]
fn the_time_is_the_messages_own_or_else_the_next_best() {
    let mut event = envelope(REPLIED, &part_without("createdAt"));
    assert_eq!(message_of(&event).sent_at, at("2026-07-01T10:15:30Z"));
    event["data"]["item"]["createdAt"] = json!("yesterday");
    assert_eq!(message_of(&event).sent_at, at("2026-07-01T10:15:30Z"));
    event["createdAt"] = json!(1_782_900_930);
    assert_eq!(message_of(&event).sent_at, received());
    event["data"]["item"]["createdAt"] = json!("2026-07-01T12:15:29.5+02:00");
    assert_eq!(message_of(&event).sent_at, at("2026-07-01T10:15:29.500Z"));
}
