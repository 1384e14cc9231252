//! A message on its way into its [`CallCell`], with the circumstances of its caller, and through its codec.

use std::sync::Arc;
use std::time::Duration;

use super::cell::CallCell;
use super::route::{Answer, Request, RequestKind, Route};
use super::scope::{self, Scope, Scoped};
use super::tracer::Step;
use super::{CallError, Key, MessageId, Part, Tick};
use crate::contract::{Message, Outcome, SizeError, encoded_size_within};

/// What a caller may say about one call.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) deadline: Option<Duration>,
    pub(super) id: Option<MessageId>,
    /// Until when it may take, when it is made again; instead of the deadline.
    pub(super) until: Option<Tick>,
}

/// A message in its cell, and until when its sender waits.
pub(super) type Enveloped<M> = (Arc<CallCell<M>>, Tick);

/// Puts a message into its cell, with the circumstances of the caller; also says until when the caller waits.
pub(super) fn envelope<M: Message>(
    route: &Route,
    key: Option<&Key>,
    message: M,
    options: &Options,
    reply_wanted: bool,
) -> Result<Enveloped<M>, (M, CallError)> {
    let caller = scope::current();
    if caller.is_none() && route.is_closed() {
        return Err((
            message,
            CallError::Stopping {
                capability: route.contract.to_owned(),
            },
        ));
    }
    if let Some(key) = key.filter(|key| !key.is_valid()) {
        return Err((message, invalid_key(route.contract, key)));
    }
    if let Err(error) = within_size(route, &message) {
        return Err((message, error));
    }
    let now = route.clock.now();
    let own = options
        .until
        .unwrap_or_else(|| now.after(options.deadline.unwrap_or_else(|| route.deadline())));
    let until = caller
        .as_ref()
        .map_or(own, |caller| own.min(caller.scope().deadline));
    if reply_wanted && until <= now {
        let capability = route.contract.to_owned();
        let error = CallError::DeadlineExceeded {
            capability,
            started: false,
        };
        return Err((message, error));
    }
    // A message that was accepted without a caller waiting for it must not expire: that would lose it silently.
    let deadline = if reply_wanted { until } else { Tick::NEVER };
    let mut scope = Scope::new(route.contract, key.cloned(), deadline);
    scope.id = options
        .id
        .or_else(|| caller.as_ref().and_then(|caller| caller.scope().next_id()));
    let cause = caller.as_ref().map(|caller| caller.scope());
    if let Some(cause) = cause.and_then(|cause| cause.recorded()) {
        scope.set_step(Step::after(cause.context));
    } else if cause.is_none() && route.tracer.begins() {
        scope.set_step(Step::root(true));
    } else if let Some(cause) = cause.filter(|_| !reply_wanted) {
        // Nobody waits, so the way back to the cause is lost with this call.
        scope.set_step(Step::after(cause.step().context));
    }
    if reply_wanted {
        scope.caller = caller;
    }
    Ok((Arc::new(CallCell::new(message, scope)), until))
}

/// Holds a message against the size limit, which counts its JSON whether or not it is ever encoded.
fn within_size<M: Message>(route: &Route, message: &M) -> Result<(), CallError> {
    let limit = route.message_size();
    let capability = || route.contract.to_owned();
    match encoded_size_within(message, limit) {
        Ok(()) => Ok(()),
        Err(SizeError::Oversize { .. }) => Err(CallError::TooLarge {
            capability: capability(),
            part: Part::Message,
            limit,
        }),
        Err(SizeError::Encode(error)) => Err(CallError::Codec {
            capability: capability(),
            part: Part::Message,
            reason: error.to_string(),
        }),
    }
}

pub(crate) fn invalid_key(contract: &str, key: &Key) -> CallError {
    CallError::InvalidKey {
        capability: contract.to_owned(),
        key: key.as_str().chars().take(64).collect(),
        reason: format!("a key has 1 to {} bytes", Key::MAX_BYTES),
    }
}

/// Encodes a call for another process.
pub(super) fn encode<M: Message>(
    route: &Route,
    cell: &CallCell<M>,
    kind: RequestKind,
) -> Result<Request, CallError> {
    let scope = cell.scope();
    let body = cell
        .peek(serde_json::to_vec)
        .unwrap_or_else(|| Ok(Vec::new()))
        .map_err(|error| CallError::Codec {
            capability: route.contract.to_owned(),
            part: Part::Message,
            reason: error.to_string(),
        })?;
    Ok(Request {
        contract: route.contract.to_owned(),
        version: route.version,
        message: M::NAME.to_owned(),
        key: scope.key.clone(),
        id: scope.id,
        deadline: scope.deadline,
        waiting: scope.waiting(),
        trace: Some(scope.step().context),
        inside: scope::inside_turn(),
        kind,
        body,
    })
}

/// Decodes what came back; `None` is the acceptance of a tell.
pub(super) fn decode<M: Message>(
    contract: &str,
    answer: &Answer,
) -> Result<Option<Outcome<M>>, CallError> {
    let misfit = |error: serde_json::Error| CallError::Codec {
        capability: contract.to_owned(),
        part: Part::Reply,
        reason: error.to_string(),
    };
    match answer {
        Answer::Accepted => Ok(None),
        Answer::Reply(body) => serde_json::from_slice(body)
            .map(|reply| Some(Ok(reply)))
            .map_err(misfit),
        Answer::Domain(body) => serde_json::from_slice(body)
            .map(|refusal| Some(Err(refusal)))
            .map_err(misfit),
    }
}
