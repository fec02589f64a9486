//! `{ at_least = n, at_most = m }`, for counts and for shares.

use std::fmt::Display;

use crate::rules::read::{Reader, Value};

/// How bounds are mostly called.
const AT: [&str; 2] = ["at_least", "at_most"];

/// Bounds of a count; either may be left out, not both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules::conditions) struct Bounds {
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
        Self::read_as(reader, value, example, AT, more)
    }

    /// Reads bounds that stand under other names.
    pub fn read_as<'a>(
        reader: &mut Reader<'a>,
        value: &Value<'a>,
        example: &str,
        names: [&str; 2],
        more: &[&str],
    ) -> Option<Self> {
        let [least, most] = names;
        let (few, many) = (format!("{least} = 3"), format!("{most} = 10"));
        let examples = (few.as_str(), many.as_str());
        let names = (names, more);
        let (at_least, at_most) =
            read_pair(reader, value, example, names, examples, Reader::count)?;
        if (at_least, at_most) == (Some(0), None) {
            reader.error(
                "always-true",
                &value.span(),
                "everything is at least 0",
                "give a larger number",
            );
            return None;
        }
        Some(Self { at_least, at_most })
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
        format!(
            "{} {one}{}",
            self.say(),
            ending(one, last.unwrap_or_default())
        )
    }

    pub fn say(self) -> String {
        say(self.at_least, self.at_most)
    }
}

/// Bounds of a share, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shares {
    at_least: Option<f64>,
    at_most: Option<f64>,
}

impl Shares {
    pub fn read<'a>(reader: &mut Reader<'a>, value: &Value<'a>, example: &str) -> Option<Self> {
        let examples = ("at_least = 0.8", "at_most = 0.2");
        let (at_least, at_most) =
            read_pair(reader, value, example, (AT, &[]), examples, Reader::share)?;
        let all_above = at_least.is_none_or(|least| least <= 0.0);
        let all_below = at_most.is_none_or(|most| most >= 1.0);
        if all_above && all_below {
            reader.error(
                "always-true",
                &value.span(),
                "every share is at least 0 and at most 1",
                format!("write it like this: {example}"),
            );
            return None;
        }
        Some(Self { at_least, at_most })
    }

    pub fn hold(self, share: f64) -> bool {
        self.at_least.is_none_or(|least| share >= least)
            && self.at_most.is_none_or(|most| share <= most)
    }

    pub fn say(self) -> String {
        say(self.at_least, self.at_most)
    }
}

/// `1 link`, `2 links`, `0 e-mail addresses`.
pub(super) fn counted(number: u64, one: &str) -> String {
    format!("{number} {one}{}", ending(one, number))
}

fn ending(one: &str, number: u64) -> &'static str {
    match number {
        1 => "",
        _ if one.ends_with('s') => "es",
        _ => "s",
    }
}

fn say<T: Display + PartialEq>(at_least: Option<T>, at_most: Option<T>) -> String {
    match (at_least, at_most) {
        (Some(least), Some(most)) if least == most => format!("exactly {least}"),
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (None, None) => "any".to_owned(),
    }
}

type Pair<T> = (Option<T>, Option<T>);

/// Reads both bounds, at least one of which is given; `read_one` reads a number, for which `examples` stand.
fn read_pair<'a, T: Copy + Display + PartialOrd>(
    reader: &mut Reader<'a>,
    value: &Value<'a>,
    example: &str,
    ([least, most], more): ([&str; 2], &[&str]),
    examples: (&str, &str),
    read_one: fn(&mut Reader<'a>, &Value<'a>, &str) -> Option<T>,
) -> Option<Pair<T>> {
    let table = reader.table(value, example)?;
    let known: Vec<&str> = [least, most].iter().chain(more).copied().collect();
    let before = reader.problems.len();
    reader.known_keys(table, &known, "here");
    let at_least = table
        .get(least)
        .and_then(|number| read_one(reader, number, examples.0));
    let at_most = table
        .get(most)
        .and_then(|number| read_one(reader, number, examples.1));
    if reader.problems.len() > before {
        return None;
    }
    match (at_least, at_most) {
        (None, None) => reader.error(
            "no-bounds",
            &value.span(),
            format!("neither {least} nor {most} is given"),
            format!("write it like this: {example}"),
        ),
        (Some(from), Some(to)) if from > to => reader.error(
            "bounds-crossed",
            &value.span(),
            format!("nothing is at least {from} and at most {to}"),
            "exchange the two numbers",
        ),
        pair => return Some(pair),
    }
    None
}
