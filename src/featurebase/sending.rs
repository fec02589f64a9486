//! The one place from which Featurebase is sent anything: out of the budget, through the gate, and back with its answer.

use reqwest::{Method, StatusCode, header};
use serde_json::Value;

use super::Featurebase;
use super::answer::{
    Limits, Outcome, Wait, classify, read_capped, read_without, refused, unreachable_now, why_of,
};
use super::gate::Health;
use crate::time::Timestamp;

/// The API version every call names.
pub(super) const VERSION: &str = "2026-01-01.nova";

/// What it means when a call is forbidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Forbidden {
    /// The key may not do what we are here for.
    KeyRefused,
    /// The key may not do this one thing, which says nothing about the others.
    ThisOne,
}

impl Featurebase {
    /// One call: the status and the JSON of a success, or what the failure means.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        now: Timestamp,
    ) -> Result<(StatusCode, Value), Outcome> {
        let means = Forbidden::KeyRefused;
        let (status, body, wait) = self.send((method, path), body, means, now).await?;
        if status.is_success() {
            return Ok((status, body));
        }
        Err(classify(status, &body, wait))
    }

    /// A call for something besides blocks and look-ups. That the key may not do this one thing says nothing about the others.
    pub(super) async fn call_besides(
        &self,
        method: Method,
        path: &str,
        body: &Value,
        now: Timestamp,
    ) -> Result<(StatusCode, Value), Outcome> {
        let means = Forbidden::ThisOne;
        let (status, body, wait) = self.send((method, path), Some(body), means, now).await?;
        if status.is_success() {
            return Ok((status, body));
        }
        Err(match classify(status, &body, wait) {
            Outcome::KeyRefused { why } if status == StatusCode::FORBIDDEN => {
                refused("forbidden", &why)
            }
            outcome => outcome,
        })
    }

    async fn send(
        &self,
        (method, path): (Method, &str),
        body: Option<&Value>,
        forbidden: Forbidden,
        now: Timestamp,
    ) -> Result<(StatusCode, Value, Wait), Outcome> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(&self.key)
            .header("Featurebase-Version", VERSION);
        if let Some(body) = body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        let Some(line) = &self.line else {
            return exchange(request, &self.key, now).await.0;
        };
        let seen = line.admit(self.purse.as_ref(), self.used_for).await?;
        let (answer, limits) = exchange(request, &self.key, now).await;
        let health = match &answer {
            Ok((status, body, wait)) => health_of(*status, body, *wait, forbidden),
            Err(outcome) => health_without(outcome),
        };
        line.note(&seen, &health, limits.rest()).await;
        answer
    }
}

/// What came back, and what it said about its limits even where the rest of it was lost.
async fn exchange(
    request: reqwest::RequestBuilder,
    key: &str,
    now: Timestamp,
) -> (Result<(StatusCode, Value, Wait), Outcome>, Limits) {
    let response = match request.send().await {
        Ok(response) => response,
        Err(error) => return (Err(unreachable_now(&error)), Limits::default()),
    };
    let (status, limits) = (response.status(), Limits::of(&response, now));
    let wait = Wait::of(&response, now);
    let body = read_capped(response).await;
    let answer = body.map(|body| (status, read_without(&[key], &body), wait));
    (answer, limits)
}

fn health_of(status: StatusCode, body: &Value, wait: Wait, forbidden: Forbidden) -> Health {
    let why = why_of(status, body);
    match status {
        StatusCode::FORBIDDEN if forbidden == Forbidden::ThisOne => Health::NoWord,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Health::KeyRefused { why },
        StatusCode::TOO_MANY_REQUESTS => Health::Limited {
            why,
            after: wait.after,
        },
        _ if status.is_server_error() => Health::Trouble {
            why,
            after: wait.after,
        },
        _ => Health::Well,
    }
}

fn health_without(outcome: &Outcome) -> Health {
    match outcome {
        Outcome::Retry { why, after, .. } => Health::Trouble {
            why: why.clone(),
            after: *after,
        },
        _ => Health::NoWord,
    }
}
