//! What every message's answers have in common: problems, headers and parameters, as components.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::components::reference;
use crate::call::CallError;

/// Codes of problems that the door finds, before there is a call.
const DOOR_CODES: &[&str] = &[
    "broken_body",
    "domain",
    "invalid_address",
    "invalid_body",
    "invalid_deadline",
    "invalid_idempotency_key",
    "malformed_json",
    "method_not_allowed",
    "not_found",
    "rate_limited",
    "request_timeout",
    "unsupported_media_type",
];

/// One failure: its status, its component, what it means, and whether `Retry-After` says when to try again.
struct Failure(u16, &'static str, &'static str, bool);

const FAILURES: &[Failure] = &[
    Failure(
        400,
        "BadRequest",
        "The body is no JSON, or the key, a header or the address is not what it should be.",
        false,
    ),
    Failure(
        404,
        "NotFound",
        "Nothing of this name is exposed here.",
        false,
    ),
    Failure(
        408,
        "RequestTimeout",
        "The body did not arrive within `gateway.receive_timeout`.",
        false,
    ),
    Failure(
        413,
        "TooLarge",
        "The body is larger than the capability's `message_size`.",
        false,
    ),
    Failure(
        415,
        "UnsupportedMediaType",
        "The body is not `application/json`.",
        false,
    ),
    Failure(
        422,
        "InvalidBody",
        "The body does not fit its schema; `errors` has every mistake.",
        false,
    ),
    Failure(
        429,
        "RateLimited",
        "More requests from one address than `gateway.rate_limit` allows.",
        true,
    ),
    Failure(
        500,
        "Failed",
        "The handler panicked, the store failed while committing, or the reply cannot be sent. The outcome is unknown.",
        false,
    ),
    Failure(
        503,
        "Unavailable",
        "The mailbox is full, or the capability is down, stopping or not hosted. The message was not handled.",
        true,
    ),
    Failure(
        504,
        "DeadlineExceeded",
        "The deadline passed; `delivery` says whether the message may have been handled.",
        false,
    ),
    Failure(
        508,
        "Cycle",
        "The call would wait for itself through other capabilities.",
        false,
    ),
];

/// What can go wrong with a message, besides its capability's own refusal.
pub(super) const OF_MESSAGES: &[u16] = &[400, 404, 408, 413, 415, 422, 429, 500, 503, 504, 508];
/// What can go wrong with a stream of events before it begins.
pub(super) const OF_EVENTS: &[u16] = &[400, 404, 429, 503];

/// References to the failures with these statuses.
pub(super) fn failures(statuses: &[u16]) -> Map<String, Value> {
    let failures = FAILURES
        .iter()
        .filter(|failure| statuses.contains(&failure.0));
    let referred = failures.map(|Failure(status, name, ..)| {
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        (status.to_string(), reference)
    });
    referred.collect()
}

/// The headers that every answer to a request for the API has.
pub(super) fn headers() -> Map<String, Value> {
    ["X-Request-Id", "X-Trace-Id", "traceparent"]
        .into_iter()
        .map(|name| (name.to_owned(), header_reference(name)))
        .collect()
}

fn header_reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

/// References to the parameters that every message takes.
pub(super) fn message_parameters() -> Vec<Value> {
    let names = [
        "IdempotencyKey",
        "SkepDeadline",
        "Traceparent",
        "XRequestId",
    ];
    names
        .iter()
        .map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }))
        .collect()
}

/// The section `components`.
pub(super) fn components(schemas: &BTreeMap<String, Value>) -> Value {
    let responses: Map<String, Value> = FAILURES
        .iter()
        .map(|failure| (failure.1.to_owned(), response(failure)))
        .collect();
    json!({
        "schemas": schemas,
        "responses": responses,
        "headers": header_components(),
        "parameters": parameter_components(),
    })
}

fn response(&Failure(_, _, meaning, retries): &Failure) -> Value {
    let mut headers = headers();
    if retries {
        headers.insert("Retry-After".to_owned(), header_reference("Retry-After"));
    }
    json!({
        "description": meaning,
        "headers": headers,
        "content": { "application/problem+json": { "schema": reference("Problem") } },
    })
}

