//! The words that matched, shown in their line of the message.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;

use crate::decision::{Decision, Evidence, Finding, RuleId};
use crate::desk::search::printable;
use crate::message::Message;
use crate::rules::text;

/// So much of a line is shown before the first match and after the last, in characters.
const AROUND: usize = 60;
/// Around what matched.
const MARKS: (&str, &str) = ("⟦", "⟧");

/// What a rule found in one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Quote {
    pub rule: RuleId,
    /// The line of the message with what matched between ⟦ and ⟧; nothing for what does not stand in the text, or after the
    /// text was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// Which line of the text that is, from 1 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<usize>,
    /// The conditions that matched here, and what they looked for.
    pub found: Vec<Found>,
}

/// A condition that matched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    pub condition: String,
    pub wanted: String,
    pub matched: String,
    /// The list file that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
}

impl Found {
    fn of(evidence: &Evidence) -> Self {
        Self {
            condition: evidence.condition.clone(),
            wanted: evidence.wanted.clone(),
            matched: evidence.matched.clone(),
            list: evidence.list.clone(),
        }
    }
}

/// What each rule found, by lines of the message.
pub fn quotes(decision: &Decision, message: &Message) -> Vec<Quote> {
    let shown = text::shown(message.html.as_deref(), message.markdown.as_deref());
    let findings = decision.findings.iter();
    findings
        .flat_map(|finding| of_rule(finding, &shown))
        .collect()
}

/// What the record says that matched, where the text is gone.
pub fn without_text(decision: &Decision) -> Vec<Quote> {
    let findings = decision.findings.iter();
    let kept = findings.filter(|finding| !finding.evidence.is_empty());
    kept.map(|finding| Quote {
        rule: finding.rule.clone(),
        line: None,
        number: None,
        found: finding.evidence.iter().map(Found::of).collect(),
    })
    .collect()
}

fn of_rule(finding: &Finding, shown: &str) -> Vec<Quote> {
    let mut lines: BTreeMap<usize, Vec<&Evidence>> = BTreeMap::new();
    let mut elsewhere = Vec::new();
    for evidence in &finding.evidence {
        match &evidence.place {
            Some(place) if shown.get(place.clone()).is_some() => {
                lines
                    .entry(line_start(shown, place.start))
                    .or_default()
                    .push(evidence);
            }
            _ => elsewhere.push(evidence),
        }
    }
    let mut quotes: Vec<Quote> = lines
        .into_iter()
        .map(|(start, found)| {
            let places: Vec<Range<usize>> = found
                .iter()
                .filter_map(|evidence| evidence.place.clone())
                .collect();
            let before = shown.get(..start).unwrap_or_default();
            Quote {
                rule: finding.rule.clone(),
                line: Some(marked(shown, start, places)),
                number: Some(before.matches('\n').count() + 1),
                found: found.into_iter().map(Found::of).collect(),
            }
        })
        .collect();
    if !elsewhere.is_empty() {
        quotes.push(Quote {
            rule: finding.rule.clone(),
            line: None,
            number: None,
            found: elsewhere.into_iter().map(Found::of).collect(),
        });
    }
    quotes
}

fn line_start(shown: &str, at: usize) -> usize {
    let before = shown.get(..at).unwrap_or_default();
    before.rfind('\n').map_or(0, |end| end + 1)
}

/// The line from `start` on with marks around the places, shortened before the first and after the last.
fn marked(shown: &str, start: usize, mut places: Vec<Range<usize>>) -> String {
    places.sort_by_key(|place| (place.start, place.end));
    let last = places.iter().map(|place| place.end).max().unwrap_or(start);
    let rest = shown.get(last..).unwrap_or_default();
    let end = rest.find('\n').map_or(shown.len(), |length| last + length);
    let (mut text, mut at) = (String::new(), start);
    for place in places {
        // What overlaps what is marked already is marked with it.
        if place.start < at {
            continue;
        }
        let between = shown.get(at..place.start).unwrap_or_default();
        text.push_str(&if at == start {
            tail(between)
        } else {
            between.to_owned()
        });
        text.push_str(MARKS.0);
        text.push_str(shown.get(place.clone()).unwrap_or_default());
        text.push_str(MARKS.1);
        at = place.end;
    }
    text.push_str(&head(shown.get(at..end).unwrap_or_default()));
    // A match may go over the end of a line.
    printable(&text).trim().to_owned()
}

fn head(text: &str) -> String {
    match text.char_indices().nth(AROUND) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn tail(text: &str) -> String {
    let length = text.chars().count();
    let Some(skipped) = length.checked_sub(AROUND).filter(|skipped| *skipped > 0) else {
        return text.to_owned();
    };
    let kept: String = text.chars().skip(skipped).collect();
    format!("…{kept}")
}
