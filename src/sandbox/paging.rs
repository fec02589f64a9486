//! Lists in pages, by cursor.

use serde::Deserialize;
use serde_json::{Value, json};

use super::errors::ApiError;

/// Which part of a list is asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Page {
    limit: Option<Value>,
    cursor: Option<String>,
}

const DEFAULT_LIMIT: usize = 10;
const LIMITS: std::ops::RangeInclusive<usize> = 1..=100;

impl Page {
    /// Cuts the page out of the whole list. `mode` keeps the cursors of different lists apart.
    pub fn of(self, mode: &str, items: Vec<Listed>) -> Result<Value, ApiError> {
        let limit = match &self.limit {
            None => DEFAULT_LIMIT,
            Some(limit) => read_limit(limit)?,
        };
        let after = match &self.cursor {
            None => None,
            Some(cursor) => Some(read_cursor(mode, cursor)?),
        };
        let mut rest = items.into_iter().peekable();
        if let Some(after) = after {
            // A last item that is gone since then ends the list.
            rest.by_ref().find(|item| item.id == after);
        }
        let page: Vec<Listed> = rest.by_ref().take(limit).collect();
        let last = page.last().map(|item| item.id.clone());
        let next = match rest.peek() {
            Some(_) => last.map(|id| hex::encode(format!("{mode}:{id}"))),
            None => None,
        };
        let data: Vec<Value> = page.into_iter().map(|item| item.json).collect();
        Ok(json!({ "object": "list", "data": data, "nextCursor": next }))
    }
}

/// One item of a list.
pub(super) struct Listed {
    pub id: String,
    pub json: Value,
}

/// A number in a body is a number, in a query string a text.
fn read_limit(limit: &Value) -> Result<usize, ApiError> {
    let number = match limit {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|n| usize::try_from(n).ok()),
    };
    number
        .filter(|number| LIMITS.contains(number))
        .ok_or_else(|| ApiError::bad_field("limit", "The limit is 1 to 100."))
}

fn read_cursor(mode: &str, cursor: &str) -> Result<String, ApiError> {
    let bytes = hex::decode(cursor).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let id = text.and_then(|text| Some(text.strip_prefix(mode)?.strip_prefix(':')?.to_owned()));
    id.ok_or_else(|| {
        ApiError::bad_request("invalid_cursor", "The cursor is not of this list.").param("cursor")
    })
}
