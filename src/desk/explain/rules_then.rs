//! The rules that fired, as they read when they did, and what has become of them since.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::decision::{Decision, RuleId, Stage, Then};
use crate::desk::rulebooks::diff::RuleWords;
use crate::rules::Rulebook;
use crate::rules::rule::Rule;

/// A rule that fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleThen {
    pub rule: RuleId,
    pub why: String,
    pub stage: Stage,
    pub asks: Then,
    /// How it read then, and where it stood; nothing if the rules of that time cannot be loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<RuleWords>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    pub since: Since,
    /// How it reads now, where it reads otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<RuleWords>,
}

crate::vocabulary! {
    /// What has become of a rule.
    Since {
        Same = "same",
        /// It reads otherwise.
        Changed = "changed",
        /// It reads the same, but a signal or a list it uses has changed.
        PartsChanged = "parts-changed",
        Gone = "gone",
        Unknown = "unknown",
    }
}

impl Since {
    #[must_use]
    pub const fn say(self) -> &'static str {
        match self {
            Self::Same => "It reads the same today.",
            Self::Changed => "It has been changed since.",
            Self::PartsChanged => {
                "It reads the same today, but a signal or a list it uses has been changed."
            }
            Self::Gone => "It has been taken out since.",
            Self::Unknown => "Whether it has been changed since cannot be told.",
        }
    }
}

pub fn rules_then(
    decision: &Decision,
    then: Option<&Rulebook>,
    now: Option<&Rulebook>,
) -> Vec<RuleThen> {
    let find = |book: Option<&'_ Rulebook>, id: &RuleId| -> Option<RuleWords> {
        rule_of(book?, id).map(RuleWords::of)
    };
    let findings = decision.findings.iter();
    findings
        .map(|finding| {
            let was = find(then, &finding.rule);
            let is = find(now, &finding.rule);
            let since = match (&was, now, &is) {
                (None, ..) | (_, None, _) => Since::Unknown,
                (Some(_), Some(_), None) => Since::Gone,
                (Some(was), Some(_), Some(is)) if was.reads != is.reads => Since::Changed,
                (Some(_), Some(_), Some(_))
                    if parts(then, &finding.rule) != parts(now, &finding.rule) =>
                {
                    Since::PartsChanged
                }
                _ => Since::Same,
            };
            RuleThen {
                rule: finding.rule.clone(),
                why: finding.why.clone(),
                stage: finding.stage,
                asks: finding.then,
                line: then
                    .and_then(|book| rule_of(book, &finding.rule))
                    .map(|rule| rule.line),
                then: was,
                now: is.filter(|_| since == Since::Changed),
                since,
            }
        })
        .collect()
}

fn rule_of<'b>(book: &'b Rulebook, id: &RuleId) -> Option<&'b Rule> {
    book.rules().iter().find(|rule| rule.id == *id)
}

/// How the signals a rule uses read, and what stands in the lists it uses.
fn parts(book: Option<&Rulebook>, id: &RuleId) -> Option<BTreeSet<String>> {
    let book = book?;
    let mut parts = BTreeSet::new();
    let mut open = vec![rule_of(book, id)?.say()];
    while let Some(said) = open.pop() {
        for signal in book.signals() {
            let reads = signal.body.say();
            let names = said.contains(&format!("the signal “{}”", signal.id));
            if names && parts.insert(format!("{}: {reads}", signal.id)) {
                open.push(reads);
            }
        }
        for list in book.lists() {
            if said.contains(&list.name) {
                let entries = list.entries.iter().map(|entry| entry.text.as_str());
                let entries: Vec<&str> = entries.collect();
                parts.insert(format!("{}: {}", list.name, entries.join("\n")));
            }
        }
    }
    Some(parts)
}
