//! What became of the rules, in sentences.

use serde_json::Value;

use super::{short, word};
use crate::store::audit::{Action, Row};

/// What became of the rules.
pub(super) fn tell(row: &Row) -> String {
    let book = short(word(row, "book"));
    let rules = row.detail.get("rules").unwrap_or(&Value::Null);
    match row.action {
        Action::RulesAdopted if row.detail.get("before") == row.detail.get("book") => {
            format!("The rule files are again what is in force: {book} ({rules} rules).")
        }
        Action::RulesAdopted => format!("New rules came into force: {book} ({rules} rules)."),
        Action::RulesRolledBack => format!(
            "{} had the rule files of {} put back: {}.",
            row.actor,
            short(word(row, "to")),
            word(row, "reason")
        ),
        _ => {
            let first = row.detail.pointer("/problems/0").and_then(Value::as_str);
            format!("Edited rules were refused: {}", first.unwrap_or_default())
        }
    }
}
