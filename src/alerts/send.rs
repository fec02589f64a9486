//! Sending a message, and what the answer means.

use std::time::{Duration, UNIX_EPOCH};

use reqwest::{Client, Response, StatusCode, header, redirect};

use super::address::{Address, Form};
use super::body::body;
use super::plan::Message;
use crate::time::Timestamp;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest wait a server may ask of us.
const LONGEST_WAIT: Duration = Duration::from_hours(1);
/// Most bytes looked at of an answer.
const ANSWER_LIMIT: usize = 4_096;

/// What came of sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    Told,
    /// It may work later, and not before the wait the server named.
    Later {
        after: Option<Duration>,
        why: String,
    },
    /// It will not work until somebody mends the address.
    Never {
        why: String,
    },
}

/// How everything is sent: bounded in time, never led elsewhere by a redirect.
pub(super) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .timeout(PATIENCE)
        .connect_timeout(PATIENCE / 2)
        .redirect(redirect::Policy::none())
        .user_agent(concat!("featurebase-bouncer/", env!("CARGO_PKG_VERSION")))
        .build()
}

pub(super) async fn send(
    http: &Client,
    address: &Address,
    message: &Message,
    now: Timestamp,
) -> Sent {
    let request = http
        .post(address.reveal())
        .header(header::CONTENT_TYPE, "application/json")
        .body(body(address.form, message).to_string());
    match request.send().await {
        Ok(response) => meaning(address.form, response, now).await,
        Err(error) => Sent::Later {
            after: None,
            why: if error.is_timeout() {
                "no answer in time".to_owned()
            } else {
                "no connection".to_owned()
            },
        },
    }
}

async fn meaning(form: Form, mut response: Response, now: Timestamp) -> Sent {
    let status = response.status();
    let after = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| retry_after(value.to_str().ok()?, now));
    let why = format!("answered {}", status.as_u16());
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Sent::Later { after, why };
    }
    if status.is_server_error() || matches!(status.as_u16(), 408 | 425) {
        return Sent::Later { after, why };
    }
    if !status.is_success() {
        return Sent::Never { why };
    }
    // Connectors of Teams say 200 to what they did not take, and why in the answer.
    if form == Form::Teams && start_of(&mut response).await.contains("HTTP error 429") {
        let why = "answered 200, but that it was too many".to_owned();
        return Sent::Later { after, why };
    }
    Sent::Told
}

async fn start_of(response: &mut Response) -> String {
    let mut start = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        start.extend_from_slice(&chunk);
        if start.len() > ANSWER_LIMIT {
            break;
        }
    }
    String::from_utf8_lossy(&start).into_owned()
}

/// Seconds, whole (Slack) or not (Discord), or a date.
fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let wait = if let Ok(seconds) = text.trim().parse::<f64>() {
        Duration::try_from_secs_f64(seconds).ok()?
    } else {
        let date = httpdate::parse_http_date(text).ok()?;
        let seconds = date.duration_since(UNIX_EPOCH).ok()?.as_secs();
        Timestamp::from_seconds(i64::try_from(seconds).ok()?).since(now)
    };
    Some(wait.min(LONGEST_WAIT))
}
