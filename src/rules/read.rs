//! Reads values out of a parsed rule file and collects every problem on the way.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::engine::Lexicon;
use super::lists::Lists;
use super::signal::SignalId;
use super::source::{Source, kind_of};
use crate::problem::{Problem, nearest};
use crate::time::parse_span;

pub(super) type Value<'a> = Spanned<DeValue<'a>>;
pub(super) type Key<'a> = Spanned<toml::de::DeString<'a>>;

/// Most errors and most warnings told of one file; the rest would only hide the first ones.
const MAX_PROBLEMS: usize = 200;

/// What the reading of all files has in common.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// What the rules read so far look for.
    pub lexicon: Lexicon,
    /// The list files of the folder.
    pub lists: Lists,
    /// The signals of all files, by name.
    pub signals: BTreeMap<String, SignalId>,
}

/// One file being read.
pub(super) struct Reader<'a> {
    pub source: Source<'a>,
    pub shared: Shared,
    pub problems: Vec<Problem>,
    /// A byte up to which lines are counted, and its line.
    counted: (usize, usize),
}

impl<'a> Reader<'a> {
    pub fn new(source: Source<'a>, shared: Shared) -> Self {
        Self {
            source,
            shared,
            problems: Vec::new(),
            counted: (0, 1),
        }
    }

    /// The line of a byte. Rules are met in order, so that each line is counted once.
    pub fn line_of(&mut self, at: usize) -> usize {
        let (from, line) = if at >= self.counted.0 {
            self.counted
        } else {
            (0, 1)
        };
        let between = self.source.text.get(from..at).unwrap_or_default();
        self.counted = (at, line + between.matches('\n').count());
        self.counted.1
    }

