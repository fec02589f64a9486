//! Verification as an extractor: cap the body, verify the raw bytes, find the event's id.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method, StatusCode, header};

use tokio::time::Instant;

use super::Receiver;
use super::body::{self, Arrived, Held};
use super::guests::Guest;
use super::misreading::Misreading;
use super::signature::{Claimed, Refusal};
use crate::payload;
use crate::store::inbox::Delivery;
use crate::time::Timestamp;

/// In seconds. Whoever is further off than this has more than the secret wrong.
const A_DAY: u64 = 86_400;

/// A delivery whose signature was verified.
#[derive(Debug)]
pub struct Delivered {
    pub delivery: Delivery,
    /// Until when it must be answered.
    pub deadline: Instant,
    /// The room its body takes up, until it is answered.
    pub held: Held,
}

/// A refusal before the signature could be looked at, counted under this name.
pub(super) type Refused = (StatusCode, &'static str);

impl FromRequest<Arc<Receiver>> for Delivered {
    type Rejection = Response;

    async fn from_request(request: Request, receiver: &Arc<Receiver>) -> Result<Self, Response> {
        let deadline = Instant::now() + super::ANSWER_WITHIN;
        match deliver(request, receiver).await {
            Ok((delivery, held)) => Ok(Self {
                delivery,
                deadline,
                held,
            }),
            Err((status, reason)) => {
                receiver.refusals.count(reason, receiver.clock.now());
                let mut response = status.into_response();
                // Whatever is left of the body is not read: the connection cannot be used again.
                response.headers_mut().insert(
                    header::CONNECTION,
                    header::HeaderValue::from_static("close"),
                );
                if status == StatusCode::METHOD_NOT_ALLOWED {
                    response
                        .headers_mut()
                        .insert(header::ALLOW, header::HeaderValue::from_static("POST"));
                }
                Err(response)
            }
        }
    }
}

async fn deliver(request: Request, receiver: &Receiver) -> Result<(Delivery, Held), Refused> {
    let (head, body) = request.into_parts();
    if head.method != Method::POST {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "method"));
    }
    refuse_compressed(&head.headers)?;
    if announced_length(&head.headers) > receiver.body_limit {
        return Err((StatusCode::PAYLOAD_TOO_LARGE, "too-large"));
    }
    let claimed = Claimed::read(&head.headers).map_err(unauthorized)?;
    let reading = body::arrives(body, receiver);
    let Arrived { bytes: body, held } =
        match tokio::time::timeout(receiver.body_timeout, reading).await {
            Ok(arrived) => arrived?,
            Err(_) => return Err((StatusCode::REQUEST_TIMEOUT, "too-slow")),
        };
    let now = receiver.clock.now();
    claimed
        .verify(&body, &receiver.secrets, now, receiver.window)
        .map_err(|refusal| {
            match refusal {
                Refusal::TooOld | Refusal::TooNew => report_skew(receiver, &claimed, now),
                _ => look_into(receiver, &claimed, &body, now),
            }
            unauthorized(refusal)
        })?;
    if let Some(guest) = head.extensions.get::<Arc<Guest>>() {
        guest.is_trusted();
    }
    receiver.refusals.came_in_time();
    let delivery = Delivery {
        event: payload::id_of(&body),
        received_at: now,
        body,
    };
    Ok((delivery, held))
}

const fn unauthorized(refusal: Refusal) -> Refused {
    (StatusCode::UNAUTHORIZED, refusal.as_str())
}

fn refuse_compressed(headers: &HeaderMap) -> Result<(), Refused> {
    let plain = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .all(|value| value.as_bytes().eq_ignore_ascii_case(b"identity"));
    if plain {
        Ok(())
    } else {
        Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "compressed"))
    }
}

fn announced_length(headers: &HeaderMap) -> usize {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    length.unwrap_or(0)
}

/// An authentic delivery at the wrong time is more often our clock than a replay.
fn report_skew(receiver: &Receiver, claimed: &Claimed, now: Timestamp) {
    let age = claimed.age(now);
    receiver.metrics.clock_skew_seconds.set(age);
    receiver.refusals.came_at_a_wrong_time(age, now);
    tracing::warn!(
        age_seconds = age,
        "a rightly signed delivery was refused for its age: either it is a replay, or this machine's clock is {} minutes {}",
        age.unsigned_abs() / 60,
        if age > 0 { "ahead" } else { "behind" },
    );
}

/// Looks for the mistake behind a wrong signature, where it may be one and not just anybody's junk.
fn look_into(receiver: &Receiver, claimed: &Claimed, body: &[u8], now: Timestamp) {
    let likely = claimed.age(now).unsigned_abs() < A_DAY && body.contains(&b'{');
    if likely && receiver.refusals.may_look_into(now) {
        let found = receiver.secrets.explain(claimed, body);
        if receiver.refusals.was_looked_into(found) {
            tracing::warn!(
                "deliveries are refused for their signature: {}",
                found.map_or("", Misreading::remedy)
            );
        }
    }
}
