//! Webhooks: who is told, where, and how well that goes.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::errors::ApiError;
use super::event::{PayloadVersion, TOPICS};
use super::workspace::{Workspace, object_id, well_formed};
use crate::time::{Timestamp, millis_of};

/// How many webhooks an organisation may have.
const MAX_WEBHOOKS: usize = 10;
const MAX_HEADERS: usize = 10;

crate::vocabulary! {
    /// Whether a webhook is told anything.
    WebhookStatus {
        Active = "active",
        /// By a person.
        Paused = "paused",
        /// By Featurebase, after too many failures.
        Suspended = "suspended",
    }
}

/// A webhook made through the Rust interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WebhookHandle {
    pub id: String,
    pub secret: String,
}

#[derive(Debug, Clone)]
pub(super) struct Webhook {
    pub id: String,
    pub name: String,
    pub url: String,
    pub description: Option<String>,
    pub topics: Vec<String>,
    pub secret: String,
    pub status: WebhookStatus,
    pub version: PayloadVersion,
    pub timeout: Duration,
    pub headers: BTreeMap<String, String>,
    health: Health,
    last: Option<LastStatus>,
    created: Timestamp,
    updated: Timestamp,
}

#[derive(Debug, Clone, Default)]
struct Health {
    sends: i64,
    total_millis: i64,
    last_millis: i64,
    consecutive_failures: u32,
    errors_since_success: u32,
    last_success: Option<Timestamp>,
}

#[derive(Debug, Clone)]
struct LastStatus {
    code: u16,
    message: String,
    at: Timestamp,
}

/// Fields a webhook is made of or changed by, read but not yet checked.
pub(super) type Wish = Map<String, Value>;

impl Webhook {
    pub fn wants(&self, topic: &str) -> bool {
        self.status == WebhookStatus::Active && self.topics.iter().any(|t| t == topic)
    }

    pub fn json(&self) -> Value {
        let health = &self.health;
        let mut config = json!({ "timeoutMs": millis_of(self.timeout) });
        if let (false, Some(fields)) = (self.headers.is_empty(), config.as_object_mut()) {
            fields.insert("headers".into(), json!(self.headers));
        }
        json!({
            "object": "webhook",
            "id": self.id,
            "name": self.name,
            "url": self.url,
            "description": self.description,
            "topics": self.topics,
            "secret": self.secret,
            "status": self.status,
            "version": self.version,
            "requestConfig": config,
            "health": {
                "avgResponseTime": health.total_millis.checked_div(health.sends).unwrap_or(0),
                "lastResponseTime": health.last_millis,
                "consecutiveFailures": health.consecutive_failures,
                "errorsSinceLastSuccess": health.errors_since_success,
                "lastSuccessAt": health.last_success.map(|at| at.to_string()),
            },
            "lastStatus": self.last.as_ref().map(|last| json!({
                "code": last.code,
                "message": last.message,
                "timestamp": last.at.to_string(),
            })),
            "createdAt": self.created.to_string(),
            "updatedAt": self.updated.to_string(),
        })
    }

    pub fn handle(&self) -> WebhookHandle {
        WebhookHandle {
            id: self.id.clone(),
            secret: self.secret.clone(),
        }
    }

    /// Takes note of one send. `status` is `None` when no answer came.
    pub fn took(&mut self, status: Option<u16>, delivered: bool, span: Duration, now: Timestamp) {
        let health = &mut self.health;
        health.last_millis = millis_of(span);
        health.sends = health.sends.saturating_add(1);
        health.total_millis = health.total_millis.saturating_add(health.last_millis);
        if delivered {
            health.consecutive_failures = 0;
            health.errors_since_success = 0;
            health.last_success = Some(now);
        } else {
            health.consecutive_failures = health.consecutive_failures.saturating_add(1);
            health.errors_since_success = health.errors_since_success.saturating_add(1);
        }
        let message = if delivered { "Success" } else { "Failed" };
        self.last = Some(LastStatus {
            code: status.unwrap_or(0),
            message: message.to_owned(),
            at: now,
        });
    }

    /// Suspends the webhook when it failed this often in a row.
    pub fn suspend_after(&mut self, failures: u32) {
        let failed = self.health.consecutive_failures;
        if self.status == WebhookStatus::Active && failed >= failures {
            self.status = WebhookStatus::Suspended;
        }
    }

    fn change(&mut self, wish: &Wish, now: Timestamp) -> Result<(), ApiError> {
        if let Some(name) = text_field(wish, "name")? {
            self.name = checked_name(name)?;
        }
        if let Some(url) = text_field(wish, "url")? {
            self.url = checked_url(url)?;
        }
        if let Some(topics) = wish.get("topics") {
            self.topics = checked_topics(topics)?;
        }
        if let Some(description) = wish.get("description") {
            self.description = description.as_str().map(ToOwned::to_owned);
        }
        if let Some(config) = wish.get("requestConfig") {
            self.configure(config)?;
        }
        if let Some(status) = text_field(wish, "status")? {
            self.status = checked_status(status)?;
            if self.status == WebhookStatus::Active {
                self.health = Health::default();
            }
        }
        self.updated = now;
        Ok(())
    }

    fn configure(&mut self, config: &Value) -> Result<(), ApiError> {
        if let Some(timeout) = config.get("timeoutMs") {
            let millis = timeout.as_u64().filter(|ms| (1_000..=30_000).contains(ms));
            let message = "The timeout is 1000 to 30000 milliseconds.";
            let millis = millis.ok_or_else(|| ApiError::bad_field("requestConfig", message))?;
            self.timeout = Duration::from_millis(millis);
        }
        if let Some(headers) = config.get("headers") {
            let read = BTreeMap::<String, String>::deserialize(headers).ok();
            let read = read.filter(|headers| headers.len() <= MAX_HEADERS);
            let message = "Headers are at most 10 names with texts.";
            self.headers = read.ok_or_else(|| ApiError::bad_field("requestConfig", message))?;
        }
        Ok(())
    }
}

