//! Examples: messages a rule must and must not fire on, tried at every load.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use toml::de::DeTable;
use unicode_segmentation::UnicodeSegmentation;

use super::condition::Clause;
use super::conditions::KINDS;
use super::fold::fold;
use super::read::{Reader, Value};
use super::rule::Rule;
use super::signal::Matcher;
use super::subject::Subject;
use crate::decision::{Facts, Lookup, Profile, Wanted};
use crate::message::{
    Channel, Contact, ContactId, ContactKind, ConversationId, EventId, Message, PartId,
};
use crate::time::Timestamp;

pub(super) const KEYS: &[&str] = &[
    "text",
    "html",
    "sender",
    "sender_email",
    "sender_name",
    "sender_verified",
    "sender_company",
    "sender_role",
    "sender_attributes",
    "channel",
    "conversation",
    "page",
    "brand",
    "subject",
    "first_message",
    "messages",
    "same_text",
    "same_text_from",
    "known_for",
    "answered_before",
    "blocked_before",
    "unblocked_before",
];

/// When examples are written, by their own clock.
const WRITTEN: Timestamp = Timestamp::from_millis(0);

/// A made-up message and what is known of its made-up sender. Left out, it is a lead's first message by desktop.
#[derive(Debug, Clone)]
pub struct Example {
    pub must_fire: bool,
    pub message: Message,
    pub facts: Facts,
    /// Messages of the sender in every window a rule asks for.
    pub messages: u64,
    /// Near-duplicates by the sender in every window a rule asks for.
    pub same_text: u64,
    /// Senders of near-duplicates in every window a rule asks for.
    pub same_text_from: u64,
    pub(super) span: Range<usize>,
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
                sent_at: WRITTEN,
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
                known_since: Some(WRITTEN),
                profile: Lookup::Found(Profile {
                    looked_up_at: WRITTEN,
                    verified: None,
                    companies: Vec::new(),
                    roles: Vec::new(),
                    attributes: BTreeMap::new(),
                }),
                ..Facts::default()
            },
            messages: 1,
            same_text: 1,
            same_text_from: 1,
            span: 0..0,
        }
    }

    /// The facts, with a count for every window that is asked for.
    #[must_use]
    pub fn facts_for(&self, wanted: &Wanted) -> Facts {
        let each = |windows: &BTreeSet<i64>, count: u64| {
            windows.iter().map(|window| (*window, count)).collect()
        };
        Facts {
            messages_within: each(&wanted.message_windows, self.messages),
            same_text_within: each(&wanted.same_text_windows, self.same_text),
            senders_within: each(&wanted.wave_windows, self.same_text_from),
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
        "sender_email" => message.from.email = text(reader),
        "sender_name" => message.from.name = text(reader),
        "page" => message.page = text(reader),
        "brand" => message.brand = text(reader),
        "subject" => message.subject = text(reader),
        "sender" => {
            let written = "sender = \"customer\"";
            let kind = reader.word(value, ContactKind::ALL, ContactKind::as_str, written);
            message.from.kind = kind.unwrap_or(message.from.kind);
        }
        "channel" => {
            let channel = reader.word(value, Channel::ALL, Channel::as_str, "channel = \"email\"");
            message.channel = channel.unwrap_or(message.channel);
        }
        "conversation" => {
            let opening = ["new", "reply"];
            let found = reader.word(value, &opening, |word| word, "conversation = \"reply\"");
            message.opens_conversation = found == Some("new");
        }
        _ => set_fact(reader, example, key, value),
    }
}

