//! What an answer means: done, later, never, or that the key is refused.

use std::time::{Duration, UNIX_EPOCH};

use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::time::Timestamp;

/// Most bytes read of an answer.
const ANSWER_LIMIT: usize = 1024 * 1024;
/// Anything shorter is a word, not a secret.
const SHORTEST: usize = 8;
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

pub(super) fn refused(code: &str, why: &str) -> Outcome {
    Outcome::Refused {
        code: code.to_owned(),
        why: why.to_owned(),
    }
}

pub(super) fn unreachable_now(error: &reqwest::Error) -> Outcome {
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

pub(super) async fn read_capped(mut response: Response) -> Result<Vec<u8>, Outcome> {
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

/// An answer's JSON without what must not be shown, which a careless server or proxy may repeat in it.
pub(super) fn read_without(secrets: &[&str], answer: &[u8]) -> Value {
    let mut text = String::from_utf8_lossy(answer).into_owned();
    for secret in secrets.iter().filter(|secret| secret.len() >= SHORTEST) {
        if text.contains(*secret) {
            text = text.replace(*secret, "(hidden)");
        }
    }
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

/// What the answer says about trying again.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wait {
    should: Option<bool>,
    after: Option<Duration>,
}

impl Wait {
    /// `x-should-retry` first, then `retry-after-ms`, else `retry-after` in seconds or as a date, as the official client reads them.
    pub fn of(response: &Response, now: Timestamp) -> Self {
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

pub(super) fn classify(status: StatusCode, body: &Value, wait: Wait) -> Outcome {
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