    pub fn error(
        &mut self,
        code: &'static str,
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Problem::error(code, message), span, help);
    }

    pub fn warning(
        &mut self,
        code: &'static str,
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Problem::warning(code, message), span, help);
    }

    /// How many errors there are so far; warnings do not count.
    pub fn errors(&self) -> usize {
        self.problems
            .iter()
            .filter(|problem| problem.is_error())
            .count()
    }

    fn push(&mut self, problem: Problem, span: &Range<usize>, help: impl Into<String>) {
        // Counted apart: many warnings must not hide an error, for a rule left out would not be missed.
        let alike = |known: &&Problem| known.severity == problem.severity;
        if self.problems.iter().filter(alike).count() < MAX_PROBLEMS {
            self.problems
                .push(problem.at(self.source.place(span)).help(help));
        }
    }

    fn wrong_type(&mut self, value: &Value<'_>, wanted: &str, example: &str) {
        let message = format!("expected {wanted}, found {}", kind_of(value.get_ref()));
        self.error(
            "wrong-type",
            &value.span(),
            message,
            format!("write it like this: {example}"),
        );
    }

    /// Reports every key that is not among `known`, with the nearest known one.
    pub fn known_keys(&mut self, table: &DeTable<'_>, known: &[&str], of: &str) {
        let mut unknown: Vec<&Key<'_>> = table
            .keys()
            .filter(|key| !known.contains(&key.get_ref().as_ref()))
            .collect();
        unknown.sort_by_key(|key| key.span().start);
        for key in unknown {
            self.unknown_word("unknown-key", &key.span(), key.get_ref(), known, of);
        }
    }

    pub fn unknown_word(
        &mut self,
        code: &'static str,
        span: &Range<usize>,
        word: &str,
        known: &[&str],
        of: &str,
    ) {
        let meant = super::meant::meant(word, known);
        let help = match meant.or_else(|| nearest(word, known.iter().copied())) {
            Some(near) => format!("did you mean `{near}`?"),
            None if code == "unknown-condition" => {
                "`bouncer explain conditions` names all there are".to_owned()
            }
            None => format!("known are: {}", known.join(", ")),
        };
        self.error(code, span, format!("`{word}` is not known {of}"), help);
    }

    pub fn text<'v>(&mut self, value: &'v Value<'_>, example: &str) -> Option<&'v str> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value, "a text in quotes", example);
            return None;
        };
        if text.trim().is_empty() {
            self.error(
                "empty-text",
                &value.span(),
                "this text is empty",
                format!("write it like this: {example}"),
            );
            return None;
        }
        Some(text)
    }

    pub fn yes_or_no(&mut self, value: &Value<'_>, example: &str) -> Option<bool> {
        let answer = value.get_ref().as_bool();
        if answer.is_none() {
            self.wrong_type(value, "true or false, without quotes", example);
        }
        answer
    }

    pub fn number(&mut self, value: &Value<'_>, example: &str) -> Option<i64> {
        let number = match value.get_ref() {
            DeValue::Integer(integer) => {
                i64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()).ok()
            }
            _ => None,
        };
        if number.is_none() {
            let wanted = match value.get_ref() {
                DeValue::Integer(_) => "a smaller number",
                _ => "a whole number",
            };
            self.wrong_type(value, wanted, example);
        }
        number
    }

    pub fn count(&mut self, value: &Value<'_>, example: &str) -> Option<u64> {
        let number = self.number(value, example)?;
        if let Ok(count) = u64::try_from(number) {
            return Some(count);
        }
        self.error(
            "below-zero",
            &value.span(),
            "this number cannot be below zero",
            format!("write it like this: {example}"),
        );
        None
    }

    /// A share from 0 to 1.
    pub fn share(&mut self, value: &Value<'_>, example: &str) -> Option<f64> {
        let share = match value.get_ref() {
            DeValue::Float(float) => float.as_str().replace('_', "").parse().ok(),
            DeValue::Integer(_) => {
                let whole = self.number(value, example)?;
                i32::try_from(whole)
                    .ok()
                    .map_or(Some(f64::MAX), |whole| Some(f64::from(whole)))
            }
            _ => None,
        };
        let Some(share) = share else {
            self.wrong_type(value, "a share, such as 0.8", example);
            return None;
        };
        if (0.0..=1.0).contains(&share) {
            return Some(share);
        }
        let help = if share > 1.0 && share <= 100.0 {
            format!("write {} for {share} %", share / 100.0)
        } else {
            format!("write it like this: {example}")
        };
        self.error(
            "share-out-of-range",
            &value.span(),
            "a share is between 0 and 1: 0.8 is 80 %",
            help,
        );
        None
    }

    pub fn span_of_time(&mut self, value: &Value<'_>, example: &str) -> Option<Duration> {
        let text = self.text(value, example)?;
        let span = parse_span(text).filter(|span| !span.is_zero());
        if span.is_none() {
            let message = format!("`{text}` is not a span of time");
            self.error(
                "bad-span",
                &value.span(),
                message,
                format!("a number and s, m, h or d, like this: {example}"),
            );
        }
        span
    }

    pub fn table<'v>(&mut self, value: &'v Value<'a>, example: &str) -> Option<&'v DeTable<'a>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(value, "braces { }", example);
        }
        table
    }

    pub fn list<'v>(&mut self, value: &'v Value<'a>, example: &str) -> Option<&'v [Value<'a>]> {
        let Some(list) = value.get_ref().as_array() else {
            self.wrong_type(value, "a list in brackets", example);
            return None;
        };
        if list.is_empty() {
            self.error(
                "empty-list",
                &value.span(),
                "this list is empty, so it can never match",
                format!("write it like this: {example}"),
            );
            return None;
        }
        Some(list)
    }

    /// A list of texts, each with its place. Entries that are not texts are reported and left out.
    pub fn texts(
        &mut self,
        value: &Value<'a>,
        example: &str,
    ) -> Option<Vec<(String, Range<usize>)>> {
        let list = self.list(value, example)?;
        let before = self.problems.len();
        let texts: Vec<_> = list
            .iter()
            .filter_map(|entry| Some((self.text(entry, example)?.to_owned(), entry.span())))
            .collect();
        (self.problems.len() == before).then_some(texts)
    }

    /// A list of words out of a closed vocabulary.
    pub fn vocabulary<T: Copy>(
        &mut self,
        value: &Value<'a>,
        all: &[T],
        say: fn(T) -> &'static str,
        example: &str,
    ) -> Option<Vec<T>> {
        let texts = self.texts(value, example)?;
        let known: Vec<&str> = all.iter().copied().map(say).collect();
        let mut values = Vec::new();
        for (text, span) in texts {
            match all
                .iter()
                .copied()
                .find(|&candidate| say(candidate) == text)
            {
                Some(found) => values.push(found),
                None => self.unknown_word("unknown-word", &span, &text, &known, "here"),
            }
        }
        (!values.is_empty()).then_some(values)
    }

    /// One word out of a closed vocabulary.
    pub fn word<T: Copy>(
        &mut self,
        value: &Value<'_>,
        all: &[T],
        say: fn(T) -> &'static str,
        example: &str,
    ) -> Option<T> {
        let text = self.text(value, example)?;
        let found = all
            .iter()
            .copied()
            .find(|&candidate| say(candidate) == text);
        if found.is_none() {
            let known: Vec<&str> = all.iter().copied().map(say).collect();
            self.unknown_word("unknown-word", &value.span(), text, &known, "here");
        }
        found
    }
}

/// The keys and values of a table in the order they were written.
pub(super) fn in_order<'t, 'a>(table: &'t DeTable<'a>) -> Vec<(&'t Key<'a>, &'t Value<'a>)> {
    let mut pairs: Vec<_> = table.iter().collect();
    pairs.sort_by_key(|(key, _)| key.span().start);
    pairs
}
