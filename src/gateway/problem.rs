//! [`Problem`]: an answer that says what is wrong, as problem details (RFC 9457).

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use serde::Serialize;
use serde_json::{Map, Value};

use super::bodies::Violation;
use crate::call::{CallError, TraceContext};

/// An answer that says what is wrong.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    /// More members of the answer.
    more: Map<String, Value>,
    retry_after: Option<u64>,
    allow: Option<&'static str>,
}

impl Problem {
    /// A problem with a status, a code for programs and a sentence for people.
    pub(super) fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code,
            detail: detail.into(),
            more: Map::new(),
            retry_after: None,
            allow: None,
        }
    }

    /// A contract has a schema that is none, as one written by hand may be.
    pub(super) fn unusable_schema(reason: &str) -> Self {
        tracing::error!(%reason, "a message cannot be checked");
        Self::new(
            500,
            "internal",
            format!("the message cannot be checked: {reason}"),
        )
    }

    /// Nothing is here.
    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, "not_found", detail)
    }

    /// Something is here, but not for this method.
    pub(super) fn not_allowed(allow: &'static str) -> Self {
        let mut problem = Self::new(
            405,
            "method_not_allowed",
            format!("the methods here are {allow}"),
        );
        problem.allow = Some(allow);
        problem
    }

    /// The body is not what its schema says.
    pub(super) fn violations(errors: &[Violation]) -> Self {
        let detail = match errors.len() {
            1 => "the body has a mistake".to_owned(),
            number => format!("the body has {number} mistakes"),
        };
        Self::new(422, "invalid_body", detail).with("errors", errors)
    }

    /// Not now, but soon.
    pub(super) fn later(code: &'static str, detail: impl Into<String>) -> Self {
        let mut problem = Self::new(503, code, detail);
        problem.retry_after = Some(1);
        problem
    }

    /// The runtime stops.
    pub(super) fn stopping(detail: impl Into<String>) -> Self {
        Self::later("stopping", detail)
    }

    /// Too many requests.
    pub(super) fn too_many(wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let detail = "you send more requests than gateway.rate_limit allows; wait as long as Retry-After says";
        let mut problem = Self::new(429, "rate_limited", detail);
        problem.retry_after = Some(seconds.max(1));
        problem
    }

    /// A refusal of the domain.
    pub(super) fn domain(error: &Value) -> Self {
        let detail =
            "the request was understood and refused; `error` says why, and nothing was changed";
        Self::new(409, "domain", detail).with("error", error)
    }

    /// A call that failed.
    pub(super) fn call(error: &CallError, trace: TraceContext) -> Self {
        let detail = match error {
            CallError::Panicked { .. } => {
                format!(
                    "the handler panicked; see the log under trace {}",
                    trace.trace
                )
            }
            CallError::Storage { tried: true, .. } => {
                format!("the store failed; see the log under trace {}", trace.trace)
            }
            error => error.to_string(),
        };
        let mut problem =
            Self::new(error.status(), error.code(), detail).with("delivery", error.delivery());
        if problem.status == StatusCode::SERVICE_UNAVAILABLE {
            problem.retry_after = Some(1);
        }
        problem
    }

    /// Another member; left out if it cannot be written as JSON.
    pub(super) fn with(mut self, name: &str, value: impl Serialize) -> Self {
        if let Ok(value) = serde_json::to_value(value) {
            self.more.insert(name.to_owned(), value);
        }
        self
    }

    /// As [`with`](Self::with), if there is a value.
    pub(super) fn with_some(self, name: &str, value: Option<impl Serialize>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(super) fn into_response(self) -> HttpResponse {
        let mut body = self.more;
        let title = self.status.canonical_reason().unwrap_or("Error");
        body.insert("type".to_owned(), "about:blank".into());
        body.insert("title".to_owned(), title.into());
        body.insert("status".to_owned(), self.status.as_u16().into());
        body.insert("code".to_owned(), self.code.into());
        body.insert("detail".to_owned(), self.detail.into());
        let mut response = HttpResponse::build(self.status);
        response.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(methods) = self.allow {
            response.insert_header((header::ALLOW, methods));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        response.body(Value::Object(body).to_string())
    }
}
