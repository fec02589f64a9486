//! What an answer means: done, later, never, or that the key is refused.

use std::time::{Duration, UNIX_EPOCH};

use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::time::Timestamp;

/// Most bytes read of an answer.
const ANSWER_LIMIT: usize = 1024 * 1024;
/// Anything shorter is a word, not a secret.
const SHORTEST: usize = 8;
/// Longest wait a server may ask of us. Who asks for more is asked again after a day: a mistake in a header must not
/// silence us for good.
const LONGEST_WAIT: Duration = Duration::from_hours(24);
/// The window of Featurebase's limits.
const WINDOW: Duration = Duration::from_mins(1);

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
    pub after: Option<Duration>,
}

impl Wait {
    /// `x-should-retry` first, as the official client reads it. Of `retry-after-ms` and `retry-after`, in seconds or as a date,
    /// the longer wait counts: we never come back earlier than anything told us.
    pub fn of(response: &Response, now: Timestamp) -> Self {
        let should = match header(response, "x-should-retry") {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        let millis = header(response, "retry-after-ms").and_then(|text| span(text, 0.001));
        let after = header(response, "retry-after")
            .and_then(|text| span(text, 1.0).or_else(|| until_date(text, response, now)));
        Self {
            should,
            after: millis.max(after).map(|wait| wait.min(LONGEST_WAIT)),
        }
    }
}

/// What the answer says about how many calls are left.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Limits {
    limit: Option<f64>,
    remaining: Option<f64>,
    reset: Option<Duration>,
}

impl Limits {
    pub fn of(response: &Response, now: Timestamp) -> Self {
        let number = |name: &str| header(response, name).and_then(number);
        Self {
            limit: number("x-ratelimit-limit"),
            remaining: number("x-ratelimit-remaining"),
            reset: number("x-ratelimit-reset").and_then(|reset| reset_in(reset, response, now)),
        }
    }

    /// How long no call is to be made: until the reset, once next to nothing is left. The limit is shared with the customer's
    /// other integrations, so the last twentieth is theirs.
    pub fn rest(self) -> Option<Duration> {
        let remaining = self.remaining?;
        let reserve = self.limit.map_or(0.0, |limit| (limit / 20.0).floor());
        let reset = self.reset.unwrap_or(WINDOW);
        (remaining <= reserve.max(0.0)).then(|| reset.min(LONGEST_WAIT))
    }
}

fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    let value = response.headers().get(name)?;
    value.to_str().ok().map(str::trim)
}

fn number(text: &str) -> Option<f64> {
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// So many units from now, rounded up to a millisecond; more than can be said is the longest wait.
fn span(text: &str, unit: f64) -> Option<Duration> {
    let seconds = text.parse::<f64>().ok().filter(|number| *number >= 0.0)? * unit;
    let exact = Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_WAIT);
    Some(exact.saturating_add(Duration::from_micros(999)))
}

fn until_date(text: &str, response: &Response, now: Timestamp) -> Option<Duration> {
    until(moment(text)?, response, now)
}

/// Until a moment of the server's clock: by ours or by its own, whichever is longer.
fn until(then: Timestamp, response: &Response, now: Timestamp) -> Option<Duration> {
    let its_now = header(response, "date").and_then(moment);
    let by_its = its_now.map(|its_now| then.since(its_now));
    Some(then.since(now)).max(by_its)
}

fn moment(text: &str) -> Option<Timestamp> {
    let date = httpdate::parse_http_date(text).ok()?;
    let seconds = date.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(Timestamp::from_seconds(i64::try_from(seconds).ok()?))
}

/// Featurebase does not say what it counts: seconds from now, or Unix time in seconds or milliseconds.
fn reset_in(reset: f64, response: &Response, now: Timestamp) -> Option<Duration> {
    const UNIX_SECONDS: f64 = 1e9;
    const UNIX_MILLIS: f64 = 1e12;
    if reset < UNIX_SECONDS {
        return Duration::try_from_secs_f64(reset).ok();
    }
    let seconds = if reset < UNIX_MILLIS {
        reset
    } else {
        reset / 1000.0
    };
    let since_epoch = Duration::try_from_secs_f64(seconds).ok()?;
    let then = Timestamp::from_millis(0).after(since_epoch);
    until(then, response, now)
}

/// What an answer that is not a success says, for people.
pub(super) fn why_of(status: StatusCode, body: &Value) -> String {
    let (code, message) = (word(body, "code"), word(body, "message"));
    let said = cut(if message.is_empty() { code } else { message });
    format!("answered {}: {said}", status.as_u16())
}

pub(super) fn classify(status: StatusCode, body: &Value, wait: Wait) -> Outcome {
    let (code, message) = (word(body, "code"), word(body, "message"));
    let why = why_of(status, body);
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

fn word<'b>(body: &'b Value, key: &str) -> &'b str {
    let said = body.pointer(&format!("/error/{key}"));
    said.and_then(Value::as_str).unwrap_or_default()
}

/// Texts of others are kept short and free of control characters and of addresses: they go into the record.
fn cut(text: &str) -> String {
    let shown = |word: &str| {
        if word.contains('@') {
            "(address)".to_owned()
        } else {
            word.to_owned()
        }
    };
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let words: Vec<String> = text.split(' ').map(shown).collect();
    words.join(" ").chars().take(200).collect()
}
