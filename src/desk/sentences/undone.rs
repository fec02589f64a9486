//! What people say of decisions and what they undo, in sentences.

use serde_json::Value;

use super::orders::reason;
use super::word;
use crate::store::audit::{Action, Row};

pub(super) fn tell(row: &Row) -> String {
    let (actor, reason) = (&row.actor, reason(row));
    let rule = row.rules.as_deref().unwrap_or("a rule");
    let number = |key: &str| row.detail.get(key).and_then(Value::as_i64).unwrap_or(0);
    match row.action {
        Action::ConfirmedRight => format!("{actor} said that this decision was right: {reason}."),
        Action::ConfirmedWrong => format!("{actor} said that this decision was wrong: {reason}."),
        Action::UndoOrdered => format!(
            "{actor} undid what {rule} did, {} contacts: {reason}.",
            number("contacts")
        ),
        Action::UndoDone => format!(
            "What {rule} did is undone: {} unblocked, {} blocks called off before they were sent, {} contacts whose holds were let go, {} left alone, {} refused.",
            number("unblocked"),
            number("called_off"),
            number("released"),
            number("left_alone"),
            number("failed")
        ),
        Action::RegretHigh => format!(
            "People undid {} of {} blocks of {rule}, more than {}. Proposed: {}.",
            number("regretted"),
            number("acted"),
            word(row, "bound"),
            word(row, "edit")
        ),
        _ => format!(
            "What people regret of {rule} is no longer too much: {}.",
            word(row, "why")
        ),
    }
}
