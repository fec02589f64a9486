//! Why a rule did or did not fire, condition by condition.

use serde::Serialize;

use super::condition::{Clause, Trace};
use super::rule::Rule;
use super::subject::Subject;
use crate::decision::{Evidence, Part, RuleId};

/// How one rule fared on one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleTrace {
    pub rule: RuleId,
    pub said: String,
    pub fired: bool,
    pub all: Vec<Trace>,
    pub any: Vec<Trace>,
    pub unless: Vec<Trace>,
}

/// Takes a rule apart on one message.
#[must_use]
pub fn trace_rule(rule: &Rule, subject: &Subject<'_>) -> RuleTrace {
    let trace = |clauses: &[Clause]| {
        clauses
            .iter()
            .map(|clause| clause.trace(subject))
            .collect::<Vec<_>>()
    };
    RuleTrace {
        rule: rule.id.clone(),
        said: rule.say(),
        fired: rule.judge(subject).is_some(),
        all: trace(&rule.body.all),
        any: trace(&rule.body.any),
        unless: trace(&rule.body.unless),
    }
}

impl RuleTrace {
    /// What would have to be different for the rule to fire, one sentence each.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let mut missing: Vec<String> = self
            .all
            .iter()
            .filter(|part| !part.held)
            .map(say_missing)
            .collect();
        if !self.any.is_empty() && !self.any.iter().any(|part| part.held) {
            let nearest = self.any.iter().find(|part| near_of(part).is_some());
            missing.push(match (nearest, self.any.as_slice()) {
                (Some(part), _) => say_missing(part),
                (None, [only]) => say_missing(only),
                (None, [first, ..]) => format!(
                    "one of {} conditions, such as: {}",
                    self.any.len(),
                    first.said
                ),
                (None, []) => String::new(),
            });
        }
        missing.extend(
            self.unless
                .iter()
                .filter(|part| part.held)
                .map(|part| format!("it is not the case that {}", part.said)),
        );
        missing
    }

    /// Whether nothing the rule looks for in texts and links is there, or nearly there.
    #[must_use]
    pub fn is_far_off(&self) -> bool {
        let mut parts: Vec<&Trace> = self.all.iter().chain(&self.any).collect();
        while let Some(part) = parts.pop() {
            let in_text = |found: &Evidence| matches!(found.part, Part::Text | Part::Link);
            let slip = part.near.as_ref().is_some_and(|near| near.contains('“'));
            if slip || part.evidence.iter().any(in_text) {
                return false;
            }
            parts.extend(&part.parts);
        }
        true
    }

    /// Whether it came near: part of it held, or nearly held, and one thing kept it from firing.
    #[must_use]
    pub fn nearly_fired(&self) -> bool {
        let about_the_words = |part: &Trace| {
            part.held
                && part
                    .evidence
                    .iter()
                    .any(|found| matches!(found.part, Part::Text | Part::Link))
        };
        let slip = self
            .all
            .iter()
            .chain(&self.any)
            .any(|part| near_of(part).is_some_and(|near| near.contains('“')));
        let held = self.any.iter().any(about_the_words)
            || (self.any.is_empty() && self.all.iter().any(about_the_words));
        !self.fired && self.missing().len() == 1 && (held || slip)
    }
}

/// The first near miss in a clause or its parts.
fn near_of(part: &Trace) -> Option<&str> {
    part.near
        .as_deref()
        .or_else(|| part.parts.iter().find_map(near_of))
}

fn say_missing(part: &Trace) -> String {
    match near_of(part) {
        Some(near) => format!("{} ({near})", part.said),
        None => part.said.clone(),
    }
}
