//! What the rules would make of a message nobody has sent.

use serde::Serialize;

use crate::decision::{Decision, Facts};
use crate::message::Message;
use crate::rules::Rulebook;
use crate::rules::examples::Example;
use crate::rules::explain::RuleTrace;

/// A trial: the decision, and how each rule fared.
#[derive(Debug, Clone, Serialize)]
pub struct Tryout {
    pub decision: Decision,
    /// Rules that did not fire, and came near.
    pub nearly: Vec<RuleTrace>,
    /// All rules.
    pub rules: Vec<RuleTrace>,
}

/// Judges an example by a rulebook. Nothing is kept and nothing is sent.
#[must_use]
pub fn tryout(book: &Rulebook, example: &Example) -> Tryout {
    let facts = example.facts_for(book.wanted());
    judge(book, &example.message, &facts)
}

/// Judges a message by a rulebook, with how each rule fared.
#[must_use]
pub fn judge(book: &Rulebook, message: &Message, facts: &Facts) -> Tryout {
    let rules = book.explain(message, facts);
    Tryout {
        decision: book.judge(message, facts),
        nearly: rules
            .iter()
            .filter(|trace| trace.nearly_fired())
            .cloned()
            .collect(),
        rules,
    }
}

impl Tryout {
    /// The trial in sentences.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = super::sentences::decision_lines(&self.decision);
        for trace in &self.nearly {
            lines.push(format!(
                "Rule {} came near. It lacks: {}.",
                trace.rule,
                trace.missing().join("; ")
            ));
        }
        let silent = self.rules.iter().filter(|trace| !trace.fired).count() - self.nearly.len();
        if silent > 0 {
            lines.push(format!("{silent} other rules did not fire."));
        }
        lines
    }

    /// Why one rule did not fire, in sentences.
    #[must_use]
    pub fn lines_about(&self, rule: &str) -> Option<Vec<String>> {
        let trace = self.rules.iter().find(|trace| trace.rule.0 == rule)?;
        let mut lines = vec![format!("Rule {rule} reads: {}.", trace.said)];
        if trace.fired {
            lines.push("It fires on this message.".to_owned());
        } else {
            lines.push(format!(
                "It does not fire. It lacks: {}.",
                trace.missing().join("; ")
            ));
        }
        Some(lines)
    }
}
