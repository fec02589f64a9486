//! How many calls a key has in a minute, and how answers say so.

use std::collections::HashMap;

use axum::http::header::{HeaderName, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::errors::ApiError;
use crate::time::Timestamp;

/// The calls of the running minute, by key.
#[derive(Debug, Default)]
pub(super) struct RateWindow {
    minute: i64,
    used: HashMap<String, u32>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Rate {
    limit: u32,
    remaining: u32,
    /// Unix seconds. Featurebase does not say what it counts.
    reset: i64,
    wait: i64,
    pub over: bool,
}

/// What an answer is made to say of the limit instead.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    pub remaining: u32,
    pub reset_in: u64,
}

impl RateWindow {
    /// Counts one call.
    pub fn count(&mut self, key: &str, limit: u32, now: Timestamp) -> Rate {
        let minute = now.seconds().div_euclid(60);
        if minute != self.minute {
            self.minute = minute;
            self.used.clear();
        }
        let used = self.used.entry(key.to_owned()).or_default();
        *used = used.saturating_add(1);
        let reset = minute.saturating_add(1).saturating_mul(60);
        Rate {
            limit,
            remaining: limit.saturating_sub(*used),
            reset,
            wait: reset.saturating_sub(now.seconds()),
            over: *used > limit,
        }
    }
}

impl Rate {
    pub fn refusal(self) -> Response {
        let mut response = ApiError::of_status(StatusCode::TOO_MANY_REQUESTS).into_response();
        set(response.headers_mut(), RETRY_AFTER, &self.wait);
        response
    }

    /// The same limit, with less left of it.
    pub fn but(self, told: Told, now: Timestamp) -> Self {
        let reset_in = i64::try_from(told.reset_in).unwrap_or(i64::MAX);
        Self {
            remaining: told.remaining,
            reset: now.seconds().saturating_add(reset_in),
            ..self
        }
    }

    pub fn write(self, headers: &mut HeaderMap) {
        let name = HeaderName::from_static;
        set(headers, name("x-ratelimit-limit"), &self.limit);
        set(headers, name("x-ratelimit-remaining"), &self.remaining);
        set(headers, name("x-ratelimit-reset"), &self.reset);
    }
}

/// Sets a header to the text of `value`, unless HTTP does not allow it.
pub(super) fn set(headers: &mut HeaderMap, name: HeaderName, value: &impl ToString) {
    if let Ok(value) = HeaderValue::from_str(&value.to_string()) {
        headers.insert(name, value);
    }
}
