//! Rows of the record for other programs: a line each.

mod ocsf;

use serde_json::{Map, Value, json};

use super::search::Hit;
use crate::message::{ContactId, ConversationId, EventId};
use crate::store::audit::Row;

crate::vocabulary! {
    /// A form in which rows are given to other programs.
    Format {
        /// A table, as RFC 4180 has it, that a spreadsheet can open without harm.
        Csv = "csv",
        /// A JSON object on each line.
        Jsonl = "jsonl",
        /// Detection Findings of the Open Cybersecurity Schema Framework, one on each line.
        Ocsf = "ocsf",
    }
}

/// Parts of a row's detail in which nothing of a message stands.
const HARMLESS: &[&str] = &[
    "answer",
    "asked",
    "attempt",
    "because",
    "book",
    "bound",
    "call",
    "code",
    "ends_at",
    "exempt_until",
    "kind",
    "made_sure",
    "next_try",
    "points",
    "reason",
    "same_message_as",
    "topic",
    "why",
];

const COLUMNS: &[&str] = &[
    "seq",
    "time",
    "action",
    "actor",
    "contact",
    "conversation",
    "event",
    "verdict",
    "rules",
    "detail",
];

impl Format {
    /// What stands before the first row.
    #[must_use]
    pub fn heading(self, with_text: bool) -> Option<String> {
        let text: &[&str] = if with_text { &["text"] } else { &[] };
        let columns = || [COLUMNS, text].concat().join(",") + "\r";
        (self == Self::Csv).then(columns)
    }

    /// A row on a line of its own, without the line's end. What contacts wrote is in it only where it was asked for.
    #[must_use]
    pub fn line(self, hit: &Hit, with_text: bool) -> String {
        match self {
            Self::Csv => csv(hit, with_text),
            Self::Jsonl => jsonl(hit, with_text).to_string(),
            Self::Ocsf => ocsf::finding(hit, with_text).to_string(),
        }
    }
}

/// The detail of a row: all of it, or what holds nothing of a message.
fn detail_of(row: &Row, with_text: bool) -> Value {
    match &row.detail {
        detail if with_text => detail.clone(),
        Value::Object(detail) => {
            let kept = detail.iter().filter(|(key, value)| {
                HARMLESS.contains(&key.as_str()) && !value.is_object() && !value.is_array()
            });
            let kept: Map<String, Value> = kept
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            Value::Object(kept)
        }
        _ => json!({}),
    }
}

fn jsonl(hit: &Hit, with_text: bool) -> Value {
    let row = Row {
        detail: detail_of(&hit.row, with_text),
        ..hit.row.clone()
    };
    let mut value = json!(row);
    if let (true, Some(text), Some(value)) = (with_text, &hit.text, value.as_object_mut()) {
        value.insert("text".to_owned(), json!(text));
    }
    value
}

fn csv(hit: &Hit, with_text: bool) -> String {
    let row = &hit.row;
    let id = |id: Option<&str>| id.unwrap_or_default().to_owned();
    let mut cells = vec![
        row.seq.to_string(),
        row.at.to_string(),
        row.action.to_string(),
        row.actor.clone(),
        id(row.contact.as_ref().map(ContactId::as_str)),
        id(row.conversation.as_ref().map(ConversationId::as_str)),
        id(row.event.as_ref().map(EventId::as_str)),
        id(row.verdict.as_deref()),
        id(row.rules.as_deref()),
        detail_of(row, with_text).to_string(),
    ];
    if with_text {
        cells.push(hit.text.clone().unwrap_or_default());
    }
    let cells: Vec<String> = cells.iter().map(|cell| csv_cell(cell)).collect();
    cells.join(",") + "\r"
}

/// A cell of a table. What a spreadsheet would take for a formula gets an apostrophe before it.
#[must_use]
pub fn csv_cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let safe = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if safe.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}
