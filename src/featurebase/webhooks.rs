//! Calls on webhooks: how ours is, made, made active again, given a new secret.

use std::fmt;

use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::Outcome;
use super::{Featurebase, passing, refused};
use crate::time::Timestamp;

/// The topics we cannot do without: what contacts write, and when teammates answer.
pub const TOPICS: &[&str] = &[
    "conversation.user.created",
    "conversation.user.replied",
    "conversation.admin.replied",
];

/// What is asked for besides, so that what Featurebase removes is forgotten here, too.
pub const ALSO: &[&str] = &["conversation_part.redacted", "conversation.deleted"];

/// Payload versions we read.
pub const PAYLOADS: &[&str] = &["2026-01-01.nova", "2025-12-12.clover"];

/// An organisation has at most ten webhooks; a list that goes on for longer is none of Featurebase's.
const MOST_PAGES: usize = 10;

crate::vocabulary! {
    /// Whether a webhook is told anything.
    WebhookStatus {
        Active = "active",
        /// By a person.
        Paused = "paused",
        /// By Featurebase, after too many failures.
        Suspended = "suspended",
        /// A word we do not know.
        Unknown = "unknown",
    }
}

/// A webhook as Featurebase tells of it, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Webhook {
    pub id: String,
    pub url: String,
    pub status: WebhookStatus,
    pub topics: Vec<String>,
    /// The version its payloads are written in.
    pub version: String,
    /// Deliveries that failed in a row.
    pub consecutive_failures: i64,
    pub last_success_at: Option<String>,
    /// What the last delivery came to: HTTP status and a word.
    pub last_status: Option<String>,
}

impl Webhook {
    /// Topics we need and it does not have.
    #[must_use]
    pub fn lacks(&self) -> Vec<&'static str> {
        let has = |topic: &&str| self.topics.iter().any(|had| had == *topic);
        TOPICS.iter().copied().filter(|topic| !has(topic)).collect()
    }

    fn of(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let topics = value.get("topics")?.as_array()?.iter();
        let health = |key: &str| value.get("health").and_then(|health| health.get(key));
        let last = |key: &str| value.get("lastStatus").and_then(|last| last.get(key));
        let last_status = last("code").map(|code| {
            let message = last("message").and_then(Value::as_str).unwrap_or_default();
            format!("{code} {message}").trim().to_owned()
        });
        Some(Self {
            id: text("id").filter(|id| is_id(id))?.to_owned(),
            url: text("url")?.to_owned(),
            status: WebhookStatus::parse(text("status")?).unwrap_or(WebhookStatus::Unknown),
            topics: topics
                .filter_map(|topic| Some(topic.as_str()?.to_owned()))
                .collect(),
            version: text("version").unwrap_or_default().to_owned(),
            consecutive_failures: health("consecutiveFailures")
                .and_then(Value::as_i64)
                .unwrap_or(0),
            last_success_at: health("lastSuccessAt")
                .and_then(Value::as_str)
                .map(str::to_owned),
            last_status,
        })
    }
}

/// A webhook that was just made or given a new secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Keyed {
    pub webhook: Webhook,
    pub secret: String,
}

impl fmt::Debug for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed")
            .field("webhook", &self.webhook)
            .finish_non_exhaustive()
    }
}

impl Featurebase {
    /// All webhooks.
    ///
    /// # Errors
    /// What came of the call instead.
    pub async fn webhooks(&self, now: Timestamp) -> Result<Vec<Webhook>, Outcome> {
        let (mut webhooks, mut path) = (Vec::new(), "/v2/webhooks".to_owned());
        for _ in 0..MOST_PAGES {
            let (_, body) = self.call(Method::GET, &path, None, now).await?;
            webhooks.extend(webhooks_of(&body)?);
            let Some(cursor) = body.get("nextCursor").and_then(Value::as_str) else {
                break;
            };
            let cursor: String = url::form_urlencoded::byte_serialize(cursor.as_bytes()).collect();
            path = format!("/v2/webhooks?cursor={cursor}");
        }
        Ok(webhooks)
    }

    /// One webhook; nothing when there is none of this id.
    ///
    /// # Errors
    /// What came of the call instead.
    pub async fn webhook(&self, id: &str, now: Timestamp) -> Result<Option<Webhook>, Outcome> {
        let path = path_of(id)?;
        match self.call(Method::GET, &path, None, now).await {
            Ok((_, body)) => webhook_of(&body).map(Some),
            Err(Outcome::Refused { code, .. }) if is_gone(&code) => Ok(None),
            Err(outcome) => Err(outcome),
        }
    }

    /// Makes a webhook for what we need.
    ///
    /// # Errors
    /// What came of the call instead.
    pub async fn create_webhook(
        &self,
        name: &str,
        url: &str,
        now: Timestamp,
    ) -> Result<Keyed, Outcome> {
        let topics = [TOPICS, ALSO].concat();
        let body = json!({ "name": name, "url": url, "topics": topics });
        let answer = self.call(Method::POST, "/v2/webhooks", Some(&body), now);
        keyed_of(&answer.await?.1)
    }

    /// Has a suspended or paused webhook deliver again.
    ///
    /// # Errors
    /// What came of the call instead.
    pub async fn reactivate_webhook(&self, id: &str, now: Timestamp) -> Result<Webhook, Outcome> {
        let (path, body) = (path_of(id)?, json!({ "status": "active" }));
        let answer = self.call(Method::PATCH, &path, Some(&body), now).await?;
        let webhook = webhook_of(&answer.1)?;
        if webhook.status == WebhookStatus::Active {
            return Ok(webhook);
        }
        Err(passing("the answer shows the webhook still not active"))
    }

    /// Has Featurebase make a new secret. The old one signs nothing from then on.
    ///
    /// # Errors
    /// What came of the call instead.
    pub async fn new_webhook_secret(&self, id: &str, now: Timestamp) -> Result<Keyed, Outcome> {
        let path = format!("{}/secret", path_of(id)?);
        keyed_of(&self.call(Method::POST, &path, None, now).await?.1)
    }
}

/// Whether this is the id of a webhook: 24 hexadecimal digits. Only such an id is put in an address.
#[must_use]
pub fn is_webhook_id(id: &str) -> bool {
    is_id(id)
}

fn is_id(id: &str) -> bool {
    id.len() == 24 && id.bytes().all(|b| b.is_ascii_hexdigit())
}

fn path_of(id: &str) -> Result<String, Outcome> {
    if is_id(id) {
        return Ok(format!("/v2/webhooks/{id}"));
    }
    Err(refused(
        "invalid_id",
        "the webhook's id is not 24 hexadecimal digits",
    ))
}

fn is_gone(code: &str) -> bool {
    code == "404" || code.ends_with("not_found")
}

pub(super) fn webhooks_of(body: &Value) -> Result<Vec<Webhook>, Outcome> {
    let listed = body.get("data").and_then(Value::as_array);
    let listed = listed.ok_or_else(|| passing("the answer is not a list of webhooks"))?;
    Ok(listed.iter().filter_map(Webhook::of).collect())
}

fn webhook_of(body: &Value) -> Result<Webhook, Outcome> {
    Webhook::of(body).ok_or_else(|| passing("the answer is not a webhook"))
}

fn keyed_of(body: &Value) -> Result<Keyed, Outcome> {
    let secret = body.get("secret").and_then(Value::as_str);
    let secret = secret.ok_or_else(|| passing("the answer holds no secret"))?;
    Ok(Keyed {
        webhook: webhook_of(body)?,
        secret: secret.to_owned(),
    })
}
