//! What every API call passes: it is written down, its key, version and rate are checked, and it meets its fault.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::{Extension, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderName, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::drip::Drip;
use super::errors::{ApiError, in_one_shape};
use super::faults::{FaultKind, FaultTarget, RetryAfter};
use super::rate::{Rate, Told, set};
use super::serve::Line;
use super::workspace::{Late, Shared};
use crate::time::Timestamp;

/// The one version of the API the sandbox speaks.
pub const API_VERSION: &str = "2026-01-01.nova";

/// How long [`FaultKind::Hang`] holds a call.
const HANG: Duration = Duration::from_mins(1);

crate::vocabulary! {
    /// What a call changed about a contact. A second block changes nothing.
    Effect {
        Blocked = "blocked",
        Unblocked = "unblocked",
    }
}

/// One API call, written down when it comes and completed when it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallRecord {
    pub at: Timestamp,
    pub method: String,
    pub path: String,
    /// The contact the path names.
    pub contact: Option<String>,
    pub key_ok: bool,
    /// `None` while it is not answered, and for good when the connection was cut or the caller left.
    pub status: Option<u16>,
    /// The kind of fault that struck it.
    pub fault: Option<String>,
    pub effect: Option<Effect>,
}

/// Marks a call that is to answer as if it had worked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pretend;

pub(super) async fn gate(
    State(shared): State<Arc<Shared>>,
    Extension(line): Extension<Line>,
    request: Request,
    next: Next,
) -> Response {
    let call = Call::open(&shared, &request);
    let (rate, passed) = call.admit(request.headers());
    let mut response = match passed {
        Ok(fault) => call.perform(fault, request, next, &line).await,
        Err(refusal) => *refusal,
    };
    if let Some(rate) = rate {
        let told = response.extensions().get::<Told>().copied();
        let rate = told.map_or(rate, |told| rate.but(told, shared.now()));
        rate.write(response.headers_mut());
    }
    if !shared.options.latency.is_zero() {
        tokio::time::sleep(shared.options.latency).await;
    }
    let date = httpdate::fmt_http_date(moment_of(shared.now()));
    set(response.headers_mut(), DATE, &date);
    call.close(&response);
    response
}

/// One call on its way through the gate.
struct Call {
    shared: Arc<Shared>,
    target: FaultTarget,
    contact: Option<String>,
    writes: bool,
    /// Its place in the log, which only grows.
    place: usize,
}

impl Call {
    fn open(shared: &Arc<Shared>, request: &Request) -> Self {
        let path = request.uri().path();
        let contact = contact_of(path);
        let record = CallRecord {
            at: shared.now(),
            method: request.method().to_string(),
            path: path.to_owned(),
            contact: contact.clone(),
            key_ok: false,
            status: None,
            fault: None,
            effect: None,
        };
        let target = target_of(request.method(), path);
        let workspace = &mut *shared.lock();
        workspace.calls.push(record);
        Self {
            shared: Arc::clone(shared),
            target,
            contact,
            writes: target.writes(),
            place: workspace.calls.len().saturating_sub(1),
        }
    }

    /// Lets the call in, perhaps to its fault, or says why not. The rate is known once the key is.
    fn admit(
        &self,
        headers: &HeaderMap,
    ) -> (Option<Rate>, Result<Option<FaultKind>, Box<Response>>) {
        let options = &self.shared.options;
        let key = bearer(headers).unwrap_or_default();
        let read_only = options.read_only_key.as_deref() == Some(key);
        if key != options.api_key && !read_only {
            return (None, refuse(unknown_key()));
        }
        let now = self.shared.now();
        let workspace = &mut *self.shared.lock();
        let rate = workspace.rate.count(key, options.rate_limit, now);
        let blocked = self.contact.as_deref();
        let blocked = blocked.is_some_and(|id| workspace.is_blocked(id));
        if let Some(record) = workspace.calls.get_mut(self.place) {
            record.key_ok = true;
        }
        let version = headers
            .get("featurebase-version")
            .map(HeaderValue::as_bytes);
        let passed = if rate.over {
            Err(Box::new(rate.refusal()))
        } else if version != Some(API_VERSION.as_bytes()) {
            refuse(wrong_version())
        } else if read_only && self.writes {
            refuse(ApiError::of_status(StatusCode::FORBIDDEN))
        } else {
            Ok(workspace.faults.strike(self.target, blocked))
        };
        if let (Ok(Some(fault)), Some(record)) = (&passed, workspace.calls.get_mut(self.place)) {
            record.fault = Some(fault.as_str().to_owned());
        }
        (Some(rate), passed)
    }

    async fn perform(
        &self,
        fault: Option<FaultKind>,
        mut request: Request,
        next: Next,
        line: &Line,
    ) -> Response {
        match fault {
            None => self.run(request, next).await,
            Some(FaultKind::Slow(wait)) => {
                let response = self.run(request, next).await;
                tokio::time::sleep(wait).await;
                response
            }
            Some(FaultKind::NoEffect) => {
                request.extensions_mut().insert(Pretend);
                self.run(request, next).await
            }
            Some(FaultKind::LostAnswer) => {
                self.run(request, next).await;
                line.cut().await
            }
            Some(FaultKind::LateEffect(wait)) => {
                self.take_effect_in(wait);
                line.cut().await
            }
            Some(FaultKind::Hang) => {
                tokio::time::sleep(HANG).await;
                line.cut().await
            }
            Some(FaultKind::Reset) => line.cut().await,
            Some(FaultKind::TooMany(wait)) => too_many(wait, self.shared.now()),
            Some(FaultKind::Status(code)) => bare(code),
            Some(FaultKind::Hinted {
                status,
                should_retry,
            }) => hinted(status, should_retry),
            Some(FaultKind::SecondBlock(code)) => second_block(code),
            Some(FaultKind::Garbage) => garbage(),
            Some(FaultKind::Huge) => huge(),
            Some(FaultKind::Drip(every)) => Response::new(Body::new(Drip::new(every))),
            Some(FaultKind::Redirect) => redirect(),
            Some(FaultKind::Limits {
                remaining,
                reset_in,
            }) => {
                let mut response = self.run(request, next).await;
                let told = Told {
                    remaining,
                    reset_in,
                };
                response.extensions_mut().insert(told);
                response
            }
        }
    }

