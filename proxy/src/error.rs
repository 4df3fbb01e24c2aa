//! What the proxy itself refuses or cannot do, in the shape of the protocol that the client speaks.

use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};

use crate::answer::AnswerBody;
use crate::protocol::Family;

/// Marks answers that the proxy made itself: its value is the kind of error.
pub(crate) const ERROR_HEADER: HeaderName = HeaderName::from_static("x-token-matters-error");

/// The kind of error that nobody is told: the client has gone.
pub(crate) const CLIENT_CLOSED: &str = "client_closed";

/// Why the proxy does not hand a request on, or has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct ProxyError {
    /// What the client is sent.
    pub status: StatusCode,
    /// A word for it, as the ledger has it.
    pub kind: &'static str,
    /// What happened and what to do, without secrets.
    pub message: String,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u64>,
}

impl ProxyError {
    /// An error of the proxy.
    pub fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into(), retry_after: None }
    }

    /// The answer to the client.
    pub(crate) fn response(&self, family: Family) -> Response<AnswerBody> {
        let body = self.body(family).to_string();
        let mut response = Response::new(AnswerBody::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ERROR_HEADER, HeaderValue::from_static(self.kind));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    /// The error as vendors of a family write theirs.
    fn body(&self, family: Family) -> Value {
        let message = format!("token-matters: {}", self.message);
        match family {
            Family::Anthropic => json!({
                "type": "error",
                "error": { "type": anthropic_type(self.status), "message": message },
            }),
            Family::Gemini => json!({ "error": {
                "code": self.status.as_u16(),
                "message": message,
                "status": gemini_status(self.status),
            } }),
            Family::Bedrock => json!({ "message": message }),
            Family::Openai | Family::Other => json!({ "error": {
                "message": message,
                "type": openai_type(self.status),
                "param": null,
                "code": self.kind,
            } }),
        }
    }
}

/// <https://platform.claude.com/docs/en/api/errors> (read 2026-11-20).
fn anthropic_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "invalid_request_error",
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 | 503 => "overloaded_error",
        _ => "api_error",
    }
}

/// <https://ai.google.dev/gemini-api/docs/troubleshooting> (read 2026-11-20).
fn gemini_status(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 | 413 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "INTERNAL",
    }
}

/// <https://platform.openai.com/docs/guides/error-codes> (read 2026-11-20).
fn openai_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 | 403 => "authentication_error",
        429 => "rate_limit_error",
        400..500 => "invalid_request_error",
        _ => "server_error",
    }
}
