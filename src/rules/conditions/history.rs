//! `first_message`, `messages`, `known_for`, `answered_before`, `blocked_before`, `unblocked_before`: what was known of the
//! sender when they wrote.

use std::time::Duration;

use super::Kind;
use super::shape::Bounds;
use super::window::{counts_too_high, read_window, schema_within};
use crate::decision::{Evidence, Facts, Part, Wanted};
use crate::rules::condition::Condition;
use crate::rules::read::{Reader, Value};
use crate::rules::schema;
use crate::rules::subject::{Subject, evidence};
use crate::time::{millis_of, say_span};

const MESSAGES_EXAMPLE: &str = "{ at_least = 5, within = \"1m\" }";
const KNOWN_EXAMPLE: &str = "{ at_most = \"1h\" }";

pub const FIRST_MESSAGE: Kind = Kind {
    name: "first_message",
    about: "It is (true) or is not (false) the first message known of this sender.",
    example: "{ first_message = true }",
    fires: r#"{ text = "Hello", first_message = true }"#,
    passes: r#"{ text = "Hello", first_message = false }"#,
    schema: schema::yes_or_no,
    read: |reader, value| Past::read(reader, value, &FIRST),
};

pub const MESSAGES: Kind = Kind {
    name: "messages",
    about: "The sender wrote at least or at most so many messages within a span of time, this one included. Counted up to 1,000, over at most 7 days.",
    example: "{ messages = { at_least = 5, within = \"1m\" } }",
    fires: r#"{ text = "Hello", messages = 5 }"#,
    passes: r#"{ text = "Hello", messages = 4 }"#,
    schema: || schema_within(["at_least", "at_most"]),
    read: |reader, value| {
        let bounds = Bounds::read(reader, value, MESSAGES_EXAMPLE, &["within"])?;
        let within = read_window(reader, value, MESSAGES_EXAMPLE)?;
        if counts_too_high(reader, value, bounds) {
            return None;
        }
        Some(Box::new(Messages { bounds, within }))
    },
};

pub const KNOWN_FOR: Kind = Kind {
    name: "known_for",
    about: "The sender's first message known to us was written at least or at most so long before this one; with a first message that is no time at all.",
    example: "{ known_for = { at_most = \"1h\" } }",
    fires: r#"{ text = "Hello", known_for = "59m" }"#,
    passes: r#"{ text = "Hello", known_for = "61m" }"#,
    schema: || schema::bounds(&schema::span()),
    read: |reader, value| Some(Box::new(KnownFor::read(reader, value)?)),
};

pub const ANSWERED_BEFORE: Kind = Kind {
    name: "answered_before",
    about: "A teammate has (true) or has not (false) answered this sender before.",
    example: "{ answered_before = true }",
    fires: r#"{ text = "Hello", answered_before = true }"#,
    passes: r#"{ text = "Hello", answered_before = false }"#,
    schema: schema::yes_or_no,
    read: |reader, value| Past::read(reader, value, &ANSWERED),
};

pub const BLOCKED_BEFORE: Kind = Kind {
    name: "blocked_before",
    about: "The bouncer has (true) or has not (false) had this sender blocked before the message was written, whatever became of the block.",
    example: "{ blocked_before = true }",
    fires: r#"{ text = "Hello", blocked_before = true }"#,
    passes: r#"{ text = "Hello", blocked_before = false }"#,
    schema: schema::yes_or_no,
    read: |reader, value| Past::read(reader, value, &BLOCKED),
};

pub const UNBLOCKED_BEFORE: Kind = Kind {
    name: "unblocked_before",
    about: "A person has (true) or has not (false) had this sender unblocked by the bouncer before the message was written.",
    example: "{ unblocked_before = true }",
    fires: r#"{ text = "Hello", unblocked_before = true }"#,
    passes: r#"{ text = "Hello", unblocked_before = false }"#,
    schema: schema::yes_or_no,
    read: |reader, value| Past::read(reader, value, &UNBLOCKED),
};

/// Something that is so or is not.
#[derive(Debug)]
struct Fact {
    condition: &'static str,
    of: fn(&Facts) -> bool,
    wants: fn(&mut Wanted),
    so: &'static str,
    not_so: &'static str,
}

static FIRST: Fact = Fact {
    condition: "first_message",
    of: |facts| facts.first_message,
    wants: |_| {},
    so: "it is the sender's first message",
    not_so: "the sender has written before",
};

static ANSWERED: Fact = Fact {
    condition: "answered_before",
    of: |facts| facts.answered_before,
    wants: |_| {},
    so: "a teammate has answered the sender before",
    not_so: "no teammate has answered the sender yet",
};

