//! Featurebase's calls on contacts, conversations and tags.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, FromRequest, Path, Query, Request, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::api_webhooks;
use super::errors::{ApiError, answer};
use super::gate::{Effect, Pretend, gate};
use super::inbox::{Change, Draft, WriteError};
use super::model::{InboxState, Tag};
use super::paging::{Listed, Page};
use super::search::Search;
use super::workspace::{Shared, Workspace, object_id, well_formed};
use crate::message::Channel;

pub(super) type Host = State<Arc<Shared>>;
pub(super) type Answer = Result<Response, ApiError>;

/// Every call of the API, behind the gate.
pub(super) fn router(shared: &Arc<Shared>) -> Router {
    let one = "/v2/conversations/{id}";
    Router::new()
        .route("/v2/contacts/{id}", get(get_contact))
        .route("/v2/contacts/{id}/block", post(block))
        .route("/v2/contacts/{id}/unblock", post(unblock))
        .route("/v2/conversations", get(list).post(create))
        .route("/v2/conversations/search", post(search))
        .route("/v2/conversations/redact", post(redact))
        .route(one, get(get_conversation).patch(change))
        .route("/v2/conversations/{id}/reply", post(reply))
        .route("/v2/conversations/{id}/tags", post(attach_tag))
        .route("/v2/tags", get(list_tags).post(create_tag))
        .merge(api_webhooks::router())
        .fallback(|| async { ApiError::of_status(StatusCode::NOT_FOUND) })
        .layer(from_fn_with_state(Arc::clone(shared), gate))
        .with_state(Arc::clone(shared))
}

/// A JSON body, whatever its `Content-Type` says.
pub(super) struct Read<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Read<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|_| ApiError::of_status(StatusCode::PAYLOAD_TOO_LARGE))?;
        let read = serde_json::from_slice(&body);
        read.map(Self)
            .map_err(|error| ApiError::bad_request("invalid_body", error.to_string()))
    }
}

pub(super) fn ok(body: &Value) -> Response {
    answer(StatusCode::OK, body)
}

async fn get_contact(State(shared): Host, Path(id): Path<String>) -> Answer {
    Ok(ok(&shared.lock().contact(&id)?.json()))
}

async fn block(
    State(shared): Host,
    Path(id): Path<String>,
    pretend: Option<Extension<Pretend>>,
) -> Answer {
    let said = json!({ "id": id, "object": "contact", "blocked": true });
    let effect = set_blocked(&mut shared.lock(), &id, true, pretend.is_some())?;
    Ok(with_effect(ok(&said), effect))
}

async fn unblock(
    State(shared): Host,
    Path(id): Path<String>,
    pretend: Option<Extension<Pretend>>,
) -> Answer {
    let said = json!({ "id": id, "object": "contact", "unblocked": true });
    let effect = set_blocked(&mut shared.lock(), &id, false, pretend.is_some())?;
    Ok(with_effect(ok(&said), effect))
}

fn set_blocked(
    workspace: &mut Workspace,
    id: &str,
    blocked: bool,
    pretend: bool,
) -> Result<Option<Effect>, ApiError> {
    if pretend {
        return workspace.contact(id).map(|_| None);
    }
    workspace.call_sets_blocked(id, blocked)
}

fn with_effect(mut response: Response, effect: Option<Effect>) -> Response {
    if let Some(effect) = effect {
        response.extensions_mut().insert(effect);
    }
    response
}

/// The newest first.
async fn list(State(shared): Host, Query(page): Query<Page>) -> Answer {
    let workspace = shared.lock();
    let listed = workspace.conversations.values().rev().map(|c| Listed {
        id: c.number.to_string(),
        json: c.json(workspace.is_with_blocked(c)),
    });
    Ok(ok(&page.of("list", listed.collect())?))
}

async fn get_conversation(State(shared): Host, Path(id): Path<String>) -> Answer {
    Ok(ok(&whole(&shared.lock(), &id)?))
}

fn whole(workspace: &Workspace, id: &str) -> Result<Value, ApiError> {
    let conversation = workspace.conversation(id)?;
    Ok(conversation.json_with_parts(workspace.is_with_blocked(conversation)))
}

async fn search(State(shared): Host, Read(search): Read<Search>) -> Answer {
    Ok(ok(&shared.lock().search(search)?))
}

/// Only contacts open conversations here; teammates reach out in Featurebase itself.
async fn create(State(shared): Host, Read(body): Read<Value>) -> Answer {
    let from = body.get("from").unwrap_or(&Value::Null);
    if text(from, "type") != Some("contact") {
        let message = "The sandbox opens conversations from contacts only.";
        return Err(ApiError::bad_field("from", message));
    }
    let contact = needed(from, "id")?;
    well_formed(contact, "from")?;
    let channel = match text(&body, "channel") {
        Some("email") => Channel::Email,
        _ => Channel::Desktop,
    };
    let mut draft = Draft::markdown(needed(&body, "bodyMarkdown")?).by(channel);
    draft.subject = text(&body, "subject").map(ToOwned::to_owned);
    let now = shared.now();
    let mut workspace = shared.lock();
    let written = workspace.write(contact, &draft, now).map_err(refused)?;
    shared.wake.notify_one();
    let opened = workspace.conversation(&written.conversation)?;
    Ok(answer(StatusCode::CREATED, &opened.json(false)))
}

async fn change(State(shared): Host, Path(id): Path<String>, Read(body): Read<Value>) -> Answer {
    let change = read_change(&body)?;
    let now = shared.now();
    let mut workspace = shared.lock();
    workspace.change(&id, change, now)?;
    shared.wake.notify_one();
    Ok(ok(&whole(&workspace, &id)?))
}

