//! Events: only what a contact wrote becomes a message, and only what is fit to be kept is handed on.

use featurebase_bouncer::message::{ContactKind, Message};
use featurebase_bouncer::payload::{Event, What, conversation_url, id_of, read};
use featurebase_bouncer::time::Timestamp;

const RECEIVED: Timestamp = Timestamp::from_millis(1_782_907_200_000);

/// # Panics
/// Where an event is read as something it is not.
pub fn holds(body: &[u8]) {
    let event = read(body, RECEIVED);
    assert_eq!(event, read(body, RECEIVED), "the same every time");
    assert_eq!(event.id, id_of(body));
    is_id(event.id.as_str());
    is_plain(&event.topic);
    match &event.what {
        What::Message(message) => is_a_contacts(&event, message),
        What::Answer { conversation, .. } => {
            assert_eq!(event.topic, "conversation.admin.replied");
            is_id(conversation.as_str());
        }
        What::Removed {
            conversation, part, ..
        } => {
            let topic = match part {
                Some(_) => "conversation_part.redacted",
                None => "conversation.deleted",
            };
            assert_eq!(event.topic, topic);
            is_id(conversation.as_str());
        }
        What::Other(why) => assert!(!why.is_empty()),
        What::NotUnderstood(why) => {
            assert!(!why.is_empty());
            is_plain(why);
        }
    }
    if let Some(url) = conversation_url(body) {
        assert!(url.starts_with("https://") && url.len() <= 2_000);
        assert!(url.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    // Without an id of its own an event is known by its bytes, so other bytes are another event.
    if event.id.as_str().starts_with("sha256:") {
        return;
    }
    let indented = [b" \n", body, b"\r\n\t "].concat();
    let again = read(&indented, RECEIVED).what;
    let puzzled = |what: &What| matches!(what, What::NotUnderstood(_));
    assert!(again == event.what || (puzzled(&again) && puzzled(&event.what)));
}

fn is_a_contacts(event: &Event, message: &Message) {
    assert_eq!(message.event, event.id);
    assert!(event.topic.starts_with("conversation.user."), "{event:?}");
    assert!(ContactKind::ALL.contains(&message.from.kind));
    for id in [
        message.conversation.as_str(),
        message.part.as_str(),
        message.from.id.as_str(),
    ] {
        is_id(id);
    }
    let opens = event.topic == "conversation.user.created";
    assert_eq!(message.opens_conversation, opens);
    let kept = serde_json::to_string(message).expect("a message can be kept");
    let back: Message = serde_json::from_str(&kept).expect("what was kept can be read");
    assert_eq!(&back, message);
}

fn is_id(id: &str) {
    assert!((1..=200).contains(&id.len()), "{id:?}");
    assert!(id.bytes().all(|byte| byte.is_ascii_graphic()), "{id:?}");
}

/// Fit for a log.
fn is_plain(text: &str) {
    assert!(text.chars().count() <= 200 && !text.chars().any(char::is_control));
}