static BLOCKED: Fact = Fact {
    condition: "blocked_before",
    of: |facts| facts.blocked_before,
    wants: |wanted| wanted.past_blocks = true,
    so: "the sender was blocked before",
    not_so: "the sender was never blocked before",
};

static UNBLOCKED: Fact = Fact {
    condition: "unblocked_before",
    of: |facts| facts.unblocked_before,
    wants: |wanted| wanted.past_blocks = true,
    so: "a person has unblocked the sender before",
    not_so: "nobody has unblocked the sender before",
};

impl Fact {
    const fn words(&self, is: bool) -> &'static str {
        if is { self.so } else { self.not_so }
    }
}

#[derive(Debug)]
struct Past {
    fact: &'static Fact,
    wanted: bool,
}

impl Past {
    fn read(
        reader: &mut Reader<'_>,
        value: &Value<'_>,
        fact: &'static Fact,
    ) -> Option<Box<dyn Condition>> {
        let example = format!("{{ {} = true }}", fact.condition);
        let wanted = reader.yes_or_no(value, &example)?;
        Some(Box::new(Self { fact, wanted }))
    }
}

impl Condition for Past {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let words = self.fact.words(self.wanted);
        let held = (self.fact.of)(subject.facts) == self.wanted;
        held.then(|| vec![evidence(self.fact.condition, Part::History, words, words)])
    }

    fn say(&self) -> String {
        self.fact.words(self.wanted).to_owned()
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(self.fact.words((self.fact.of)(subject.facts)).to_owned())
    }

    fn wants(&self, wanted: &mut Wanted) {
        (self.fact.wants)(wanted);
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
        self.bounds.hold(count).then(|| {
            let matched = format!("{count} messages within {}", say_span(self.within));
            let wanted = self.bounds.say();
            vec![evidence("messages", Part::History, &matched, &wanted)]
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

/// How long the sender has been known.
#[derive(Debug)]
struct KnownFor {
    at_least: Option<Duration>,
    at_most: Option<Duration>,
}

impl KnownFor {
    fn read<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Self> {
        let table = reader.table(value, KNOWN_EXAMPLE)?;
        let before = reader.problems.len();
        reader.known_keys(table, &["at_least", "at_most"], "here");
        let mut bound = |key: &str, example: &str| {
            let span = table.get(key)?;
            reader.span_of_time(span, example)
        };
        let at_least = bound("at_least", "at_least = \"7d\"");
        let at_most = bound("at_most", "at_most = \"1h\"");
        if reader.problems.len() > before {
            return None;
        }
        match (at_least, at_most) {
            (None, None) => reader.error(
                "no-bounds",
                &value.span(),
                "neither at_least nor at_most is given",
                format!("write it like this: {KNOWN_EXAMPLE}"),
            ),
            (Some(least), Some(most)) if least > most => reader.error(
                "bounds-crossed",
                &value.span(),
                format!(
                    "nobody is known for at least {} and at most {}",
                    say_span(least),
                    say_span(most)
                ),
                "exchange the two spans",
            ),
            _ => return Some(Self { at_least, at_most }),
        }
        None
    }

    fn span(subject: &Subject<'_>) -> Duration {
        let since = subject.facts.known_since;
        since.map_or(Duration::ZERO, |since| subject.message.sent_at.since(since))
    }

    /// Nothing smaller than a second, as one would say it.
    fn say_known(span: Duration) -> String {
        if span.is_zero() {
            return "it is the sender's first message".to_owned();
        }
        let whole = Duration::from_secs(span.as_secs().max(1));
        format!("the sender has been known for {}", say_span(whole))
    }

    fn say_bounds(&self) -> String {
        match (self.at_least, self.at_most) {
            (Some(least), Some(most)) => format!("{} to {}", say_span(least), say_span(most)),
            (Some(least), None) => format!("at least {}", say_span(least)),
            (None, most) => format!("at most {}", say_span(most.unwrap_or_default())),
        }
    }
}

impl Condition for KnownFor {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let span = Self::span(subject);
        let held = self.at_least.is_none_or(|least| span >= least)
            && self.at_most.is_none_or(|most| span <= most);
        held.then(|| {
            vec![evidence(
                "known_for",
                Part::History,
                &Self::say_known(span),
                &self.say_bounds(),
            )]
        })
    }

    fn say(&self) -> String {
        format!("the sender has been known for {}", self.say_bounds())
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(Self::say_known(Self::span(subject)))
    }

    fn wants(&self, wanted: &mut Wanted) {
        wanted.known_since = true;
    }
}
