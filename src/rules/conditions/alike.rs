//! `same_text`, `same_text_from`: the same again, by the same sender or by several.

use std::time::Duration;

use super::Kind;
use super::shape::Bounds;
use super::window::{counts_too_high, read_window, schema_within};
use crate::decision::{Evidence, Part, Wanted};
use crate::rules::condition::Condition;
use crate::rules::read::{Reader, Value};
use crate::rules::subject::{Subject, evidence};
use crate::time::{millis_of, say_span};

const SAME_EXAMPLE: &str = "{ at_least = 3, within = \"10m\" }";
const FROM_EXAMPLE: &str = "{ senders_at_least = 3, within = \"10m\" }";
const SENDERS: [&str; 2] = ["senders_at_least", "senders_at_most"];

/// The shortest window over which senders are counted: what was written when is kept by the minute.
const SHORTEST: Duration = Duration::from_mins(1);

pub const SAME_TEXT: Kind = Kind {
    name: "same_text",
    about: "The sender wrote the same at least or at most so many times within a span of time, this message included. Texts count as the same when they differ in a name, a number or a few words; texts of fewer than some 24 characters only when they are equal but for capitals, digits and signs. Counted up to 1,000 among the sender's newest 1,000 messages, over at most 7 days.",
    example: "{ same_text = { at_least = 3, within = \"10m\" } }",
    fires: r#"{ text = "Hello", same_text = 3 }"#,
    passes: r#"{ text = "Hello", same_text = 2 }"#,
    schema: || schema_within(["at_least", "at_most"]),
    read: |reader, value| {
        let bounds = Bounds::read(reader, value, SAME_EXAMPLE, &["within"])?;
        let within = read_window(reader, value, SAME_EXAMPLE)?;
        if counts_too_high(reader, value, bounds) {
            return None;
        }
        Some(Box::new(SameText { bounds, within }))
    },
};

pub const SAME_TEXT_FROM: Kind = Kind {
    name: "same_text_from",
    about: "A wave: so many senders wrote the same within a span of time, this one included. What counts as the same is told as for `same_text`, so a short \"hi\" makes a wave with every equal \"hi\": ask for a `length`, too. Counted up to 1,000, over 1 minute to 7 days.",
    example: "{ same_text_from = { senders_at_least = 3, within = \"10m\" } }",
    fires: r#"{ text = "Hello", same_text_from = 3 }"#,
    passes: r#"{ text = "Hello", same_text_from = 2 }"#,
    schema: || schema_within(SENDERS),
    read: |reader, value| {
        let bounds = Bounds::read_as(reader, value, FROM_EXAMPLE, SENDERS, &["within"])?;
        let within = read_window(reader, value, FROM_EXAMPLE)?;
        if counts_too_high(reader, value, bounds) || too_short(reader, value, within) {
            return None;
        }
        Some(Box::new(SameTextFrom { bounds, within }))
    },
};

fn too_short(reader: &mut Reader<'_>, value: &Value<'_>, within: Duration) -> bool {
    let too_short = within < SHORTEST;
    if too_short {
        reader.error(
            "window-too-short",
            &value.span(),
            format!("senders are counted over at least {}", say_span(SHORTEST)),
            format!("write within = \"{}\" or more", say_span(SHORTEST)),
        );
    }
    too_short
}

#[derive(Debug)]
struct SameText {
    bounds: Bounds,
    within: Duration,
}

impl SameText {
    fn count(&self, subject: &Subject<'_>) -> u64 {
        let counts = &subject.facts.same_text_within;
        counts.get(&millis_of(self.within)).copied().unwrap_or(1)
    }
}

impl Condition for SameText {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let count = self.count(subject);
        self.bounds.hold(count).then(|| {
            let matched = format!("the same {count} times within {}", say_span(self.within));
            let wanted = self.bounds.say();
            vec![evidence("same_text", Part::History, &matched, &wanted)]
        })
    }

    fn say(&self) -> String {
        format!(
            "the sender wrote the same {} within {}",
            self.bounds.say_of("time"),
            say_span(self.within)
        )
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(format!("it was {}", self.count(subject)))
    }

    fn wants(&self, wanted: &mut Wanted) {
        wanted.same_text_windows.insert(millis_of(self.within));
    }
}

#[derive(Debug)]
struct SameTextFrom {
    bounds: Bounds,
    within: Duration,
}

impl SameTextFrom {
    fn count(&self, subject: &Subject<'_>) -> u64 {
        let counts = &subject.facts.senders_within;
        counts.get(&millis_of(self.within)).copied().unwrap_or(1)
    }
}

impl Condition for SameTextFrom {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let count = self.count(subject);
        self.bounds.hold(count).then(|| {
            let span = say_span(self.within);
            let matched = format!("the same from {count} senders within {span}");
            let wanted = self.bounds.say();
            vec![evidence("same_text_from", Part::History, &matched, &wanted)]
        })
    }

    fn say(&self) -> String {
        format!(
            "{} wrote the same within {}",
            self.bounds.say_of("sender"),
            say_span(self.within)
        )
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(format!("it was {}", self.count(subject)))
    }

    fn wants(&self, wanted: &mut Wanted) {
        wanted.wave_windows.insert(millis_of(self.within));
    }
}