fn set_fact<'a>(reader: &mut Reader<'a>, example: &mut Example, key: &str, value: &Value<'a>) {
    let facts = &mut example.facts;
    let yes = |reader: &mut Reader<'a>| {
        reader
            .yes_or_no(value, &format!("{key} = true"))
            .unwrap_or(false)
    };
    let count = |reader: &mut Reader<'a>| {
        reader
            .count(value, &format!("{key} = 6"))
            .unwrap_or_default()
    };
    match key {
        "first_message" => facts.first_message = yes(reader),
        "answered_before" => facts.answered_before = yes(reader),
        "blocked_before" => facts.blocked_before = yes(reader),
        "unblocked_before" => facts.unblocked_before = yes(reader),
        "messages" => example.messages = count(reader),
        "same_text" => example.same_text = count(reader),
        "same_text_from" => example.same_text_from = count(reader),
        "known_for" => {
            let span = reader.span_of_time(value, "known_for = \"2h\"");
            facts.known_since = Some(WRITTEN.before(span.unwrap_or_default()));
        }
        _ => {
            if let Lookup::Found(profile) = &mut facts.profile {
                set_profile(reader, profile, key, value);
            }
        }
    }
}

fn set_profile<'a>(reader: &mut Reader<'a>, profile: &mut Profile, key: &str, value: &Value<'a>) {
    let texts = |reader: &mut Reader<'a>| -> Vec<String> {
        let texts = reader.texts(value, &format!("{key} = [\"…\"]"));
        texts.into_iter().flatten().map(|(text, _)| text).collect()
    };
    match key {
        "sender_verified" => profile.verified = reader.yes_or_no(value, "sender_verified = true"),
        "sender_company" => profile.companies = texts(reader),
        "sender_role" => profile.roles = texts(reader),
        "sender_attributes" => {
            let example = "{ plan = \"pro\" }";
            let Some(table) = reader.table(value, example) else {
                return;
            };
            for (name, value) in super::read::in_order(table) {
                if let Some(text) = reader.text(value, example) {
                    let (name, text) = (name.get_ref().to_string(), text.to_owned());
                    profile.attributes.insert(name, text);
                }
            }
        }
        _ => {}
    }
}

/// Tries a rule's examples on it and reports those that come out otherwise.
pub(super) fn try_examples(
    reader: &mut Reader<'_>,
    rule: &Rule,
    examples: &[Example],
    (matcher, wanted): (&Matcher, &Wanted),
) {
    let words = words_of(rule);
    for example in examples {
        let facts = example.facts_for(wanted);
        let subject = Subject::new(&example.message, &facts, matcher);
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
            (false, None) if !words.is_empty() && is_far_off(&words, rule, &subject) => {
                reader.warning(
                    "example-cannot-fail",
                    &example.span,
                    format!("nothing in this example comes near {}, so it would pass whatever the rule said", rule.id),
                    "use an honest message that shares words with the spam",
                );
            }
            _ => {}
        }
    }
}

/// How the words begin that a rule looks for, in its own conditions; none if it looks for none, or leaves that to a signal.
fn words_of(rule: &Rule) -> HashSet<String> {
    let asked = || rule.body.all.iter().chain(&rule.body.any);
    if !rule.body.signals().is_empty() || !asked().all(Clause::asks_for_words) {
        return HashSet::new();
    }
    let written: Vec<String> = asked().map(Clause::canonical).collect();
    let names = |word: &&str| !KINDS.iter().any(|kind| kind.name == *word);
    let written = fold(&written.join(" "));
    let long = written
        .unicode_words()
        .filter(|word| word.chars().count() > 2)
        .filter(names);
    long.map(beginning).collect()
}

/// By its first four letters a word is known again in most of its forms.
fn beginning(word: &str) -> String {
    word.chars().take(4).collect()
}

/// Whether an example neither shares a word with the rule nor has anything else it looks for in texts.
fn is_far_off(words: &HashSet<String>, rule: &Rule, subject: &Subject<'_>) -> bool {
    let text = subject.folded.plain().as_str();
    let mut shared = text.unicode_words().map(beginning);
    !shared.any(|word| words.contains(&word))
        && super::explain::trace_rule(rule, subject).is_far_off()
}

fn why_not(rule: &Rule, subject: &Subject<'_>) -> String {
    let trace = super::explain::trace_rule(rule, subject);
    match trace.missing().first() {
        Some(missing) => format!("it lacks this: {missing}"),
        None => "an `unless` condition holds".to_owned(),
    }
}