    /// Runs the call's handler and takes down its effect, which stands whether or not the answer arrives.
    async fn run(&self, request: Request, next: Next) -> Response {
        let response = in_one_shape(next.run(request).await);
        if let Some(effect) = response.extensions().get::<Effect>()
            && let Some(record) = self.shared.lock().calls.get_mut(self.place)
        {
            record.effect = Some(*effect);
        }
        response
    }

    /// A block or unblock that takes effect when its caller has long given up.
    fn take_effect_in(&self, wait: Duration) {
        let blocked = match self.target {
            FaultTarget::Block => true,
            FaultTarget::Unblock => false,
            _ => return,
        };
        if let Some(contact) = self.contact.clone() {
            self.shared.lock().late.push(Late {
                at: self.shared.now().after(wait),
                contact,
                blocked,
                call: self.place,
            });
        }
    }

    fn close(&self, response: &Response) {
        if let Some(record) = self.shared.lock().calls.get_mut(self.place) {
            record.status = Some(response.status().as_u16());
        }
    }
}

fn moment_of(at: Timestamp) -> SystemTime {
    let seconds = u64::try_from(at.seconds()).unwrap_or(0);
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Bearer ")
}

fn contact_of(path: &str) -> Option<String> {
    let rest = path.strip_prefix("/v2/contacts/")?;
    let id = rest.split('/').next().filter(|id| !id.is_empty())?;
    Some(id.to_owned())
}

fn target_of(method: &Method, path: &str) -> FaultTarget {
    if method == Method::GET && contact_of(path).is_some() {
        return FaultTarget::Contact;
    }
    if method == Method::GET || path == "/v2/conversations/search" {
        return FaultTarget::Read;
    }
    if path == "/v2/conversations/redact" {
        return FaultTarget::Redact;
    }
    if path.starts_with("/v2/conversations/") {
        if path.ends_with("/reply") {
            return FaultTarget::Note;
        }
        if method == Method::PATCH {
            return FaultTarget::Change;
        }
    }
    match path.strip_prefix("/v2/contacts/") {
        Some(rest) if rest.ends_with("/block") => FaultTarget::Block,
        Some(rest) if rest.ends_with("/unblock") => FaultTarget::Unblock,
        _ => FaultTarget::Other,
    }
}

fn refuse<T>(error: ApiError) -> Result<T, Box<Response>> {
    Err(Box::new(error.into_response()))
}

fn unknown_key() -> ApiError {
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "invalid_api_key",
        "The API key is missing or wrong.",
    )
}

fn wrong_version() -> ApiError {
    let message = format!("Send Featurebase-Version: {API_VERSION}.");
    ApiError::bad_request("invalid_version", message).param("Featurebase-Version")
}

fn too_many(wait: RetryAfter, now: Timestamp) -> Response {
    let mut response = ApiError::of_status(StatusCode::TOO_MANY_REQUESTS).into_response();
    let headers = response.headers_mut();
    match wait {
        RetryAfter::Unsaid => {}
        RetryAfter::Seconds(seconds) => set(headers, RETRY_AFTER, &seconds),
        RetryAfter::Millis(millis) => {
            set(headers, HeaderName::from_static("retry-after-ms"), &millis);
        }
        RetryAfter::DateIn(seconds) => {
            let then = u64::try_from(now.seconds()).unwrap_or(0);
            let then = Duration::from_secs(then.saturating_add(seconds));
            let date = UNIX_EPOCH.checked_add(then).map(httpdate::fmt_http_date);
            if let Some(date) = date {
                set(headers, RETRY_AFTER, &date);
            }
        }
    }
    response
}

fn bare(code: u16) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    ApiError::of_status(status).into_response()
}

fn hinted(code: u16, should_retry: bool) -> Response {
    let mut response = bare(code);
    let name = HeaderName::from_static("x-should-retry");
    set(response.headers_mut(), name, &should_retry);
    response
}

fn second_block(code: u16) -> Response {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::CONFLICT);
    let message = "The contact is already blocked.";
    ApiError::new(status, "contact_already_blocked", message).into_response()
}

fn garbage() -> Response {
    let mut response = Response::new(Body::from("<html><body>All good here!"));
    let html = HeaderValue::from_static("text/html");
    response.headers_mut().insert(CONTENT_TYPE, html);
    response
}

/// Eight times what a caller may be expected to read.
fn huge() -> Response {
    let filler = "x".repeat(8 * 1024 * 1024);
    let mut response = Response::new(Body::from(format!("{{\"id\":\"{filler}\"}}")));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

fn redirect() -> Response {
    let mut response = StatusCode::TEMPORARY_REDIRECT.into_response();
    let elsewhere = HeaderValue::from_static("/v2/elsewhere");
    response.headers_mut().insert(LOCATION, elsewhere);
    response
}
