//! The way in: Featurebase's signed deliveries. Verified, stored, synced, then answered.

mod body;
mod delivery;
pub mod guests;
pub mod misreading;
pub mod refusals;
mod rewritten;
pub mod signature;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use http::{HeaderValue, StatusCode, header};

pub use body::Room;
pub use delivery::Delivered;

use crate::store::Store;
use crate::telemetry::Metrics;
use crate::time::Clock;
use guests::Guests;
use refusals::Refusals;
use signature::Secrets;

/// Within this long of its headers a delivery is answered, whatever happens: Featurebase waits 5 seconds.
const ANSWER_WITHIN: Duration = Duration::from_millis(4_300);

/// What deliveries are received with.
#[derive(Debug)]
pub struct Receiver {
    pub store: Store,
    pub secrets: Secrets,
    pub refusals: Arc<Refusals>,
    /// How far a delivery's timestamp may be from our clock, either way.
    pub window: Duration,
    /// Largest body, in bytes.
    pub body_limit: usize,
    /// Longest time a body may take to arrive.
    pub body_timeout: Duration,
    pub room: Room,
    /// Whose bodies are not here whole yet.
    pub bodies: Guests,
    pub clock: Clock,
    pub metrics: Metrics,
}

/// The public routes: deliveries at `path`, and a health check. Nothing else.
pub fn router(receiver: Arc<Receiver>, path: &str) -> Router {
    Router::new()
        .route(path, any(receive))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(receiver)
}

/// Taking [`Delivered`] as an argument is what verifies: without it there is no delivery to store.
async fn receive(
    State(receiver): State<Arc<Receiver>>,
    Delivered {
        delivery,
        deadline,
        held: _held,
    }: Delivered,
) -> Response {
    let (id, at) = (delivery.event.clone(), delivery.received_at);
    match tokio::time::timeout_at(deadline, receiver.store.keep(delivery)).await {
        Ok(Ok(())) => {
            receiver.metrics.lookout.delivered(at);
            StatusCode::OK.into_response()
        }
        Ok(Err(error)) => {
            tracing::error!(event = %id, error = %anyhow::Error::from(error), "an event could not be stored; Featurebase will send it again");
            not_stored(&receiver)
        }
        Err(_) => {
            tracing::error!(event = %id, "storing an event took too long; Featurebase will send it again");
            not_stored(&receiver)
        }
    }
}

fn not_stored(receiver: &Receiver) -> Response {
    receiver.metrics.events_not_stored.inc();
    let mut response = StatusCode::SERVICE_UNAVAILABLE.into_response();
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    response
}