/// The platform's own schemas.
pub(super) fn schemas() -> [(&'static str, Value); 3] {
    [
        ("Problem", problem()),
        ("Readiness", readiness()),
        ("Violation", violation()),
    ]
}

fn problem() -> Value {
    let mut codes: Vec<&str> = DOOR_CODES
        .iter()
        .chain(&CallError::CODES)
        .copied()
        .collect();
    codes.sort_unstable();
    json!({
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference", "description": "Always `about:blank`: `code` names the problem." },
            "title": { "type": "string", "description": "The status in words." },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "code": { "type": "string", "description": format!("The problem, for programs: {}. There may be more.", codes.join(", ")) },
            "detail": { "type": "string", "description": "The problem, for people." },
            "delivery": {
                "type": "string",
                "enum": ["not_delivered", "unknown"],
                "description": "For a call that failed: `not_delivered` – it was not handled and never will be, sending it again is safe; `unknown` – it may have been handled.",
            },
            "capability": { "type": "string" },
            "message": { "type": "string" },
            "nearest": { "type": "string", "description": "What is probably meant, for a name that is not known." },
            "errors": { "type": "array", "items": reference("Violation"), "description": "Every mistake in the body." },
            "error": { "description": "The capability's own refusal, with code `domain`." },
        },
    })
}

fn violation() -> Value {
    json!({
        "type": "object",
        "description": "One mistake in a body.",
        "required": ["pointer", "detail"],
        "properties": {
            "pointer": { "type": "string", "description": "Where: a JSON Pointer (RFC 6901) into the body." },
            "detail": { "type": "string", "description": "What is wrong there." },
            "nearest": { "type": "string", "description": "What is probably meant." },
        },
    })
}

fn readiness() -> Value {
    json!({
        "type": "object",
        "description": "Whether requests should be sent here.",
        "required": ["status", "reasons"],
        "properties": {
            "status": { "type": "string", "enum": ["ready", "starting", "stopping", "stopped", "failed", "down"] },
            "reasons": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["capability", "reason"],
                    "properties": {
                        "capability": { "type": ["string", "null"], "description": "Which one; null for the process itself." },
                        "reason": { "type": "string" },
                    },
                },
            },
        },
    })
}

fn header_components() -> Value {
    json!({
        "X-Request-Id": { "description": "The request's id: the one that was sent, or a new one.", "required": true, "schema": { "type": "string" } },
        "X-Trace-Id": { "description": "The trace, as the command `trace` and the log name it.", "required": true, "schema": { "type": "string", "pattern": "^[0-9a-f]{32}$" } },
        "traceparent": { "description": "The trace and the step that answered (W3C Trace Context).", "required": true, "schema": { "type": "string" } },
        "Retry-After": { "description": "Seconds to wait before trying again.", "required": true, "schema": { "type": "integer", "minimum": 1 } },
    })
}

fn parameter_components() -> Value {
    json!({
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header",
            "description": "Names what is to be done, so that it is done once however often it is sent. Counts for this message and key.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
        },
        "SkepDeadline": {
            "name": "Skep-Deadline", "in": "header",
            "description": "How long the call may take: `2s`, `500ms`. At most `gateway.deadline_max`.",
            "schema": { "type": "string", "pattern": "^[1-9][0-9]{0,3}ms$|^[1-9]s$", "examples": ["2s"] },
        },
        "Traceparent": {
            "name": "traceparent", "in": "header",
            "description": "The trace of which the call is a part (W3C Trace Context). One that cannot be read begins a new trace.",
            "schema": { "type": "string" },
        },
        "XRequestId": {
            "name": "X-Request-Id", "in": "header",
            "description": "The caller's name for this request, of at most 128 visible ASCII characters; others are replaced.",
            "schema": { "type": "string" },
        },
        "LastEventId": {
            "name": "Last-Event-ID", "in": "header",
            "description": "Go on after the event with this id.",
            "schema": { "type": "string" },
        },
        "Since": {
            "name": "since", "in": "query",
            "description": "Go on after the event with this id; 0 begins with the oldest that is kept. `Last-Event-ID` goes before.",
            "schema": { "type": "integer", "minimum": 0 },
        },
        "EventKey": {
            "name": "key", "in": "query",
            "description": "Only events of the actor with this key.",
            "schema": { "type": "string", "minLength": 1, "maxLength": crate::call::Key::MAX_BYTES },
        },
    })
}
