//! `/_sandbox/`: what a test of a separate process, or a person with curl, does to the sandbox.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{delete, get, post, put};
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{Answer, Host, Read, ok, refused};
use super::deliver::deliver_due;
use super::errors::{ApiError, answer};
use super::faults::{Fault, FaultId, span};
use super::inbox::Draft;
use super::model::NewContact;
use super::outbox::DeliveryFaults;
use super::webhooks::WebhookStatus;
use super::workspace::{Shared, Workspace, well_formed};

/// Everything under `/_sandbox`.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/state", get(state))
        .route("/contacts", post(add_contact))
        .route("/contacts/{id}/block", post(block))
        .route("/contacts/{id}/unblock", post(unblock))
        .route("/write", post(write))
        .route("/admin-reply", post(admin_reply))
        .route("/redact", post(redact))
        .route("/delete", post(delete_conversation))
        .route("/faults", post(add_fault).delete(clear_faults))
        .route("/faults/{id}", delete(remove_fault))
        .route("/delivery-faults", put(set_delivery_faults))
        .route("/clock", post(advance))
        .route("/deliver", post(deliver))
        .route("/webhooks", post(add_webhook))
        .route("/webhooks/{id}/suspend", post(suspend))
        .route("/webhooks/{id}/rotate", post(rotate))
        .route("/events/{id}", get(event))
        .with_state(shared)
}

async fn state(State(shared): Host) -> Response {
    let now = shared.now();
    let state = shared.lock().snapshot();
    ok(&json!({ "now": now.to_string(), "state": state }))
}

impl Workspace {
    fn snapshot(&self) -> Value {
        let contacts = self.contacts.values().map(|contact| {
            let mut json = contact.json();
            if let Some(fields) = json.as_object_mut() {
                fields.insert("blocked".into(), json!(contact.blocked));
            }
            json
        });
        let conversations = self.conversations.values();
        let conversations = conversations.map(|c| c.json_with_parts(self.is_with_blocked(c)));
        let webhooks = self.webhooks.iter().map(super::webhooks::Webhook::json);
        json!({
            "contacts": contacts.collect::<Vec<_>>(),
            "conversations": conversations.collect::<Vec<_>>(),
            "webhooks": webhooks.collect::<Vec<_>>(),
            "faults": self.faults.waiting(),
            "waitingDeliveries": self.outbox.len(),
            "deliveries": self.deliveries,
            "calls": self.calls,
            "blocks": self.blocks,
        })
    }
}

async fn add_contact(State(shared): Host, Read(contact): Read<NewContact>) -> Answer {
    if let Some(id) = &contact.id {
        well_formed(id, "id")?;
    }
    let now = shared.now();
    let id = shared.lock().add_contact(contact, now);
    Ok(answer(StatusCode::CREATED, &json!({ "id": id })))
}

async fn block(State(shared): Host, Path(id): Path<String>) -> Answer {
    let changed = shared.lock().set_blocked(&id, true)?;
    Ok(ok(&json!({ "changed": changed })))
}

async fn unblock(State(shared): Host, Path(id): Path<String>) -> Answer {
    let changed = shared.lock().set_blocked(&id, false)?;
    Ok(ok(&json!({ "changed": changed })))
}

#[derive(Deserialize)]
struct Writes {
    contact: String,
    #[serde(flatten)]
    draft: Draft,
}

async fn write(State(shared): Host, Read(writes): Read<Writes>) -> Answer {
    let now = shared.now();
    let written = shared.lock().write(&writes.contact, &writes.draft, now);
    let written = written.map_err(refused)?;
    shared.wake.notify_one();
    Ok(answer(StatusCode::CREATED, &json!(written)))
}

#[derive(Deserialize)]
struct AdminReplies {
    conversation: String,
    text: String,
}

async fn admin_reply(State(shared): Host, Read(reply): Read<AdminReplies>) -> Answer {
    let now = shared.now();
    let mut workspace = shared.lock();
    let written = workspace.admin_replies(&reply.conversation, super::ADMIN, &reply.text, now);
    let written = written.map_err(refused)?;
    shared.wake.notify_one();
    Ok(answer(StatusCode::CREATED, &json!(written)))
}

#[derive(Deserialize)]
struct Redacts {
    conversation: String,
    part: String,
}

async fn redact(State(shared): Host, Read(redacts): Read<Redacts>) -> Answer {
    let now = shared.now();
    shared
        .lock()
        .redact(&redacts.conversation, &redacts.part, now)?;
    shared.wake.notify_one();
    Ok(ok(&json!({})))
}

#[derive(Deserialize)]
struct Deletes {
    conversation: String,
}

async fn delete_conversation(State(shared): Host, Read(deletes): Read<Deletes>) -> Answer {
    let now = shared.now();
    shared
        .lock()
        .delete_conversation(&deletes.conversation, now)?;
    shared.wake.notify_one();
    Ok(ok(&json!({})))
}

async fn add_fault(State(shared): Host, Read(fault): Read<Fault>) -> Response {
    let id = shared.lock().faults.add(fault);
    answer(StatusCode::CREATED, &json!({ "id": id }))
}

async fn clear_faults(State(shared): Host) -> Response {
    shared.lock().faults.clear();
    ok(&json!({}))
}

async fn remove_fault(State(shared): Host, Path(id): Path<u64>) -> Answer {
    if shared.lock().faults.remove(FaultId::new(id)) {
        return Ok(ok(&json!({})));
    }
    let message = "No fault has this id, or it has struck for the last time.";
    Err(ApiError::not_found("fault_not_found", message))
}

async fn set_delivery_faults(State(shared): Host, Read(faults): Read<DeliveryFaults>) -> Response {
    shared.lock().outbox.faults = faults;
    ok(&json!({}))
}

#[derive(Deserialize)]
struct Advance {
    #[serde(with = "span")]
    advance: Duration,
}

/// Moves a clock that is moved by hand; the system's clock goes its own way.
async fn advance(State(shared): Host, Read(by): Read<Advance>) -> Response {
    shared.options.clock.advance(by.advance);
    shared.wake.notify_one();
    ok(&json!({ "now": shared.now().to_string() }))
}

async fn deliver(State(shared): Host) -> Response {
    ok(&json!(deliver_due(&shared).await))
}

#[derive(Deserialize)]
struct AddWebhook {
    url: String,
    topics: Vec<String>,
}

async fn add_webhook(State(shared): Host, Read(webhook): Read<AddWebhook>) -> Response {
    let topics: Vec<&str> = webhook.topics.iter().map(String::as_str).collect();
    let now = shared.now();
    let handle = shared.lock().add_webhook(&webhook.url, &topics, now);
    answer(StatusCode::CREATED, &json!(handle))
}

async fn suspend(State(shared): Host, Path(id): Path<String>) -> Answer {
    let mut workspace = shared.lock();
    let webhook = workspace.webhook_mut(&id)?;
    webhook.status = WebhookStatus::Suspended;
    Ok(ok(&webhook.json()))
}

async fn rotate(State(shared): Host, Path(id): Path<String>) -> Answer {
    let now = shared.now();
    let mut workspace = shared.lock();
    let webhook = workspace.rotate_secret(&id, now)?;
    Ok(ok(&json!(webhook.handle())))
}

async fn event(State(shared): Host, Path(id): Path<String>) -> Answer {
    let workspace = shared.lock();
    let event = workspace.events.get(&id);
    let event = event.ok_or_else(|| ApiError::of_status(StatusCode::NOT_FOUND))?;
    Ok(ok(&event.body("pending")))
}
