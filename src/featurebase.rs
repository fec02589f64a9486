//! Our calls to Featurebase's API, and what its answers mean to us.

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use reqwest::{Client, Method, Response, StatusCode, redirect};
use serde_json::Value;

use crate::message::ContactId;
use crate::time::Timestamp;

/// The API version every call names.
const VERSION: &str = "2026-01-01.nova";
/// Most bytes read of an answer.
const ANSWER_LIMIT: usize = 1024 * 1024;
/// Longest wait a server may ask of us.
const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Featurebase says it is done.
    Done,
    /// Featurebase says it was so already.
    Already { why: String },
    /// It may work later, and not before `after` where the server named a time.
    Retry {
        after: Option<Duration>,
        why: String,
        /// The whole of Featurebase is in trouble or wants a rest, not this one call.
        everywhere: bool,
    },
    /// The API key is wrong or may not do this: no call will work until somebody mends it.
    KeyRefused { why: String },
    /// It will never work for this contact.
    Refused { code: String, why: String },
}

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
}

impl fmt::Debug for Featurebase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Featurebase")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

impl Featurebase {
    /// `base` is the API's address without a path; `key` the API key. No call takes longer than `timeout`.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub fn new(base: &str, key: &str, timeout: Duration) -> Result<Self, reqwest::Error> {
        let http = Client::builder()
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_secs(5)))
            .redirect(redirect::Policy::none())
            .user_agent(concat!("featurebase-bouncer/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self {
            http,
            base: base.trim_end_matches('/').to_owned(),
            key: key.to_owned(),
        })
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
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(refused(
                "odd_id",
                "the conversation's id has no form that can stand in an address",
            ));
        }
        let (status, body) = self
            .call(Method::GET, &format!("/v2/conversations/{id}"), now)
            .await?;
        let parts = body.get("conversationParts");
        let parts =
            parts.and_then(|parts| parts.as_array().or_else(|| parts.get("data")?.as_array()));
        match body.get("isBlocked").and_then(Value::as_bool) {
            Some(blocked) if status == StatusCode::OK => Ok(Shown {
                blocked,
                answered: parts.into_iter().flatten().any(is_answer),
            }),
            _ => Err(Outcome::Retry {
                after: None,
                why: "the conversation does not say whether its contact is blocked".to_owned(),
                everywhere: false,
            }),
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
        if !contact.is_well_formed() {
            return Err(refused(
                "invalid_id",
                "the contact's id is not 24 hexadecimal digits",
            ));
        }
        let (_, body) = self
            .call(Method::GET, &format!("/v2/contacts/{contact}"), now)
            .await?;
        Ok(body.get("email").and_then(Value::as_str).map(str::to_owned))
    }

    async fn change(&self, contact: &ContactId, verb: &str, told: &str, now: Timestamp) -> Outcome {
        if !contact.is_well_formed() {
            return refused(
                "invalid_id",
                "the contact's id is not 24 hexadecimal digits",
            );
        }
        match self
            .call(Method::POST, &format!("/v2/contacts/{contact}/{verb}"), now)
            .await
        {
            Ok((_, body)) if body.get(told).and_then(Value::as_bool) == Some(true) => Outcome::Done,
            Ok((status, _)) => Outcome::Retry {
                after: None,
                why: format!("answered {status}, but not that the contact is {told}"),
                everywhere: false,
            },
            Err(outcome) => outcome,
        }
    }

    /// One call: the status and the JSON of a success, or what the failure means.
    async fn call(
        &self,
        method: Method,
        path: &str,
        now: Timestamp,
    ) -> Result<(StatusCode, Value), Outcome> {
        let request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.key)
            .header("Featurebase-Version", VERSION);
        let response = request
            .send()
            .await
            .map_err(|error| unreachable_now(&error))?;
        let status = response.status();
        let wait = Wait::of(&response, now);
        let body = read_capped(response).await?;
        let body: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        if status.is_success() {
            return Ok((status, body));
        }
        Err(classify(status, &body, wait))
    }
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

fn refused(code: &str, why: &str) -> Outcome {
    Outcome::Refused {
        code: code.to_owned(),
        why: why.to_owned(),
    }
}

fn unreachable_now(error: &reqwest::Error) -> Outcome {
    let why = if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        format!("no connection: {cause}")
    };
    Outcome::Retry {
        after: None,
        why,
        everywhere: true,
    }
}

async fn read_capped(mut response: Response) -> Result<Vec<u8>, Outcome> {
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| unreachable_now(&error))?
    {
        if body.len() + chunk.len() > ANSWER_LIMIT {
            break;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What the answer says about trying again.
#[derive(Debug, Clone, Copy, Default)]
struct Wait {
    should: Option<bool>,
    after: Option<Duration>,
}

impl Wait {
    /// `x-should-retry` first, then `retry-after-ms`, else `retry-after` in seconds or as a date, as the official client reads them.
    fn of(response: &Response, now: Timestamp) -> Self {
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::trim)
        };
        let should = match header("x-should-retry") {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        let millis = header("retry-after-ms")
            .and_then(|text| text.parse().ok())
            .map(Duration::from_millis);
        let after = millis.or_else(|| retry_after(header("retry-after")?, now));
        Self {
            should,
            after: after.map(|wait| wait.min(LONGEST_WAIT)),
        }
    }
}

fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let seconds = date.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(Timestamp::from_seconds(i64::try_from(seconds).ok()?).since(now))
}

fn classify(status: StatusCode, body: &Value, wait: Wait) -> Outcome {
    let word = |key: &str| {
        body.pointer(&format!("/error/{key}"))
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let (code, message) = (word("code"), word("message"));
    let why = format!(
        "answered {}: {}",
        status.as_u16(),
        cut(if message.is_empty() { code } else { message })
    );
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return Outcome::KeyRefused { why };
    }
    let says_so = |text: &str| {
        text.to_ascii_lowercase()
            .replace('_', " ")
            .contains("already")
    };
    if matches!(status, StatusCode::BAD_REQUEST | StatusCode::CONFLICT)
        && (says_so(code) || says_so(message))
    {
        return Outcome::Already { why };
    }
    let passing = matches!(status.as_u16(), 408 | 409 | 429) || status.is_server_error();
    if wait.should.unwrap_or(passing || status.is_redirection()) {
        return Outcome::Retry {
            after: wait.after,
            why,
            everywhere: status.as_u16() == 429 || status.is_server_error(),
        };
    }
    Outcome::Refused {
        code: if code.is_empty() {
            status.as_str().to_owned()
        } else {
            cut(code)
        },
        why,
    }
}

/// Texts of others are kept short and free of control characters.
fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
