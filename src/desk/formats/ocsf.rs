//! Rows as Detection Findings of the Open Cybersecurity Schema Framework, version 1.3.0 (`class_uid` 2004).

use serde_json::{Map, Value, json};

use super::detail_of;
use crate::desk::search::Hit;
use crate::message::{ContactId, ConversationId};
use crate::store::audit::{Action, BOUNCER, Row};

/// The version of the schema that is kept to.
const SCHEMA: &str = "1.3.0";
const CATEGORY: i64 = 2;
const CLASS: i64 = 2004;

pub(super) fn finding(hit: &Hit, with_text: bool) -> Value {
    let row = &hit.row;
    let (activity, activity_name) = activity_of(row.action);
    let (severity, severity_name) = severity_of(row.verdict.as_deref());
    let about = row.event.as_ref().map(|id| id.as_str().to_owned());
    let rules: Vec<&str> = row
        .rules
        .iter()
        .flat_map(|rules| rules.split(' '))
        .filter(|rule| !rule.is_empty())
        .collect();
    let mut unmapped = Map::from_iter([
        ("seq".to_owned(), json!(row.seq)),
        ("action".to_owned(), json!(row.action)),
        ("detail".to_owned(), detail_of(row, with_text)),
    ]);
    let ids = [
        ("contact", row.contact.as_ref().map(ContactId::as_str)),
        (
            "conversation",
            row.conversation.as_ref().map(ConversationId::as_str),
        ),
        ("verdict", row.verdict.as_deref()),
        ("text", hit.text.as_deref().filter(|_| with_text)),
    ];
    for (name, value) in ids {
        if let Some(value) = value {
            unmapped.insert(name.to_owned(), json!(value));
        }
    }
    json!({
        "activity_id": activity,
        "activity_name": activity_name,
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "type_uid": CLASS * 100 + activity,
        "time": row.at,
        "severity_id": severity,
        "severity": severity_name,
        "message": title_of(row),
        "metadata": {
            "version": SCHEMA,
            "product": { "name": "bouncer", "vendor_name": "featurebase-bouncer", "version": env!("CARGO_PKG_VERSION") },
            "uid": row.seq.to_string(),
        },
        "finding_info": {
            "title": title_of(row),
            "uid": about.unwrap_or_else(|| format!("row {}", row.seq)),
            "types": rules,
        },
        "actor": { "user": { "name": row.actor, "type_id": if row.actor == BOUNCER { 3 } else { 1 } } },
        "unmapped": unmapped,
    })
}

fn title_of(row: &Row) -> String {
    let rules = row.rules.as_deref().filter(|rules| !rules.is_empty());
    // What a person does about a rule's doing is not the rule's.
    let link = if row.actor == BOUNCER { "by" } else { "of" };
    let by = rules
        .map(|rules| format!(" {link} {rules}"))
        .unwrap_or_default();
    match &row.verdict {
        Some(verdict) => format!("{}: {verdict}{by}", row.action),
        None => format!("{}{by}", row.action),
    }
}

/// A finding is made by a decision, changed by what is done about it, and closed by a person's word or a block's end.
const fn activity_of(action: Action) -> (i64, &'static str) {
    match action {
        Action::Decided => (1, "Create"),
        Action::Attempted
        | Action::AttemptFailed
        | Action::Blocked
        | Action::AlreadyBlocked
        | Action::Refused
        | Action::GaveUp
        | Action::Held
        | Action::AlsoDone
        | Action::NotDone
        | Action::BlockEndPlanned
        | Action::UnblockOrdered
        | Action::LateBlock => (2, "Update"),
        Action::Unblocked
        | Action::UnblockedThere
        | Action::BlockEnded
        | Action::HoldReleased
        | Action::HoldConfirmed
        | Action::ConfirmedRight
        | Action::ConfirmedWrong
        | Action::Cancelled => (3, "Close"),
        _ => (99, "Other"),
    }
}

fn severity_of(verdict: Option<&str>) -> (i64, &'static str) {
    match verdict {
        Some("flag") => (2, "Low"),
        Some("hold") => (3, "Medium"),
        Some("block") => (4, "High"),
        _ => (1, "Informational"),
    }
}
