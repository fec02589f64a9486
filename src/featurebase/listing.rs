//! The list of conversations, as far as it tells who is blocked.

use reqwest::Method;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::{Featurebase, Outcome, passing, shows_blocked};
use crate::message::ContactId;
use crate::time::Timestamp;

/// One page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Contacts whose conversations on this page show them blocked.
    pub blocked: Vec<ContactId>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl Featurebase {
    /// One page of so many conversations, newest first, from a place an earlier page named.
    ///
    /// # Errors
    /// What came of the call instead.
    pub async fn conversations(
        &self,
        from: Option<&str>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Page, Outcome> {
        let mut path = format!("/v2/conversations?limit={limit}");
        if let Some(from) = from {
            path.push_str("&cursor=");
            path.extend(byte_serialize(from.as_bytes()));
        }
        let (_, body) = self.call(Method::GET, &path, None, now).await?;
        let Some(list) = body.get("data").and_then(Value::as_array) else {
            return Err(passing("the answer is not a list of conversations"));
        };
        let is_blocked = |shown: &&Value| shows_blocked(shown) == Some(true);
        Ok(Page {
            blocked: list
                .iter()
                .filter(is_blocked)
                .filter_map(contact_of)
                .collect(),
            next: body
                .get("nextCursor")
                .and_then(Value::as_str)
                .map(str::to_owned),
        })
    }
}

/// The contact a conversation is with; nothing where several take part, since then it does not say who is blocked.
fn contact_of(conversation: &Value) -> Option<ContactId> {
    let list = conversation.get("participants")?.as_array()?;
    let mut contacts = list.iter().filter(|one| {
        let kind = one.get("type").and_then(Value::as_str);
        matches!(kind, Some("customer" | "lead"))
    });
    let (only, None) = (contacts.next()?, contacts.next()) else {
        return None;
    };
    let contact = ContactId::new(only.get("id")?.as_str()?);
    contact.is_well_formed().then_some(contact)
}
