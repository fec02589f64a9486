//! What people ordered, in sentences.

use serde_json::Value;

use super::word;
use crate::store::audit::{Action, Row};
use crate::store::sealing::ERASED;

/// The reason a person gave; what is about a contact is erased with the contact.
pub(super) fn reason(row: &Row) -> &str {
    let erased = row.detail.get(ERASED).and_then(Value::as_bool) == Some(true);
    match word(row, "reason") {
        "" if erased => "the reason was erased",
        given => given,
    }
}

pub(super) fn tell(row: &Row) -> String {
    let (actor, reason) = (&row.actor, reason(row));
    match row.action {
        Action::HoldReleased => format!("{actor} let the contact go: {reason}."),
        Action::HoldConfirmed => format!("{actor} had the held block carried out: {reason}."),
        Action::Stopped => format!("{actor} stopped all calls: {reason}."),
        Action::Resumed => format!("{actor} let calls go on: {reason}."),
        _ => format!(
            "{actor} ordered an unblock: {reason}. Until {} rules only hold this contact.",
            word(row, "exempt_until")
        ),
    }
}
