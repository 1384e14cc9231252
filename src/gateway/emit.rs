//! `/emit`: an event in the name of a capability, as an operator has it.

use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::bodies::Side;
use super::call::{Calls, nothing_here, unknown};
use super::path;
use super::problem::Problem;
use super::visit::Visit;
use crate::call::Key;
use crate::runtime::{EmitError, NamedEvent};

/// Emits the event that a path names – capability and event – with the body as its payload.
///
/// # Errors
///
/// Problems with status 400, 404, 405, 408, 413, 415, 422 and 503.
pub(super) async fn emit(
    calls: &Calls,
    request: &HttpRequest,
    payload: web::Payload,
    visit: &mut Visit,
    path: &[&str],
) -> Result<HttpResponse, Problem> {
    let [capability, event] = *path else {
        return Err(nothing_here());
    };
    let Some(exposed) = calls.exposure.capability(capability) else {
        let names = calls
            .exposure
            .iter()
            .map(|exposed| exposed.info().name.as_str());
        return Err(unknown("capability", capability, names));
    };
    let Some((_, described)) = calls.exposure.event(capability, event) else {
        let names = exposed.events().map(|event| event.name.as_str());
        return Err(unknown("event", event, names).with("capability", capability));
    };
    if request.method() != Method::POST {
        return Err(Problem::not_allowed("POST"));
    }
    let key = path::one(request, "key")?.map(Key::from);
    visit.is_for(capability, key.as_ref(), event);
    let check = calls
        .bodies
        .check(capability, Side::Event, event, &described.payload);
    let check = check.map_err(|reason| Problem::unusable_schema(&reason))?;
    let limit = usize::try_from(exposed.info().message_size).unwrap_or(usize::MAX);
    let body = calls.receive(request, payload, limit, &check).await?;
    let event = NamedEvent {
        capability: capability.to_owned(),
        event: event.to_owned(),
        key,
        body,
        trace: Some(visit.context()),
    };
    let emitted = calls.runtime.emit_by_name(event).await;
    let emitted = emitted.map_err(|error| problem(&error))?;
    let body = json!({
        "event_id": emitted.id,
        "position": emitted.position,
        "listeners": emitted.listeners,
    });
    Ok(HttpResponse::Accepted()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body.to_string()))
}

fn problem(error: &EmitError) -> Problem {
    let text = error.to_string();
    match error {
        EmitError::NotHosted { nearest, .. } | EmitError::UnknownEvent { nearest, .. } => {
            Problem::not_found(text).with_some("nearest", nearest.as_ref())
        }
        EmitError::NotKeyed { .. } | EmitError::InvalidKey { .. } => {
            Problem::new(400, "invalid_key", text)
        }
        EmitError::Malformed { .. } => Problem::new(400, "malformed_json", text),
        EmitError::TooLarge { .. } => Problem::new(413, "too_large", text),
        EmitError::Overloaded { .. } => Problem::later("overloaded", text),
        EmitError::Store { .. } => Problem::new(500, "storage", text),
        EmitError::Unreachable { .. } => Problem::later("unreachable", text),
        EmitError::Stopped => Problem::stopping(text),
    }
}
