//! Examples: messages a rule must and must not fire on, tried at every load.

use std::ops::Range;

use toml::de::DeTable;

use super::read::{Reader, Value};
use super::rule::Rule;
use super::subject::Subject;
use crate::decision::{Facts, Wanted};
use crate::message::{
    Channel, Contact, ContactId, ContactKind, ConversationId, EventId, Message, PartId,
};
use crate::time::Timestamp;

const KEYS: &[&str] = &[
    "text",
    "html",
    "sender",
    "sender_email",
    "sender_name",
    "channel",
    "conversation",
    "first_message",
    "messages",
    "answered_before",
];

/// A made-up message and what is known of its made-up sender. Left out, it is a lead's first message by desktop.
#[derive(Debug, Clone)]
pub struct Example {
    pub must_fire: bool,
    pub message: Message,
    pub facts: Facts,
    /// Messages of the sender in every window a rule asks for.
    pub messages: u64,
    span: Range<usize>,
}

impl Example {
    /// An example of a plain text with nothing else set.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        Self {
            must_fire: true,
            message: Message {
                event: EventId::new("example"),
                conversation: ConversationId::new("example"),
                part: PartId::opening(),
                from: Contact {
                    id: ContactId::new("000000000000000000000000"),
                    kind: ContactKind::Lead,
                    name: None,
                    email: None,
                },
                sent_at: Timestamp::from_millis(0),
                channel: Channel::Desktop,
                opens_conversation: true,
                subject: None,
                page: None,
                brand: None,
                html: None,
                markdown: Some(text.to_owned()),
            },
            facts: Facts {
                first_message: true,
                ..Facts::default()
            },
            messages: 1,
            span: 0..0,
        }
    }

    /// The facts, with a count for every window that is asked for.
    #[must_use]
    pub fn facts_for(&self, wanted: &Wanted) -> Facts {
        Facts {
            messages_within: wanted
                .message_windows
                .iter()
                .map(|window| (*window, self.messages))
                .collect(),
            ..self.facts.clone()
        }
    }
}

/// Reads `examples.match` and `examples.pass`.
pub(super) fn read_examples<'a>(reader: &mut Reader<'a>, rule: &DeTable<'a>) -> Vec<Example> {
    let mut examples = Vec::new();
    let Some(value) = rule.get("examples") else {
        return examples;
    };
    let Some(table) = reader.table(value, "examples.match = [\"I sell backlinks\"]") else {
        return examples;
    };
    reader.known_keys(table, &["match", "pass"], "among examples");
    for (key, must_fire) in [("match", true), ("pass", false)] {
        let Some(list) = table
            .get(key)
            .and_then(|value| reader.list(value, "[\"I sell backlinks\"]"))
        else {
            continue;
        };
        for entry in list {
            if let Some(example) = read_example(reader, entry) {
                examples.push(Example {
                    must_fire,
                    span: entry.span(),
                    ..example
                });
            }
        }
    }
    examples
}

fn read_example<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Example> {
    let Some(table) = value.get_ref().as_table() else {
        return reader
            .text(value, "\"I sell backlinks\"")
            .map(Example::of_text);
    };
    reader.known_keys(table, KEYS, "in an example");
    let before = reader.problems.len();
    let mut example = Example::of_text("");
    example.message.markdown = None;
    for (key, value) in super::read::in_order(table) {
        set(reader, &mut example, key.get_ref(), value);
    }
    if !table.contains_key("text") && !table.contains_key("html") {
        reader.error(
            "missing-key",
            &value.span(),
            "this example has no `text`",
            "write it like this: { text = \"I sell backlinks\", sender = \"lead\" }",
        );
    }
    (reader.problems.len() == before).then_some(example)
}

fn set<'a>(reader: &mut Reader<'a>, example: &mut Example, key: &str, value: &Value<'a>) {
    let message = &mut example.message;
    let text = |reader: &mut Reader<'a>| {
        reader
            .text(value, &format!("{key} = \"…\""))
            .map(str::to_owned)
    };
    match key {
        "text" => message.markdown = text(reader),
        "html" => message.html = text(reader),
        "sender" => {
            if let Some(kind) = reader.word(
                value,
                ContactKind::ALL,
                ContactKind::as_str,
                "sender = \"customer\"",
            ) {
                message.from.kind = kind;
            }
        }
        "sender_email" => message.from.email = text(reader),
        "sender_name" => message.from.name = text(reader),
        "channel" => {
            if let Some(channel) =
                reader.word(value, Channel::ALL, Channel::as_str, "channel = \"email\"")
            {
                message.channel = channel;
            }
        }
        "conversation" => {
            message.opens_conversation = reader.word(
                value,
                &["new", "reply"],
                |word| word,
                "conversation = \"reply\"",
            ) == Some("new");
        }
        "first_message" => {
            example.facts.first_message = reader
                .yes_or_no(value, "first_message = false")
                .unwrap_or(true);
        }
        "answered_before" => {
            example.facts.answered_before = reader
                .yes_or_no(value, "answered_before = true")
                .unwrap_or(false);
        }
        "messages" => example.messages = reader.count(value, "messages = 6").unwrap_or(1),
        _ => {}
    }
}

/// Tries a rule's examples on it and reports those that come out otherwise.
pub(super) fn try_examples(reader: &mut Reader<'_>, rule: &Rule, examples: &[Example]) {
    let mut wanted = Wanted::default();
    rule.wants(&mut wanted);
    for example in examples {
        let facts = example.facts_for(&wanted);
        let subject = Subject::new(&example.message, &facts);
        match (example.must_fire, rule.judge(&subject)) {
            (true, None) => reader.error(
                "example-does-not-fire",
                &example.span,
                format!("{} must fire on this example, but does not", rule.id),
                why_not(rule, &subject),
            ),
            (false, Some(finding)) => {
                let found: Vec<String> = finding
                    .evidence
                    .iter()
                    .map(|evidence| format!("“{}” ({})", evidence.matched, evidence.condition))
                    .collect();
                reader.error(
                    "example-fires",
                    &example.span,
                    format!("{} must let this example pass, but fires on it", rule.id),
                    format!(
                        "it found {}; narrow the rule, or add an `unless`",
                        found.join(", ")
                    ),
                );
            }
            _ => {}
        }
    }
}

fn why_not(rule: &Rule, subject: &Subject<'_>) -> String {
    let trace = super::explain::trace_rule(rule, subject);
    match trace.missing().first() {
        Some(missing) => format!("it lacks this: {missing}"),
        None => "an `unless` condition holds".to_owned(),
    }
}
