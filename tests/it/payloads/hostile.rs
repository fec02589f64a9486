use proptest::prelude::*;
use serde_json::json;

use super::*;

fn read_bytes(body: &[u8]) -> Event {
    payload::read(body, received())
}

#[test]
fn bytes_that_are_not_an_event_are_not_understood() {
    for body in [
        &b""[..],
        b" ",
        b"\0",
        b"\xff",
        b"{",
        b"<xml/>",
        b"id=notif_1&topic=conversation.user.created",
        b"\xef\xbb\xbf{}",
        b"{\"topic\": \"conversation.user.created\xc3\"}",
    ] {
        let event = read_bytes(body);
        let What::NotUnderstood(why) = &event.what else {
            panic!("{event:?}");
        };
        assert!(why.starts_with("not JSON: "), "{why}");
        assert_eq!(event.topic, "");
    }
}

#[test]
fn json_that_is_no_event_is_not_understood() {
    for body in [
        "[]",
        "null",
        "5",
        "\"conversation.user.created\"",
        "{}",
        "[{\"topic\": \"conversation.user.created\"}]",
        "{\"topic\": null}",
        "{\"topic\": [\"conversation.user.created\"]}",
    ] {
        let What::NotUnderstood(why) = read_bytes(body.as_bytes()).what else {
            panic!("{body}");
        };
        assert_eq!(why, "there is no `topic`", "{body}");
    }
}

#[test]
fn an_event_without_its_item_is_not_understood() {
    for (place, value) in [
        ("/data", json!(null)),
        ("/data", json!([])),
        ("/data", json!({})),
        ("/data", json!("item")),
    ] {
        let mut event = envelope(REPLIED, &part());
        *event.pointer_mut(place).unwrap() = value;
        assert_eq!(puzzle(&event), "there is no `data.item`");
    }
    for item in [json!(null), json!([]), json!("conversation"), json!(4213)] {
        let why = puzzle(&envelope(REPLIED, &item));
        assert_eq!(why, "an item that does not say what it is");
    }
}

#[test]
fn a_hundred_thousand_brackets_are_not_understood_and_do_no_harm() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let alone = read_bytes(deep.as_bytes());
        assert!(matches!(alone.what, What::NotUnderstood(_)), "{alone:?}");
        assert!(alone.id.as_str().starts_with("sha256:"));
        let within = format!("{{\"id\":\"notif_1\",\"topic\":\"{REPLIED}\",\"data\":{deep}}}");
        let within = read_bytes(within.as_bytes());
        assert!(matches!(within.what, What::NotUnderstood(_)), "{within:?}");
        assert_eq!(within.id.as_str(), "notif_1", "its repeats are still told");
        let open_ended = read_bytes(open.repeat(100_000).as_bytes());
        assert!(matches!(open_ended.what, What::NotUnderstood(_)));
    }
}

#[test]
fn what_is_told_of_a_puzzle_is_fit_for_a_log() {
    let kind = format!("\u{1b}[31mred\0{}", "x".repeat(10_000));
    let mut event = envelope(&format!("{REPLIED}\0\n"), &part());
    assert_eq!(read(&event).topic, REPLIED, "no NUL, no line end");
    event["topic"] = json!(REPLIED);
    event["data"]["item"]["object"] = json!(kind);
    let why = puzzle(&event);
    assert!(why.chars().count() <= 200 && !why.chars().any(char::is_control));
    assert_eq!(
        why, "an item of an odd kind",
        "it goes into the record, so nobody's words are in it"
    );
}

#[test]
fn half_a_character_does_not_keep_a_message_from_being_judged() {
    let written = |escapes: &str| {
        let body = envelope(REPLIED, &part()).to_string();
        let body = body.replace("\"Hello\"", &format!("\"Hello {escapes}\""));
        let event = read_bytes(body.as_bytes());
        assert!(
            event.id.as_str().starts_with("notif_"),
            "its repeats are told"
        );
        match event.what {
            What::Message(message) => message.markdown.unwrap(),
            what => panic!("{escapes}: {what:?}"),
        }
    };
    assert_eq!(written("\\ud800"), "Hello \u{fffd}");
    assert_eq!(written("\\uDFFF!"), "Hello \u{fffd}!");
    assert_eq!(written("\\ud83d\\ude00"), "Hello \u{1f600}");
    assert_eq!(written("\\ud83d\\ud83d\\ude00"), "Hello \u{fffd}\u{1f600}");
    // A backslash of its own, and then letters that only look like an escape.
    assert_eq!(written("\\\\ud800 \\ud800"), "Hello \\ud800 \u{fffd}");
}

/// Any JSON, with the names and words of Featurebase strewn in.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "conversation",
        "conversation_part",
        "lead",
        "admin",
        "user_msg",
        "email_msg",
        "admin_initiated",
        "2026-07-01T10:15:30Z",
        "-999999-01-01T00:00:00Z",
        "",
    ]);
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        word.prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let key = prop::sample::select(vec![
            "id", "type", "object", "author", "source", "data", "ü",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..4).prop_map(|pairs| {
                Value::Object(
                    pairs
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value))
                        .collect(),
                )
            }),
        ]
    })
}

/// Every place in a document, deepest first.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(table) => {
            for (key, inner) in table {
                places(inner, &format!("{at}/{key}"), found);
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                places(inner, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
    found.push(at.to_owned());
}

/// What holds of every event that is read, whatever was sent.
fn is_sound(event: &Event) -> Result<(), TestCaseError> {
    prop_assert!((1..=200).contains(&event.id.as_str().len()));
    prop_assert!(
        event
            .id
            .as_str()
            .bytes()
            .all(|byte| byte.is_ascii_graphic())
    );
    prop_assert!(!event.topic.chars().any(char::is_control));
    if let What::Message(message) = &event.what {
        prop_assert_eq!(&message.event, &event.id);
        for id in [
            message.conversation.as_str(),
            message.part.as_str(),
            message.from.id.as_str(),
        ] {
            prop_assert!(
                (1..=200).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_bytes_are_read_without_fault(body in prop::collection::vec(any::<u8>(), 0..400)) {
        is_sound(&read_bytes(&body))?;
    }

    #[test]
    fn an_event_with_bytes_changed_is_read_without_fault(
        opening in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let event = if opening { envelope(CREATED, &conversation()) } else { envelope(REPLIED, &part()) };
        let mut body = event.to_string().into_bytes();
        for (place, byte) in changes {
            let at = place.index(body.len());
            body[at] = byte;
        }
        is_sound(&read_bytes(&body))?;
        is_sound(&read_bytes(&body[..cut.index(body.len())]))?;
    }

    #[test]
    fn an_event_with_values_exchanged_is_read_without_fault(
        opening in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 1..4),
    ) {
        let mut event = if opening { envelope(CREATED, &conversation()) } else { envelope(REPLIED, &part()) };
        for (place, value) in changes {
            let mut found = Vec::new();
            places(&event, "", &mut found);
            // The last is the whole document, which is tried elsewhere.
            let at = &found[place.index(found.len().max(2) - 1)];
            *event.pointer_mut(at).unwrap() = value;
        }
        is_sound(&read(&event))?;
    }
}
