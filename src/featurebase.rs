//! Our calls to Featurebase's API, and what its answers mean to us.

mod activity;
mod answer;
pub mod budget;
mod gate;
mod line;
mod listing;
mod notice;
mod probe;
mod sending;
mod share;
mod told;
mod webhooks;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use reqwest::{Client, Method, StatusCode, redirect};
use serde_json::{Value, json};

use crate::decision::Profile;
use crate::message::{ContactId, PartId};
use crate::time::Timestamp;

pub use activity::ActivePage;
pub use answer::Outcome;
pub use budget::{Budget, Use};
pub use line::{Line, State};
pub use listing::Page;
pub use notice::{Notice, Notifier};
pub use probe::Probe;
pub use share::{Purse, Share};
pub use webhooks::{Keyed, PAYLOADS, TOPICS, Webhook, WebhookStatus, is_webhook_id};

use answer::refused;

/// A field of a contact's own that is longer than this, in bytes, is not kept: no rule asks for such a value.
const LONGEST_FIELD: usize = 1_000;
/// Ids of conversations are short.
const LONGEST_ID: usize = 64;

/// What a conversation shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// Its contact is blocked, by the conversation's own word.
    pub blocked: bool,
    /// A teammate has answered in it.
    pub answered: bool,
}

/// Featurebase, as we call it.
#[derive(Clone)]
pub struct Featurebase {
    http: Client,
    base: String,
    key: String,
    line: Option<Line>,
    used_for: Use,
    purse: Option<Purse>,
}

impl fmt::Debug for Featurebase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Featurebase")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// How everything is called that is not ours: bounded in time, and never led elsewhere by a redirect.
fn client(timeout: Duration) -> Result<Client, reqwest::Error> {
    Client::builder()
        .timeout(timeout)
        .connect_timeout(timeout.min(Duration::from_secs(5)))
        .redirect(redirect::Policy::none())
        .user_agent(concat!("featurebase-bouncer/", env!("CARGO_PKG_VERSION")))
        .build()
}

