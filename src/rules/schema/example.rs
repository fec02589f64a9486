//! Examples: messages a rule must fire on and must not.

use serde_json::{Value, json};

use super::{add, count, described, span, text, texts, word, yes_or_no};
use crate::message::{Channel, ContactKind};

pub(super) fn examples() -> Value {
    let list =
        || json!({ "type": "array", "minItems": 1, "items": { "$ref": "#/definitions/example" } });
    described(
        vec![
            ("match", "Messages the rule must fire on.", list()),
            (
                "pass",
                "Messages it must not fire on. Best are honest ones that share words with the spam.",
                list(),
            ),
        ],
        &[],
    )
}

/// A text, or a table that sets more.
pub(super) fn example() -> Value {
    let mut keys = of_the_message();
    keys.extend(of_the_sender());
    keys.extend(of_the_past());
    let mut full = described(keys, &[]);
    add(
        &mut full,
        json!({ "anyOf": [{ "required": ["text"] }, { "required": ["html"] }] }),
    );
    json!({
        "description": "A message in quotes, by default a lead's first one; or braces that say more, such as { text = \"Hello\", sender = \"customer\" }.",
        "anyOf": [text(), full],
    })
}

type Key = (&'static str, &'static str, Value);

fn of_the_message() -> Vec<Key> {
    vec![
        ("text", "What the message says.", text()),
        ("html", "What it says, as HTML.", text()),
        (
            "channel",
            "Where it came in. Left out: desktop.",
            word(Channel::ALL, Channel::as_str),
        ),
        (
            "conversation",
            "Whether it starts a conversation (new, also when left out) or came into one that was there (reply).",
            json!({ "type": "string", "enum": ["new", "reply"] }),
        ),
        (
            "page",
            "The page it was written on, such as \"/pricing\".",
            text(),
        ),
        ("brand", "The brand it was written to.", text()),
        ("subject", "Its subject line.", text()),
    ]
}

fn of_the_sender() -> Vec<Key> {
    let attributes = json!({ "type": "object", "additionalProperties": text() });
    vec![
        (
            "sender",
            "Who writes: a lead (not registered, also when left out) or a customer.",
            word(ContactKind::ALL, ContactKind::as_str),
        ),
        ("sender_email", "The sender's e-mail address.", text()),
        ("sender_name", "The sender's name.", text()),
        (
            "sender_verified",
            "Whether Featurebase has verified who the sender is.",
            yes_or_no(),
        ),
        (
            "sender_company",
            "The sender's companies in Featurebase.",
            texts(),
        ),
        ("sender_role", "The sender's roles in Featurebase.", texts()),
        (
            "sender_attributes",
            "Fields of your own that Featurebase keeps of the sender, such as { plan = \"pro\" }.",
            attributes,
        ),
    ]
}

fn of_the_past() -> Vec<Key> {
    vec![
        (
            "first_message",
            "Whether it is the first message known of the sender. Left out: true.",
            yes_or_no(),
        ),
        (
            "messages",
            "How many messages the sender wrote within the time a rule asks about, this one included.",
            count(),
        ),
        (
            "same_text",
            "How many of them say nearly the same, this one included.",
            count(),
        ),
        (
            "same_text_from",
            "How many senders wrote nearly the same, this one included.",
            count(),
        ),
        (
            "known_for",
            "How long ago the sender's first message came, such as \"2h\".",
            span(),
        ),
        (
            "answered_before",
            "Whether a teammate has answered the sender before.",
            yes_or_no(),
        ),
        (
            "blocked_before",
            "Whether the sender has been blocked before.",
            yes_or_no(),
        ),
        (
            "unblocked_before",
            "Whether a person has unblocked the sender before.",
            yes_or_no(),
        ),
    ]
}
