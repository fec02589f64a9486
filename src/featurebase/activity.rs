//! Calls by which messages are found that were never delivered: which conversations were active, and one as a whole.

use reqwest::Method;
use serde_json::{Value, json};

use super::answer::Outcome;
use super::{Featurebase, passing, path_of};
use crate::message::ConversationId;
use crate::time::Timestamp;

/// A page of conversations, the most recently active first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivePage {
    /// Each with the moment of its last activity, where it is told.
    pub conversations: Vec<(ConversationId, Option<Timestamp>)>,
    /// By what the next page is asked for.
    pub next: Option<String>,
}

impl Featurebase {
    /// Up to `limit` conversations, the most recently active first.
    ///
    /// # Errors
    /// What came of the call instead.
    pub async fn active(
        &self,
        cursor: Option<&str>,
        limit: u32,
        now: Timestamp,
    ) -> Result<ActivePage, Outcome> {
        let mut body = json!({ "sort": "lastActivityAt:desc", "limit": limit });
        if let (Some(cursor), Some(fields)) = (cursor, body.as_object_mut()) {
            fields.insert("cursor".to_owned(), json!(cursor));
        }
        let path = "/v2/conversations/search";
        let (_, body) = self.call(Method::POST, path, Some(&body), now).await?;
        let listed = body.get("data").and_then(Value::as_array);
        let listed = listed.ok_or_else(|| passing("the answer is not a list of conversations"))?;
        Ok(ActivePage {
            conversations: listed.iter().filter_map(active_of).collect(),
            next: body
                .get("nextCursor")
                .and_then(Value::as_str)
                .map(str::to_owned),
        })
    }

    /// A conversation with its parts, as it was answered: `payload` reads it. Nothing when there is none of this id.
    ///
    /// # Errors
    /// What came of the call instead.
    pub async fn whole_conversation(
        &self,
        id: &ConversationId,
        now: Timestamp,
    ) -> Result<Option<Value>, Outcome> {
        let path = path_of(id.as_str())?;
        match self.call(Method::GET, &path, None, now).await {
            Ok((_, body)) if body.is_object() => Ok(Some(body)),
            Ok(_) => Err(passing("the answer is not a conversation")),
            Err(Outcome::Refused { .. }) => Ok(None),
            Err(outcome) => Err(outcome),
        }
    }
}

fn active_of(listed: &Value) -> Option<(ConversationId, Option<Timestamp>)> {
    let id = match listed.get("id")? {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        _ => return None,
    };
    let moment = |key: &str| Timestamp::parse(listed.get(key)?.as_str()?);
    Some((
        ConversationId::new(id),
        moment("lastActivityAt").or_else(|| moment("updatedAt")),
    ))
}
