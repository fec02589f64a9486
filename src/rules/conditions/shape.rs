//! `length`, and the bounds every counting condition shares.

use super::Kind;
use crate::decision::{Evidence, Part};
use crate::rules::condition::Condition;
use crate::rules::read::{Reader, Value};
use crate::rules::schema;
use crate::rules::subject::{Subject, evidence};

pub const LENGTH: Kind = Kind {
    name: "length",
    about: "The message's text has at least or at most so many characters.",
    example: "{ length = { at_most = 20 } }",
    fires: r#""Hello there""#,
    passes: r#""Hello, where do I find my invoices?""#,
    schema: || schema::bounds(&schema::count()),
    read: |reader, value| {
        let bounds = Bounds::read(reader, value, "{ at_least = 10, at_most = 200 }", &[])?;
        Some(Box::new(Length { bounds }))
    },
};

/// `{ at_least = n, at_most = m }`; either may be left out, not both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    at_least: Option<u64>,
    at_most: Option<u64>,
}

impl Bounds {
    /// Reads the bounds out of a table that may hold the keys `more` besides.
    pub fn read<'a>(
        reader: &mut Reader<'a>,
        value: &Value<'a>,
        example: &str,
        more: &[&str],
    ) -> Option<Self> {
        Self::read_as(reader, value, example, ["at_least", "at_most"], more)
    }

    /// Reads bounds that stand under other names.
    pub fn read_as<'a>(
        reader: &mut Reader<'a>,
        value: &Value<'a>,
        example: &str,
        [least, most]: [&str; 2],
        more: &[&str],
    ) -> Option<Self> {
        let table = reader.table(value, example)?;
        let known: Vec<&str> = [least, most].iter().chain(more).copied().collect();
        let before = reader.problems.len();
        reader.known_keys(table, &known, "here");
        let at_least = table
            .get(least)
            .and_then(|number| reader.count(number, &format!("{least} = 3")));
        let at_most = table
            .get(most)
            .and_then(|number| reader.count(number, &format!("{most} = 10")));
        if reader.problems.len() > before {
            return None;
        }
        let help = format!("write it like this: {example}");
        match (at_least, at_most) {
            (None, None) => reader.error(
                "no-bounds",
                &value.span(),
                format!("neither {least} nor {most} is given"),
                help,
            ),
            (Some(from), Some(to)) if from > to => reader.error(
                "bounds-crossed",
                &value.span(),
                format!("nothing is at least {from} and at most {to}"),
                "exchange the two numbers",
            ),
            (Some(0), None) => reader.error(
                "always-true",
                &value.span(),
                "everything is at least 0",
                "give a larger number",
            ),
            _ => return Some(Self { at_least, at_most }),
        }
        None
    }

    pub const fn hold(self, number: u64) -> bool {
        (match self.at_least {
            Some(least) => number >= least,
            None => true,
        }) && (match self.at_most {
            Some(most) => number <= most,
            None => true,
        })
    }

    /// Whether a bound lies above `most`.
    pub fn reach_beyond(self, most: u64) -> bool {
        self.at_least.max(self.at_most) > Some(most)
    }

    /// The bounds with what they count, such as `at least 1 link`.
    pub fn say_of(self, one: &str) -> String {
        let last = self.at_most.or(self.at_least);
        let ending = if last == Some(1) { "" } else { "s" };
        format!("{} {one}{ending}", self.say())
    }

    pub fn say(self) -> String {
        match (self.at_least, self.at_most) {
            (Some(least), Some(most)) if least == most => format!("exactly {least}"),
            (Some(least), Some(most)) => format!("{least} to {most}"),
            (Some(least), None) => format!("at least {least}"),
            (None, most) => format!("at most {}", most.unwrap_or_default()),
        }
    }
}

#[derive(Debug)]
struct Length {
    bounds: Bounds,
}

fn length_of(subject: &Subject<'_>) -> u64 {
    u64::try_from(subject.text.shown.chars().count()).unwrap_or(u64::MAX)
}

impl Condition for Length {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let length = length_of(subject);
        self.bounds.hold(length).then(|| {
            vec![evidence(
                "length",
                Part::Text,
                &format!("{length} characters"),
                &self.bounds.say(),
            )]
        })
    }

    fn say(&self) -> String {
        format!("the message has {}", self.bounds.say_of("character"))
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(format!("it has {}", length_of(subject)))
    }
}