fn read_change(body: &Value) -> Result<Change, ApiError> {
    acting_admin(body)?;
    let state = match body.get("state") {
        None => None,
        Some(state) => {
            let state = state.as_str().and_then(InboxState::parse);
            let message = "The state is open, closed or snoozed.";
            Some(state.ok_or_else(|| ApiError::bad_field("state", message))?)
        }
    };
    let snoozed_until = text(body, "snoozedUntil").map(ToOwned::to_owned);
    if state == Some(InboxState::Snoozed) && snoozed_until.is_none() {
        let message = "Say until when it is snoozed.";
        return Err(ApiError::bad_field("snoozedUntil", message));
    }
    let attributes = body.get("customAttributes").and_then(Value::as_object);
    Ok(Change {
        state,
        snoozed_until,
        title: text(body, "title").map(ToOwned::to_owned),
        assignee: body.get("adminAssigneeId").cloned(),
        attributes: attributes.cloned().unwrap_or_default(),
    })
}

async fn redact(State(shared): Host, Read(body): Read<Value>) -> Answer {
    if text(&body, "type") != Some("conversation_part") {
        let message = "Only a conversation_part can be redacted.";
        return Err(ApiError::bad_field("type", message));
    }
    acting_admin(&body)?;
    let conversation = needed(&body, "conversationId")?;
    let part = needed(&body, "conversationPartId")?;
    let now = shared.now();
    let mut workspace = shared.lock();
    workspace.redact(conversation, part, now)?;
    shared.wake.notify_one();
    Ok(ok(&whole(&workspace, conversation)?))
}

async fn reply(State(shared): Host, Path(id): Path<String>, Read(body): Read<Value>) -> Answer {
    let by = needed(&body, "id")?;
    let said = needed(&body, "bodyMarkdown")?;
    let kind = needed(&body, "messageType")?;
    well_formed(by, "id")?;
    let now = shared.now();
    let mut workspace = shared.lock();
    let written = match (needed(&body, "type")?, kind) {
        ("admin", "note") => workspace.admin_notes(&id, by, said, now),
        ("admin", "reply") => workspace.admin_replies(&id, by, said, now),
        ("contact", "reply") => {
            let draft = Draft::markdown(said).in_conversation(&id);
            workspace.write(by, &draft, now)
        }
        _ => {
            let message = "An admin writes a note or a reply, a contact a reply.";
            return Err(ApiError::bad_field("messageType", message));
        }
    };
    let written = written.map_err(refused)?;
    shared.wake.notify_one();
    let conversation = workspace.conversation(&written.conversation)?;
    let part = conversation.parts.last().map(super::model::Part::json);
    Ok(answer(StatusCode::CREATED, &part.unwrap_or_default()))
}

async fn list_tags(State(shared): Host) -> Answer {
    let tags: Vec<Value> = shared.lock().tags.iter().map(Tag::json).collect();
    Ok(ok(
        &json!({ "object": "list", "data": tags, "nextCursor": null }),
    ))
}

/// A name that is there already answers its tag: two tags of one name would serve nobody.
async fn create_tag(State(shared): Host, Read(body): Read<Value>) -> Answer {
    let name = needed(&body, "name")?;
    let now = shared.now();
    let workspace = &mut *shared.lock();
    if let Some(tag) = workspace.tags.iter().find(|tag| tag.name == name) {
        return Ok(ok(&tag.json()));
    }
    let tag = Tag {
        id: object_id(&mut workspace.rng, now),
        name: name.to_owned(),
    };
    let said = tag.json();
    workspace.tags.push(tag);
    Ok(ok(&said))
}

async fn attach_tag(
    State(shared): Host,
    Path(id): Path<String>,
    Read(body): Read<Value>,
) -> Answer {
    let tag = needed(&body, "tagId")?;
    well_formed(tag, "tagId")?;
    needed(&body, "actingAdminId")?;
    acting_admin(&body)?;
    let mut workspace = shared.lock();
    let found = workspace.tags.iter().find(|known| known.id == tag).cloned();
    let found = found.ok_or_else(|| {
        ApiError::not_found("tag_not_found", format!("No tag has the id {tag}.")).param("tagId")
    })?;
    let said = found.json();
    let conversation = workspace.conversation_mut(&id)?;
    if !conversation.tags.iter().any(|known| known.id == tag) {
        conversation.tags.push(found);
    }
    Ok(ok(&said))
}

/// A contact who is blocked can send nothing; Featurebase does not say how its API words that.
pub(super) fn refused(error: WriteError) -> ApiError {
    let message = error.to_string();
    match error {
        WriteError::Blocked => ApiError::new(StatusCode::FORBIDDEN, "contact_blocked", message),
        WriteError::NoSuchContact => ApiError::not_found("contact_not_found", message),
        WriteError::NoSuchConversation => ApiError::not_found("conversation_not_found", message),
    }
}

/// The sandbox knows no list of teammates: every well-formed id is one.
fn acting_admin(body: &Value) -> Result<(), ApiError> {
    text(body, "actingAdminId").map_or(Ok(()), |id| well_formed(id, "actingAdminId"))
}

fn needed<'a>(body: &'a Value, field: &'static str) -> Result<&'a str, ApiError> {
    text(body, field).ok_or_else(|| ApiError::bad_field(field, "This field is required."))
}

fn text<'a>(body: &'a Value, field: &str) -> Option<&'a str> {
    body.get(field).and_then(Value::as_str)
}
