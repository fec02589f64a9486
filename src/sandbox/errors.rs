//! Featurebase's one error shape.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error as the API answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    param: Option<&'static str>,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            param: None,
        }
    }

    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// A field of the request that cannot be meant.
    pub fn bad_field(param: &'static str, message: impl Into<String>) -> Self {
        Self::bad_request("invalid_parameter", message).param(param)
    }

    pub fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// What a bare status would say, for faults and for answers the sandbox did not write itself.
    pub fn of_status(status: StatusCode) -> Self {
        let code = match status.as_u16() {
            401 => "invalid_api_key",
            403 => "insufficient_permissions",
            404 => "resource_not_found",
            405 => "method_not_allowed",
            408 => "request_timeout",
            409 => "conflict",
            413 => "body_too_large",
            429 => "rate_limit_exceeded",
            500.. => "internal_error",
            _ => "invalid_request",
        };
        Self::new(status, code, status.canonical_reason().unwrap_or("Error"))
    }

    pub fn param(mut self, param: &'static str) -> Self {
        self.param = Some(param);
        self
    }

    fn kind(&self) -> &'static str {
        match self.status.as_u16() {
            401 => "authentication_error",
            403 => "authorization_error",
            429 => "rate_limit_error",
            500.. => "api_error",
            _ => "invalid_request_error",
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut error = json!({
            "type": self.kind(),
            "code": self.code,
            "message": self.message,
            "status": self.status.as_u16(),
        });
        if let (Some(fields), Some(param)) = (error.as_object_mut(), self.param) {
            fields.insert("param".into(), json!(param));
        }
        answer(self.status, &json!({ "error": error }))
    }
}

/// An answer with a JSON body.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// Puts errors the framework answered (unknown path, wrong method, body too large) into the one shape.
pub(super) fn in_one_shape(response: Response) -> Response {
    let status = response.status();
    let is_json = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if is_json || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    ApiError::of_status(status).into_response()
}
