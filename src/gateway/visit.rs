//! [`Visit`]: one request from its head to its answer – its trace, its id, and what it leaves behind: a span and a record.

use std::time::{Duration, SystemTime};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use crate::call::{Key, Span, SpanId, SpanKind, TraceContext, TurnOutcome};
use crate::runtime::Runtime;

/// Characters of a request id that is taken over.
const REQUEST_ID_MAX: usize = 128;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub(super) const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// One request from its head to its answer. Dropped without one, its client has gone.
pub(super) struct Visit {
    runtime: Runtime,
    kind: SpanKind,
    context: TraceContext,
    parent: Option<SpanId>,
    request_id: String,
    line: String,
    to: Option<Addressee>,
    start: SystemTime,
    begun: Duration,
    is_answered: bool,
}

/// Whom a request is for.
struct Addressee {
    capability: String,
    key: Option<Key>,
    message: String,
}

impl Visit {
    /// Begins with the head of a request.
    pub(super) fn begin(runtime: &Runtime, kind: SpanKind, request: &HttpRequest) -> Self {
        let cause: Option<TraceContext> =
            text(request.headers(), &TRACEPARENT).and_then(|text| text.parse().ok());
        let context = runtime.begin_trace(cause);
        let request_id = text(request.headers(), &REQUEST_ID).filter(|id| is_request_id(id));
        Self {
            runtime: runtime.clone(),
            kind,
            context,
            parent: cause.map(|cause| cause.span),
            request_id: request_id.map_or_else(|| context.span.to_string(), str::to_owned),
            line: format!("{} {}", request.method(), request.path()),
            to: None,
            start: runtime.clock().wall(),
            begun: runtime.clock().precise(),
            is_answered: false,
        }
    }

    /// The step of the trace that the request is.
    pub(super) const fn context(&self) -> TraceContext {
        self.context
    }

    /// Says whom the request is for: from now on it leaves a span.
    pub(super) fn is_for(&mut self, capability: &str, key: Option<&Key>, message: &str) {
        self.to = Some(Addressee {
            capability: capability.to_owned(),
            key: key.cloned(),
            message: message.to_owned(),
        });
    }

    /// Ends with an answer, which gets the headers that every answer has.
    pub(super) fn answer(mut self, mut response: HttpResponse) -> HttpResponse {
        let headers = response.headers_mut();
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        set(REQUEST_ID, &self.request_id);
        set(TRACE_ID, &self.context.trace.to_string());
        set(TRACEPARENT, &self.context.to_string());
        self.is_answered = true;
        self.leave(response.status().as_u16());
        response
    }

    fn leave(&self, status: u16) {
        let duration = self.runtime.clock().precise().saturating_sub(self.begun);
        let duration_us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let (request, request_id, trace) = (&self.line, &self.request_id, self.context.trace);
        if status >= 500 {
            tracing::info!(%request, status, duration_us, %request_id, %trace, "a request failed");
        } else {
            tracing::debug!(%request, status, duration_us, %request_id, %trace, "a request was answered");
        }
        let Some(to) = self.to.as_ref().filter(|_| self.context.is_sampled) else {
            return;
        };
        self.runtime.record_span(Span {
            trace,
            span: self.context.span,
            parent: self.parent,
            kind: self.kind,
            capability: to.capability.clone(),
            key: to.key.clone(),
            message: to.message.clone(),
            start: self.start,
            duration,
            queued: None,
            is_inline: false,
            outcome: match status {
                ..400 => TurnOutcome::Ok,
                400..500 => TurnOutcome::Refused,
                _ => TurnOutcome::Failed,
            },
        });
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if !self.is_answered {
            // 499, as servers write it that log clients who did not wait.
            self.leave(499);
        }
    }
}

/// A header as text.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn is_request_id(id: &str) -> bool {
    (1..=REQUEST_ID_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}
