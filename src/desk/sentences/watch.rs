//! Brakes and the queue, in sentences.

use super::word;
use crate::store::audit::{Action, Row};

pub(super) fn tell(row: &Row) -> String {
    let whose = row
        .rules
        .as_deref()
        .map_or_else(|| "all rules together".to_owned(), str::to_owned);
    match row.action {
        Action::BrakeTripped => format!(
            "The brake of {whose} tripped ({}): further blocks are held until a person releases it.",
            word(row, "bound")
        ),
        Action::BrakeReleased => format!(
            "{} released the brake of {whose}: {}.",
            row.actor,
            word(row, "reason")
        ),
        Action::QueueOld => format!("The oldest work has waited since {}.", word(row, "since")),
        _ => "Work no longer waits for long.".to_owned(),
    }
}
