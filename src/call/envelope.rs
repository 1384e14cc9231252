//! A message on its way into its [`CallCell`], with the circumstances of its caller, and through its codec.

use std::sync::Arc;
use std::time::Duration;

use super::cell::CallCell;
use super::current::{Brief, current, inside_turn};
use super::route::{Answer, Request, RequestKind, Route};
use super::scope::Scoped;
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

/// A call that may be made, and until when its sender waits.
pub(super) struct Addressed {
    pub(super) brief: Brief,
    pub(super) until: Tick,
    /// Set when its trace is known already: because it is recorded, or because nobody waits who could tell.
    pub(super) step: Option<Step>,
}

/// Puts a message into its cell, with the circumstances of the caller; also says until when the caller waits.
pub(super) fn envelope<M: Message>(
    route: &Route,
    key: Option<&Key>,
    message: M,
    options: &Options,
    reply_wanted: bool,
) -> Result<Enveloped<M>, (M, CallError)> {
    match address(route, key, &message, options, reply_wanted) {
        Ok(addressed) => {
            let until = addressed.until;
            Ok((addressed.cell(message), until))
        }
        Err(error) => Err((message, error)),
    }
}

impl Addressed {
    /// The call with its message.
    pub(super) fn cell<M: Message>(self, message: M) -> Arc<CallCell<M>> {
        let scope = self.brief.into_scope();
        if let Some(step) = self.step {
            scope.set_step(step);
        }
        Arc::new(CallCell::new(message, scope))
    }
}

/// Finds out whether a message may be sent, and under which circumstances of the caller.
pub(super) fn address<M: Message>(
    route: &Route,
    key: Option<&Key>,
    message: &M,
    options: &Options,
    reply_wanted: bool,
) -> Result<Addressed, CallError> {
    let caller = current();
    if caller.is_none() && route.is_closed() {
        return Err(CallError::Stopping {
            capability: route.contract.to_owned(),
        });
    }
    if let Some(key) = key.filter(|key| !key.is_valid()) {
        return Err(invalid_key(route.contract, key));
    }
    within_size(route, message)?;
    let now = route.clock.now();
    let own = options
        .until
        .unwrap_or_else(|| now.after(options.deadline.unwrap_or_else(|| route.deadline())));
    let until = caller
        .as_ref()
        .map_or(own, |caller| own.min(caller.scope().deadline));
    if reply_wanted && until <= now {
        return Err(CallError::DeadlineExceeded {
            capability: route.contract.to_owned(),
            started: false,
        });
    }
    let cause = caller.as_ref().map(|caller| caller.scope());
    let step = if let Some(recorded) = cause.and_then(|cause| cause.recorded()) {
        Some(Step::after(recorded.context))
    } else if cause.is_none() && route.tracer.begins() {
        Some(Step::root(true))
    } else {
        // Nobody waits, so the way back to the cause is lost with this call.
        cause
            .filter(|_| !reply_wanted)
            .map(|cause| Step::after(cause.step().context))
    };
    let id = options
        .id
        .or_else(|| cause.and_then(|cause| cause.next_id()));
    Ok(Addressed {
        brief: Brief {
            contract: route.contract,
            message: M::NAME,
            key: key.cloned(),
            // A message that was accepted without a caller waiting for it must not expire: that would lose it silently.
            deadline: if reply_wanted { until } else { Tick::NEVER },
            id,
            caller: caller.filter(|_| reply_wanted),
            member: 0,
        },
        until,
        step,
    })
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
        inside: inside_turn(),
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
