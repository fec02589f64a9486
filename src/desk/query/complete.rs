//! What the last word of a search may become.

use serde::Serialize;

use super::{Key, VERDICTS};
use crate::store::audit::Action;

/// Most completions given at once.
const MOST: usize = 50;

/// What is known by name besides the words of the language itself.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub rules: Vec<String>,
    pub actors: Vec<String>,
}

/// The whole search with its last word completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Completion(pub String);

impl Known {
    /// What the last word of `text` may become, in order.
    #[must_use]
    pub fn complete(&self, text: &str) -> Vec<Completion> {
        let start = text.rfind(char::is_whitespace).map_or(0, |at| {
            at + text
                .get(at..)
                .and_then(|rest| rest.chars().next())
                .map_or(1, char::len_utf8)
        });
        let (before, last) = text.split_at_checked(start).unwrap_or(("", text));
        let word = last.strip_prefix('-').unwrap_or(last);
        let sign = if word.len() < last.len() { "-" } else { "" };
        let Some((key, values)) = word.split_once(':') else {
            let keys = Key::ALL.iter().map(|key| key.as_str());
            let fitting = keys.filter(|key| key.starts_with(word));
            return fitting
                .map(|key| Completion(format!("{before}{sign}{key}:")))
                .collect();
        };
        let (listed, value) = values.rsplit_once(',').map_or(("", values), |(_, value)| {
            let listed = values.len() - value.len();
            (values.get(..listed).unwrap_or_default(), value)
        });
        let mut found = self.values_of(key, value);
        found.sort();
        found.dedup();
        let written = |value: String| {
            if value.contains(|c: char| c.is_whitespace() || matches!(c, '"' | ',' | '\\')) {
                format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
            } else {
                value
            }
        };
        found
            .into_iter()
            .take(MOST)
            .map(|value| Completion(format!("{before}{sign}{key}:{listed}{}", written(value))))
            .collect()
    }

    fn values_of(&self, key: &str, beginning: &str) -> Vec<String> {
        let all: Vec<&str> = match Key::parse(key) {
            Some(Key::Action) => Action::ALL.iter().map(|action| action.as_str()).collect(),
            Some(Key::Verdict) => VERDICTS.to_vec(),
            Some(Key::Rule) => self.rules.iter().map(String::as_str).collect(),
            Some(Key::Actor) => self.actors.iter().map(String::as_str).collect(),
            Some(Key::Created) => vec![">1d", ">7d", ">30d"],
            _ => Vec::new(),
        };
        let fitting = all.into_iter().filter(|value| value.starts_with(beginning));
        fitting.map(str::to_owned).collect()
    }
}
