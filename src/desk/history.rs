//! Everything that happened with one contact, oldest first.

use serde::Serialize;

use super::search::printable;
use super::sentences::tell;
use super::{Desk, DeskError, Result};
use crate::message::ContactId;
use crate::store::audit::{Action, BOUNCER, Row};

/// Longest piece of a message that is shown, in characters.
const EXCERPT: usize = 200;

/// One step of the timeline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// In sentences.
    pub lines: Vec<String>,
    #[serde(flatten)]
    pub row: Row,
}

/// A page of a contact's timeline, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timeline {
    pub contact: ContactId,
    pub steps: Vec<Step>,
    /// There may be more: the next page is the one after this number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<i64>,
}

impl Desk {
    /// What happened with a contact, by the record: messages, decisions, calls, holds, orders, and who gave them.
    ///
    /// # Errors
    /// When nothing is known of the contact, or the store fails.
    pub async fn history(&self, contact: &str, after: i64, limit: i64) -> Result<Timeline> {
        let id = ContactId::new(contact.trim());
        let rows = self.store.history(&id, after, limit).await?;
        if rows.is_empty() && self.store.history(&id, 0, 1).await?.is_empty() {
            return Err(DeskError::NoHistory(contact.to_owned()));
        }
        let full = i64::try_from(rows.len()).is_ok_and(|count| count == limit);
        let more = rows.last().filter(|_| full).map(|row| row.seq);
        let brought: Vec<Row> = rows
            .iter()
            .filter(|row| brought_message(row))
            .cloned()
            .collect();
        let texts = self.texts_of(&brought).await?;
        let steps = rows.into_iter().map(|row| {
            let text = row.event.as_ref().and_then(|event| texts.get(event));
            Step {
                lines: lines_of(&row, text.map(String::as_str)),
                row,
            }
        });
        Ok(Timeline {
            contact: id,
            steps: steps.collect(),
            more,
        })
    }
}

fn brought_message(row: &Row) -> bool {
    let kind = row.detail.get("kind").and_then(serde_json::Value::as_str);
    row.action == Action::Received && kind == Some("message")
}

fn lines_of(row: &Row, text: Option<&str>) -> Vec<String> {
    let mut lines = match text {
        _ if !brought_message(row) => tell(row),
        Some(text) => vec![format!("Wrote: “{}”", excerpt(text))],
        None => vec!["Wrote a message whose text is no longer kept.".to_owned()],
    };
    let named = lines.iter().any(|line| line.contains(&row.actor));
    if let (false, false, Some(first)) = (row.actor == BOUNCER, named, lines.first_mut()) {
        *first = format!("{} (by {})", first.trim_end_matches('.'), row.actor);
    }
    lines
}

/// The beginning of a text, on one line.
fn excerpt(text: &str) -> String {
    let text = printable(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