impl Featurebase {
    /// `base` is the API's address without a path; `key` the API key. No call takes longer than `timeout`, from the first
    /// packet to the last. Each is taken out of the budget of `line`, as one nobody waits for: see [`used_for`](Self::used_for).
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(
        base: &str,
        key: &str,
        timeout: Duration,
        line: Line,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: client(timeout)?,
            base: base.trim_end_matches('/').to_owned(),
            key: key.to_owned(),
            line: Some(line),
            used_for: Use::Background,
            purse: None,
        })
    }

    /// For a command that a person runs: a handful of calls, which no budget counts and no gate holds up.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn by_hand(base: &str, key: &str, timeout: Duration) -> Result<Self, reqwest::Error> {
        Ok(Self {
            http: client(timeout)?,
            base: base.trim_end_matches('/').to_owned(),
            key: key.to_owned(),
            line: None,
            used_for: Use::Order,
            purse: None,
        })
    }

    /// The same, for calls that are more urgent than background reading.
    #[must_use]
    pub fn used_for(&self, used_for: Use) -> Self {
        Self {
            used_for,
            ..self.clone()
        }
    }

    /// The same, with calls that were set apart before.
    #[must_use]
    pub fn with(&self, purse: &Purse) -> Self {
        Self {
            used_for: purse.used_for,
            purse: Some(purse.clone()),
            ..self.clone()
        }
    }

    /// The budget and the gate all calls of the running program go through.
    #[must_use]
    pub const fn line(&self) -> Option<&Line> {
        self.line.as_ref()
    }

    /// Asks to block a contact.
    pub async fn block(&self, contact: &ContactId, now: Timestamp) -> Outcome {
        self.change(contact, "block", "blocked", now).await
    }

    /// Asks to unblock a contact.
    pub async fn unblock(&self, contact: &ContactId, now: Timestamp) -> Outcome {
        self.change(contact, "unblock", "unblocked", now).await
    }

    /// What a conversation shows of its contact.
    ///
    /// # Errors
    /// What came of the call instead.
    pub async fn conversation(&self, id: &str, now: Timestamp) -> Result<Shown, Outcome> {
        let (status, body) = self.call(Method::GET, &path_of(id)?, None, now).await?;
        match shows_blocked(&body) {
            Some(blocked) if status == StatusCode::OK => Ok(Shown {
                blocked,
                answered: parts_of(&body).any(is_answer),
            }),
            _ => Err(passing(
                "the conversation does not say whether its contact is blocked",
            )),
        }
    }

    /// A contact's e-mail address, if there is one.
    ///
    /// # Errors
    /// What came of the call instead.
    pub async fn email_of(
        &self,
        contact: &ContactId,
        now: Timestamp,
    ) -> Result<Option<String>, Outcome> {
        let body = self.contact(contact, now).await?;
        Ok(body.get("email").and_then(Value::as_str).map(str::to_owned))
    }

    /// What is kept of a contact, as far as rules can ask for it, with every field of its own that is a text, a number, or
    /// true or false.
    ///
    /// # Errors
    /// What came of the call instead.
    pub async fn profile(&self, contact: &ContactId, now: Timestamp) -> Result<Profile, Outcome> {
        let body = self.contact(contact, now).await?;
        let list = |key: &str| {
            body.get(key)
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
        };
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Ok(Profile {
            looked_up_at: now,
            verified: body.get("verified").and_then(Value::as_bool),
            companies: list("companies")
                .filter_map(|company| text(company.get("name")?))
                .collect(),
            roles: list("roles").filter_map(text).collect(),
            attributes: fields_of(body.get("customFields")),
        })
    }

    /// Asks to remove the content of a part for good. Asking again does no harm.
    pub async fn redact(&self, conversation: &str, part: &PartId, now: Timestamp) -> Outcome {
        let body = json!({
            "type": "conversation_part",
            "conversationId": conversation,
            "conversationPartId": part,
        });
        let path = "/v2/conversations/redact";
        said_yes(self.call_besides(Method::POST, path, &body, now).await)
    }

    /// Asks to close a conversation, in the name of Featurebase's own bot. Asking again does no harm.
    pub async fn close(&self, conversation: &str, now: Timestamp) -> Outcome {
        let path = match path_of(conversation) {
            Ok(path) => path,
            Err(outcome) => return outcome,
        };
        let body = json!({ "state": "closed" });
        let answer = self.call_besides(Method::PATCH, &path, &body, now).await;
        match answer.as_ref().map(|(_, body)| body.get("state")) {
            Ok(Some(state)) if state != "closed" => {
                passing("the answer shows the conversation still open")
            }
            _ => said_yes(answer),
        }
    }

    /// Leaves a note for teammates, by this teammate's name. Asking twice leaves two: see [`has_note`](Self::has_note).
    pub async fn note(
        &self,
        conversation: &str,
        admin: &str,
        text: &str,
        now: Timestamp,
    ) -> Outcome {
        let path = match path_of(conversation) {
            Ok(path) => path,
            Err(outcome) => return outcome,
        };
        let body = json!({
            "type": "admin",
            "id": admin,
            "messageType": "note",
            "bodyMarkdown": text,
            "skipNotifications": true,
        });
        let path = format!("{path}/reply");
        said_yes(self.call_besides(Method::POST, &path, &body, now).await)
    }

    /// Whether a conversation has a note with these words.
    ///
    /// # Errors
    /// What came of the call instead.
    pub async fn has_note(
        &self,
        conversation: &str,
        words: &str,
        now: Timestamp,
    ) -> Result<bool, Outcome> {
        let path = path_of(conversation)?;
        let (_, body) = self.call(Method::GET, &path, None, now).await?;
        if !body.is_object() {
            return Err(passing("the answer is not a conversation"));
        }
        let holds = |part: &Value, key: &str| {
            let text = part.get(key).and_then(Value::as_str).unwrap_or_default();
            text.replace('\\', "").contains(words)
        };
        Ok(parts_of(&body).any(|part| {
            part.get("partType").and_then(Value::as_str) == Some("admin_note")
                && (holds(part, "bodyMarkdown") || holds(part, "bodyHtml"))
        }))
    }

    /// A contact as it is answered: certainly this one.
    async fn contact(&self, contact: &ContactId, now: Timestamp) -> Result<Value, Outcome> {
        if !contact.is_well_formed() {
            return Err(refused(
                "invalid_id",
                "the contact's id is not 24 hexadecimal digits",
            ));
        }
        let path = format!("/v2/contacts/{contact}");
        let (_, body) = self.call(Method::GET, &path, None, now).await?;
        let id = body.get("id").and_then(Value::as_str);
        if id.is_some_and(|id| id.eq_ignore_ascii_case(contact.as_str())) {
            return Ok(body);
        }
        Err(passing("the answer is not this contact"))
    }

    async fn change(&self, contact: &ContactId, verb: &str, told: &str, now: Timestamp) -> Outcome {
        if !contact.is_well_formed() {
            return refused(
                "invalid_id",
                "the contact's id is not 24 hexadecimal digits",
            );
        }
        match self
            .call(
                Method::POST,
                &format!("/v2/contacts/{contact}/{verb}"),
                None,
                now,
            )
            .await
        {
            Ok((_, body)) if body.get(told).and_then(Value::as_bool) == Some(true) => Outcome::Done,
            Ok((status, _)) => passing(&format!(
                "answered {status}, but not that the contact is {told}"
            )),
            Err(outcome) => outcome,
        }
    }
}