impl Workspace {
    pub fn webhook(&self, id: &str) -> Result<&Webhook, ApiError> {
        well_formed(id, "id")?;
        let found = self.webhooks.iter().find(|webhook| webhook.id == id);
        found.ok_or_else(|| no_webhook(id))
    }

    pub fn webhook_mut(&mut self, id: &str) -> Result<&mut Webhook, ApiError> {
        well_formed(id, "id")?;
        let found = self.webhooks.iter_mut().find(|webhook| webhook.id == id);
        found.ok_or_else(|| no_webhook(id))
    }

    /// Makes a webhook of what an API call asks for.
    pub fn create_webhook(&mut self, wish: &Wish, now: Timestamp) -> Result<&Webhook, ApiError> {
        if self.webhooks.len() >= MAX_WEBHOOKS {
            let message = "An organization can have 10 webhooks.";
            return Err(ApiError::bad_request("webhook_limit_reached", message));
        }
        for field in ["name", "url", "topics"] {
            if !wish.contains_key(field) {
                return Err(ApiError::bad_field(field, "This field is required."));
            }
        }
        let mut webhook = self.blank_webhook(now);
        webhook.change(wish, now)?;
        webhook.status = WebhookStatus::Active;
        let id = webhook.id.clone();
        self.webhooks.push(webhook);
        self.webhook(&id)
    }

    /// Makes a webhook of the given parts as they are, without Featurebase's checks.
    pub fn add_webhook(&mut self, url: &str, topics: &[&str], now: Timestamp) -> WebhookHandle {
        let mut webhook = self.blank_webhook(now);
        "Bouncer".clone_into(&mut webhook.name);
        url.clone_into(&mut webhook.url);
        webhook.topics = topics.iter().map(|&topic| topic.to_owned()).collect();
        let handle = webhook.handle();
        self.webhooks.push(webhook);
        handle
    }

    pub fn change_webhook(
        &mut self,
        id: &str,
        wish: &Wish,
        now: Timestamp,
    ) -> Result<&Webhook, ApiError> {
        let webhook = self.webhook_mut(id)?;
        // Changed whole or not at all.
        let mut changed = webhook.clone();
        changed.change(wish, now)?;
        *webhook = changed;
        Ok(webhook)
    }

    pub fn delete_webhook(&mut self, id: &str) -> Result<(), ApiError> {
        self.webhook(id)?;
        self.webhooks.retain(|webhook| webhook.id != id);
        Ok(())
    }

    /// A new secret; the old one signs nothing from now on.
    pub fn rotate_secret(&mut self, id: &str, now: Timestamp) -> Result<&Webhook, ApiError> {
        let secret = secret(&mut self.rng);
        let webhook = self.webhook_mut(id)?;
        webhook.secret = secret;
        webhook.updated = now;
        Ok(webhook)
    }

    fn blank_webhook(&mut self, now: Timestamp) -> Webhook {
        Webhook {
            id: object_id(&mut self.rng, now),
            name: String::new(),
            url: String::new(),
            description: None,
            topics: Vec::new(),
            secret: secret(&mut self.rng),
            status: WebhookStatus::Active,
            version: self.settings.payload_version,
            timeout: self.settings.delivery_timeout,
            headers: BTreeMap::new(),
            health: Health::default(),
            last: None,
            created: now,
            updated: now,
        }
    }
}

fn text_field<'a>(wish: &'a Wish, field: &'static str) -> Result<Option<&'a str>, ApiError> {
    let Some(value) = wish.get(field) else {
        return Ok(None);
    };
    let text = value.as_str();
    text.map(Some)
        .ok_or_else(|| ApiError::bad_field(field, "This field is a text."))
}

fn checked_name(name: &str) -> Result<String, ApiError> {
    if (1..=100).contains(&name.chars().count()) {
        return Ok(name.to_owned());
    }
    let message = "The name is 1 to 100 characters long.";
    Err(ApiError::bad_field("name", message))
}

/// Featurebase takes `https` only. The sandbox delivers to this machine and to containers beside it, where there is
/// no certificate, so it takes `http` too.
fn checked_url(url: &str) -> Result<String, ApiError> {
    match url::Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") => Ok(url.to_owned()),
        _ => Err(ApiError::bad_field("url", "The URL is not an HTTP URL.")),
    }
}

fn checked_topics(topics: &Value) -> Result<Vec<String>, ApiError> {
    let read = Vec::<String>::deserialize(topics)
        .ok()
        .filter(|topics| !topics.is_empty());
    let read = read.ok_or_else(|| ApiError::bad_field("topics", "Topics is a list of names."))?;
    match read.iter().find(|topic| !TOPICS.contains(&topic.as_str())) {
        Some(unknown) => {
            let message = format!("There is no topic {unknown}.");
            Err(ApiError::bad_field("topics", message))
        }
        None => Ok(read),
    }
}

fn checked_status(status: &str) -> Result<WebhookStatus, ApiError> {
    let settable = [WebhookStatus::Active, WebhookStatus::Paused];
    WebhookStatus::parse(status)
        .filter(|status| settable.contains(status))
        .ok_or_else(|| ApiError::bad_field("status", "The status can be set to active or paused."))
}

fn no_webhook(id: &str) -> ApiError {
    ApiError::not_found("webhook_not_found", format!("No webhook has the id {id}.")).param("id")
}

fn secret(rng: &mut fastrand::Rng) -> String {
    format!("whsec_{:032x}", rng.u128(..))
}
