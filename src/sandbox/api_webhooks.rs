//! Featurebase's calls on webhooks.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use super::api::{Answer, Host, Read, ok};
use super::errors::{ApiError, answer};
use super::paging::{Listed, Page};
use super::webhooks::{WebhookStatus, Wish};
use super::workspace::Shared;

/// The calls on webhooks; the gate is put before them with the rest.
pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v2/webhooks", get(list).post(create))
        .route(
            "/v2/webhooks/{id}",
            get(get_one).patch(change).delete(delete),
        )
        .route("/v2/webhooks/{id}/secret", post(rotate))
}

#[derive(Deserialize)]
struct Filter {
    status: Option<String>,
}

async fn list(
    State(shared): Host,
    Query(page): Query<Page>,
    Query(filter): Query<Filter>,
) -> Answer {
    let wanted = match &filter.status {
        None => None,
        Some(status) => {
            let known = WebhookStatus::parse(status);
            let message = "There is no such status.";
            Some(known.ok_or_else(|| ApiError::bad_field("status", message))?)
        }
    };
    let workspace = shared.lock();
    let listed = workspace
        .webhooks
        .iter()
        .filter(|webhook| wanted.is_none_or(|wanted| webhook.status == wanted))
        .map(|webhook| Listed {
            id: webhook.id.clone(),
            json: webhook.json(),
        });
    Ok(ok(&page.of("webhooks", listed.collect())?))
}

async fn create(State(shared): Host, Read(wish): Read<Wish>) -> Answer {
    let now = shared.now();
    let mut workspace = shared.lock();
    let made = workspace.create_webhook(&wish, now)?;
    Ok(answer(StatusCode::CREATED, &made.json()))
}

async fn get_one(State(shared): Host, Path(id): Path<String>) -> Answer {
    Ok(ok(&shared.lock().webhook(&id)?.json()))
}

async fn change(State(shared): Host, Path(id): Path<String>, Read(wish): Read<Wish>) -> Answer {
    let now = shared.now();
    Ok(ok(&shared.lock().change_webhook(&id, &wish, now)?.json()))
}

async fn delete(State(shared): Host, Path(id): Path<String>) -> Answer {
    shared.lock().delete_webhook(&id)?;
    Ok(ok(
        &json!({ "id": id, "object": "webhook", "deleted": true }),
    ))
}

async fn rotate(State(shared): Host, Path(id): Path<String>) -> Answer {
    let now = shared.now();
    Ok(ok(&shared.lock().rotate_secret(&id, now)?.json()))
}
