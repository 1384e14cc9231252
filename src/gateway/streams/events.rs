//! `/events`: what a capability emits, as server-sent events (HTML standard, section 9.2).

use std::collections::BTreeSet;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::HeaderName;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::stream::{self, Source};
use crate::call::Key;
use crate::gateway::call::{Calls, nothing_here, unknown};
use crate::gateway::path;
use crate::gateway::problem::Problem;
use crate::gateway::timestamp::rfc3339;
use crate::gateway::visit;
use crate::runtime::{
    LogItem, Logged, Since, Subscribe, SubscribeError, Subscription, SubscriptionEnd,
};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Comes first, so that the client knows at once that it is heard; and how long it waits before it comes back.
const GREETING: &str = "retry: 1000\n\n";

/// How long the answer is held back until it is known where the events begin.
const BEGIN: Duration = Duration::from_secs(5);

/// The events of one capability, as somebody may see them.
struct Feed {
    capability: String,
    subscription: Subscription,
    /// The events that are exposed.
    shown: BTreeSet<String>,
}

/// Answers with the events that a path names: capability, and event if one is enough.
///
/// # Errors
///
/// Problems with status 400, 404, 405 and 503.
pub(in crate::gateway) async fn events(
    calls: &Calls,
    request: &HttpRequest,
    path: &[&str],
) -> Result<HttpResponse, Problem> {
    let (capability, event) = match *path {
        [capability] => (capability, None),
        [capability, event] => (capability, Some(event)),
        _ => return Err(nothing_here()),
    };
    let shown = shown(calls, capability, event)?;
    if request.method() != Method::GET {
        return Err(Problem::not_allowed("GET"));
    }
    let key = path::one(request, "key")?;
    let wanted = Subscribe {
        event: event.map(str::to_owned),
        key: key.map(Key::from),
        since: since(request)?,
    };
    let subscription = calls.runtime.subscribe(capability, wanted);
    let mut subscription = subscription.map_err(|error| problem(&error))?;
    let clock = calls.runtime.clock().clone();
    // Whoever has the head of the answer sees all that happens from then on, unless its process is away for longer.
    tokio::select! {
        begun = subscription.begun() => begun.map_err(|end| Problem::later("unreachable", end.to_string()))?,
        () = clock.sleep(BEGIN) => {}
    }
    let feed = Feed {
        capability: capability.to_owned(),
        subscription,
        shown,
    };
    Ok(stream::answer(
        "text/event-stream",
        GREETING,
        feed,
        calls.closing.clone(),
        clock,
    ))
}

impl Source for Feed {
    const ALIVE: &'static str = ": keep-alive\n\n";

    async fn next(&mut self) -> Option<String> {
        loop {
            match self.subscription.next().await {
                Ok(LogItem::Event(event)) if !self.shown.contains(&event.event) => {}
                Ok(LogItem::Event(event)) => return Some(told(&self.capability, &event)),
                Ok(LogItem::Gap { from, to }) => {
                    let gap = json!({ "from": from, "to": to });
                    return Some(format!("event: gap\ndata: {gap}\n\n"));
                }
                Err(SubscriptionEnd::Stopped) => return None,
                // The client comes back and goes on from where it was.
                Err(SubscriptionEnd::Store { reason }) => {
                    tracing::warn!(capability = self.capability, %reason, "an event stream ends: the event log cannot be read");
                    return None;
                }
            }
        }
    }
}

fn told(capability: &str, event: &Logged) -> String {
    let data = json!({
        "at": rfc3339(event.at),
        "key": event.key,
        "trace": event.trace.map(|step| step.trace),
        "body": event.body,
    });
    let (id, name) = (event.position, &event.event);
    format!("id: {id}\nevent: {capability}.{name}\ndata: {data}\n\n")
}

/// The events that whoever comes through this door may see of those that were asked for.
fn shown(
    calls: &Calls,
    capability: &str,
    event: Option<&str>,
) -> Result<BTreeSet<String>, Problem> {
    let Some(exposed) = calls.exposure.capability(capability) else {
        let names = calls
            .exposure
            .iter()
            .map(|exposed| exposed.info().name.as_str());
        return Err(unknown("capability", capability, names));
    };
    let names = || exposed.events().map(|event| event.name.as_str());
    let shown: BTreeSet<String> = names()
        .filter(|name| event.is_none_or(|event| event == *name))
        .map(str::to_owned)
        .collect();
    match event {
        _ if !shown.is_empty() => Ok(shown),
        Some(event) => Err(unknown("event", event, names()).with("capability", capability)),
        None => Err(Problem::not_found(format!(
            "{capability} has no events here"
        ))),
    }
}

/// Where to go on: a client that comes back says it in the header, whatever the address still says.
fn since(request: &HttpRequest) -> Result<Since, Problem> {
    let header = visit::text(request.headers(), &LAST_EVENT_ID).map(str::to_owned);
    let text = match header.filter(|text| !text.is_empty()) {
        Some(text) => Some(text),
        None => path::one(request, "since")?,
    };
    match text {
        None => Ok(Since::Now),
        Some(text) => text.parse().map(Since::Position).map_err(|_| {
            let detail = format!("{text:?} is no position: it is the id of the last event that was seen, or 0 for the oldest that is kept");
            Problem::new(400, "invalid_position", detail)
        }),
    }
}

fn problem(error: &SubscribeError) -> Problem {
    match error {
        SubscribeError::NotKeyed { .. } => Problem::new(400, "invalid_key", error.to_string()),
        SubscribeError::Stopped => Problem::stopping(error.to_string()),
        SubscribeError::NotHosted { nearest, .. }
        | SubscribeError::UnknownEvent { nearest, .. } => {
            Problem::not_found(error.to_string()).with_some("nearest", nearest.as_ref())
        }
    }
}
