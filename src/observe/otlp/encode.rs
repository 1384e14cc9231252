//! Spans as the collector reads them.
//!
//! Format: OTLP 1.x, `ExportTraceServiceRequest`, <https://opentelemetry.io/docs/specs/otlp/>.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind as OtlpKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span as OtlpSpan, Status};
use prost::Message;

use crate::call::{Span, SpanKind, TurnOutcome};

/// Who sends: what every batch says first.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    /// The application's name.
    pub(super) service: String,
    /// Its version.
    pub(super) version: String,
}

/// The bytes of one request.
pub(super) fn request(sender: &Sender, spans: &[Arc<Span>]) -> Vec<u8> {
    let resource = Resource {
        attributes: vec![
            text("service.name", &sender.service),
            text("service.version", &sender.version),
        ],
        ..Resource::default()
    };
    let scope = InstrumentationScope {
        name: "skep".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let scope_spans = ScopeSpans {
        scope: Some(scope),
        spans: spans.iter().map(|span| encoded(span)).collect(),
        ..ScopeSpans::default()
    };
    let resource_spans = ResourceSpans {
        resource: Some(resource),
        scope_spans: vec![scope_spans],
        ..ResourceSpans::default()
    };
    let request = ExportTraceServiceRequest {
        resource_spans: vec![resource_spans],
    };
    request.encode_to_vec()
}

fn encoded(span: &Span) -> OtlpSpan {
    let parent = span.parent.map(|parent| parent.to_bytes().to_vec());
    OtlpSpan {
        trace_id: span.trace.to_bytes().to_vec(),
        span_id: span.span.to_bytes().to_vec(),
        parent_span_id: parent.unwrap_or_default(),
        // Bit 0 of the trace flags: only recorded spans get here.
        flags: 1,
        name: format!("{}.{}", span.capability, span.message),
        kind: kind(span.kind).into(),
        start_time_unix_nano: nanos(span.start),
        end_time_unix_nano: nanos(span.start + span.duration),
        attributes: attributes(span),
        status: Some(status(span.outcome)),
        ..OtlpSpan::default()
    }
}

fn attributes(span: &Span) -> Vec<KeyValue> {
    let mut attributes = vec![
        text("skep.capability", &span.capability),
        text("skep.message", &span.message),
        text("skep.kind", kind_word(span.kind)),
        text("skep.outcome", span.outcome.as_str()),
        attribute("skep.inline", any_value::Value::BoolValue(span.is_inline)),
    ];
    if let Some(key) = &span.key {
        attributes.push(text("skep.key", key.as_str()));
    }
    if let Some(queued) = span.queued {
        let queued = i64::try_from(queued.as_micros()).unwrap_or(i64::MAX);
        attributes.push(attribute(
            "skep.queued_us",
            any_value::Value::IntValue(queued),
        ));
    }
    attributes
}

/// An error of the domain is an answer like any other; the others are failures.
fn status(outcome: TurnOutcome) -> Status {
    let (code, message) = match outcome {
        TurnOutcome::Ok => (StatusCode::Ok, ""),
        TurnOutcome::Refused => (StatusCode::Unset, ""),
        TurnOutcome::Failed => (StatusCode::Error, "the turn was broken off"),
        TurnOutcome::Panicked => (StatusCode::Error, "the handler panicked"),
    };
    Status {
        code: code.into(),
        message: message.to_owned(),
    }
}

const fn kind(kind: SpanKind) -> OtlpKind {
    match kind {
        SpanKind::Call | SpanKind::Http | SpanKind::Admin => OtlpKind::Server,
        SpanKind::Event | SpanKind::Sent => OtlpKind::Consumer,
        SpanKind::Timer => OtlpKind::Internal,
        SpanKind::Client => OtlpKind::Client,
    }
}

const fn kind_word(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Call => "call",
        SpanKind::Event => "event",
        SpanKind::Sent => "sent",
        SpanKind::Timer => "timer",
        SpanKind::Client => "client",
        SpanKind::Http => "http",
        SpanKind::Admin => "admin",
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, any_value::Value::StringValue(value.to_owned()))
}

fn attribute(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}

fn nanos(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
