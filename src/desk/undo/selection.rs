//! What is to be undone.

use serde::Serialize;
use serde_json::Value;

use crate::decision::{Digest, RuleId};
use crate::message::ContactId;
use crate::store::audit::{Action, Entry};
use crate::store::causes::{Decided, rules_behind};
use crate::store::jobs::{Job, Step};
use crate::time::Timestamp;

/// Everything a rule did, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Selection {
    /// A rule's id, or its beginning followed by `*`.
    pub rule: String,
    /// Only by the rulebook whose digest begins so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Only what was decided from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Only what was decided up to then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Only about these; about everybody if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<ContactId>,
}

impl Selection {
    /// Everything a rule ever did.
    #[must_use]
    pub fn of_rule(rule: &str) -> Self {
        Self {
            rule: rule.to_owned(),
            version: None,
            since: None,
            until: None,
            contacts: Vec::new(),
        }
    }

    /// Whether it names a rule.
    #[must_use]
    pub fn names(&self, rule: &RuleId) -> bool {
        match self.rule.strip_suffix('*') {
            Some(beginning) => rule.0.starts_with(beginning),
            None => rule.0 == self.rule,
        }
    }

    /// Whether a decision is one of those, by a rule that led to it.
    #[must_use]
    pub fn meets(&self, decided: &Decided) -> bool {
        self.meets_place(&decided.contact, &decided.decision.book, decided.at)
            && rules_behind(&decided.decision)
                .iter()
                .any(|rule| self.names(rule))
    }

    /// Whether something rules ask for besides was asked for by these alone. What a person had done is not a rule's.
    pub(super) fn meets_step(&self, job: &Job, step: &Step) -> bool {
        let contact = ContactId::new(job.subject.clone());
        let mut rules = step.call.rules.split_whitespace();
        step.call
            .book
            .as_ref()
            .is_some_and(|book| self.meets_place(&contact, book, job.created_at))
            && rules.all(|rule| self.names(&RuleId(rule.to_owned())))
    }

    fn meets_place(&self, contact: &ContactId, book: &Digest, at: Timestamp) -> bool {
        let version = self.version.as_deref();
        version.is_none_or(|version| book.0.starts_with(version))
            && self.since.is_none_or(|since| at >= since)
            && self.until.is_none_or(|until| at <= until)
            && (self.contacts.is_empty() || self.contacts.contains(contact))
    }

    /// The selection in one written form: by it an undoing that was broken off is found again.
    pub(super) fn key(&self) -> String {
        let mut sorted = self.clone();
        sorted.contacts.sort();
        sorted.contacts.dedup();
        serde_json::to_string(&sorted).unwrap_or_default()
    }

    /// In words, such as "pitch/backlinks, version 1a2b3c, since 2026-11-01T00:00:00.000Z".
    #[must_use]
    pub fn say(&self) -> String {
        let mut words = vec![self.rule.clone()];
        words.extend(
            self.version
                .iter()
                .map(|version| format!("version {version}")),
        );
        words.extend(self.since.map(|since| format!("since {since}")));
        words.extend(self.until.map(|until| format!("until {until}")));
        if !self.contacts.is_empty() {
            words.push(format!("{} contacts named", self.contacts.len()));
        }
        words.join(", ")
    }
}

/// A row of the record about the rule of a selection.
pub(super) fn entry_of_rule(
    selection: &Selection,
    action: Action,
    (detail, actor): (Value, &str),
    now: Timestamp,
) -> Entry {
    Entry {
        rules: Some(selection.rule.clone()),
        ..Entry::new(action, now, detail).by(actor)
    }
}
