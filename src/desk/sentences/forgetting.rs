//! What was forgotten, in sentences.

use serde_json::Value;

use super::orders::reason;
use crate::store::audit::{Action, Row};
use crate::store::sealing::{ALTERED, ERASED};

pub(super) fn tell(row: &Row) -> String {
    let (actor, reason) = (&row.actor, reason(row));
    let number = |key: &str| row.detail.get(key).and_then(Value::as_u64).unwrap_or(0);
    match row.action {
        Action::Erased => format!(
            "{actor} had what was known of a contact erased ({reason}): {} texts, {} parts of the record, {} keys.",
            number("texts"),
            number("parts"),
            number("keys")
        ),
        Action::Forgotten => format!(
            "What was older than it may be was forgotten: {} texts, {} rows of the record.",
            number("texts"),
            number("rows")
        ),
        Action::RedactedThere => {
            "Featurebase removed what this message said; its text is forgotten.".to_owned()
        }
        Action::ConversationDeletedThere => {
            "Featurebase removed the conversation; what was said in it is forgotten.".to_owned()
        }
        Action::LegalHoldAdded => {
            format!("{actor} had everything of this contact kept (legal hold): {reason}.")
        }
        _ => format!("{actor} lifted the legal hold of this contact: {reason}."),
    }
}

/// What is to be said of a decision whose personal part is not there any more.
pub(super) fn of_decision(row: &Row) -> Option<String> {
    let is = |what: &str| row.detail.get(what).and_then(Value::as_bool) == Some(true);
    if is(ALTERED) {
        return Some(
            "What was found in the text is NOT what was recorded then: somebody has changed it."
                .to_owned(),
        );
    }
    is(ERASED).then(|| "What was found in the text has been erased.".to_owned())
}
