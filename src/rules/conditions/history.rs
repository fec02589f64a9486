//! `first_message`, `messages`, `answered_before`: what was known of the sender when they wrote.

use std::time::Duration;

use super::Kind;
use super::shape::Bounds;
use crate::decision::{Evidence, Part, Wanted};
use crate::rules::condition::Condition;
use crate::rules::schema;
use crate::rules::subject::{Subject, evidence};
use crate::time::{millis_of, say_span};

const MESSAGES_EXAMPLE: &str = "{ at_least = 5, within = \"1m\" }";

pub const FIRST_MESSAGE: Kind = Kind {
    name: "first_message",
    about: "It is (true) or is not (false) the first message known of this sender.",
    example: "{ first_message = true }",
    fires: r#"{ text = "Hello", first_message = true }"#,
    passes: r#"{ text = "Hello", first_message = false }"#,
    schema: schema::yes_or_no,
    read: |reader, value| {
        let wanted = reader.yes_or_no(value, "{ first_message = true }")?;
        Some(Box::new(FirstMessage { wanted }))
    },
};

pub const MESSAGES: Kind = Kind {
    name: "messages",
    about: "The sender wrote at least or at most so many messages within a span of time, this one included.",
    example: "{ messages = { at_least = 5, within = \"1m\" } }",
    fires: r#"{ text = "Hello", messages = 5 }"#,
    passes: r#"{ text = "Hello", messages = 4 }"#,
    schema: within_schema,
    read: |reader, value| {
        let bounds = Bounds::read(reader, value, MESSAGES_EXAMPLE, &["within"])?;
        let table = reader.table(value, MESSAGES_EXAMPLE)?;
        let Some(within) = table.get("within") else {
            reader.error(
                "no-window",
                &value.span(),
                "`within` is missing",
                format!("write it like this: {MESSAGES_EXAMPLE}"),
            );
            return None;
        };
        let within = reader.span_of_time(within, "within = \"10m\"")?;
        Some(Box::new(Messages { bounds, within }))
    },
};

pub const ANSWERED_BEFORE: Kind = Kind {
    name: "answered_before",
    about: "A teammate has (true) or has not (false) answered this sender before.",
    example: "{ answered_before = true }",
    fires: r#"{ text = "Hello", answered_before = true }"#,
    passes: r#"{ text = "Hello", answered_before = false }"#,
    schema: schema::yes_or_no,
    read: |reader, value| {
        let wanted = reader.yes_or_no(value, "{ answered_before = true }")?;
        Some(Box::new(AnsweredBefore { wanted }))
    },
};

/// Bounds and the span of time over which is counted.
fn within_schema() -> serde_json::Value {
    let mut within = schema::bounds(&schema::count());
    if let Some(properties) = within
        .get_mut("properties")
        .and_then(serde_json::Value::as_object_mut)
    {
        properties.insert("within".to_owned(), schema::span());
    }
    if let Some(table) = within.as_object_mut() {
        table.insert("required".to_owned(), serde_json::json!(["within"]));
    }
    within
}

fn when(held: bool, condition: &str, matched: &str) -> Option<Vec<Evidence>> {
    held.then(|| vec![evidence(condition, Part::History, matched, matched)])
}

#[derive(Debug)]
struct FirstMessage {
    wanted: bool,
}

impl FirstMessage {
    const fn words(is: bool) -> &'static str {
        if is {
            "it is the sender's first message"
        } else {
            "the sender has written before"
        }
    }
}

impl Condition for FirstMessage {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        when(
            subject.facts.first_message == self.wanted,
            "first_message",
            &self.say(),
        )
    }

    fn say(&self) -> String {
        Self::words(self.wanted).to_owned()
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(Self::words(subject.facts.first_message).to_owned())
    }
}

#[derive(Debug)]
struct Messages {
    bounds: Bounds,
    within: Duration,
}

impl Messages {
    fn count(&self, subject: &Subject<'_>) -> u64 {
        subject
            .facts
            .messages_within
            .get(&millis_of(self.within))
            .copied()
            .unwrap_or(1)
    }
}

impl Condition for Messages {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let count = self.count(subject);
        let matched = format!("{count} messages within {}", say_span(self.within));
        self.bounds.hold(count).then(|| {
            vec![evidence(
                "messages",
                Part::History,
                &matched,
                &self.bounds.say(),
            )]
        })
    }

    fn say(&self) -> String {
        format!(
            "the sender wrote {} within {}",
            self.bounds.say_of("message"),
            say_span(self.within)
        )
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(format!("it was {}", self.count(subject)))
    }

    fn wants(&self, wanted: &mut Wanted) {
        wanted.message_windows.insert(millis_of(self.within));
    }
}

#[derive(Debug)]
struct AnsweredBefore {
    wanted: bool,
}

impl AnsweredBefore {
    const fn words(is: bool) -> &'static str {
        if is {
            "a teammate has answered the sender before"
        } else {
            "no teammate has answered the sender yet"
        }
    }
}

impl Condition for AnsweredBefore {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        when(
            subject.facts.answered_before == self.wanted,
            "answered_before",
            &self.say(),
        )
    }

    fn say(&self) -> String {
        Self::words(self.wanted).to_owned()
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(Self::words(subject.facts.answered_before).to_owned())
    }
}