/// Whether a conversation shows its contact blocked, if it says.
fn shows_blocked(conversation: &Value) -> Option<bool> {
    conversation.get("isBlocked").and_then(Value::as_bool)
}

/// Whether a part is a message of a teammate to the contact.
fn is_answer(part: &Value) -> bool {
    let by_admin = part.pointer("/author/type").and_then(Value::as_str) == Some("admin");
    let kind = part
        .get("partType")
        .and_then(Value::as_str)
        .unwrap_or_default();
    by_admin && matches!(kind, "admin_msg" | "email_msg")
}

/// The address of a conversation, if its id can stand in one.
fn path_of(id: &str) -> Result<String, Outcome> {
    let fits = (1..=LONGEST_ID).contains(&id.len());
    if !fits || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(refused(
            "odd_id",
            "the conversation's id has no form that can stand in an address",
        ));
    }
    Ok(format!("/v2/conversations/{id}"))
}

fn parts_of(conversation: &Value) -> impl Iterator<Item = &Value> {
    let parts = conversation.get("conversationParts");
    parts
        .and_then(|parts| parts.as_array().or_else(|| parts.get("data")?.as_array()))
        .into_iter()
        .flatten()
}

/// Numbers and true or false are kept as they are written in JSON; lists and tables are left out.
fn fields_of(fields: Option<&Value>) -> BTreeMap<String, String> {
    let fields = fields.and_then(Value::as_object).into_iter().flatten();
    fields
        .filter_map(|(name, value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                Value::Null | Value::Array(_) | Value::Object(_) => return None,
            };
            (text.len() <= LONGEST_FIELD).then(|| (name.clone(), text))
        })
        .collect()
}

/// A success counts only when it is answered with a table: a proxy's page is not Featurebase's word.
fn said_yes(answer: Result<(StatusCode, Value), Outcome>) -> Outcome {
    match answer {
        Ok((_, body)) if body.is_object() => Outcome::Done,
        Ok((status, _)) => passing(&format!("answered {status}, but not in JSON")),
        Err(outcome) => outcome,
    }
}

/// Trouble of this one call, which may pass.
fn passing(why: &str) -> Outcome {
    Outcome::Retry {
        after: None,
        why: why.to_owned(),
        everywhere: false,
    }
}
