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

/// What a caller may say about one call. Most say nothing.
#[derive(Debug, Default)]
pub(super) struct Options(Option<Box<Said>>);

#[derive(Debug, Default)]
struct Said {
    deadline: Option<Duration>,
    id: Option<MessageId>,
    /// Until when it may take, when it is made again; instead of the deadline.
    until: Option<Tick>,
}

impl Options {
    fn said(&mut self) -> &mut Said {
        self.0.get_or_insert_default()
    }

    pub(super) fn set_deadline(&mut self, deadline: Duration) {
        self.said().deadline = Some(deadline);
    }

    pub(super) fn set_id(&mut self, id: Option<MessageId>) {
        self.said().id = id;
    }

    /// It is made again: it may take until then.
    pub(super) fn set_until(&mut self, until: Tick) {
        self.said().until = Some(until);
    }

    fn id(&self) -> Option<MessageId> {
        self.0.as_ref()?.id
    }

    /// Until when the call may take, as far as the caller says it.
    fn until(&self, now: Tick) -> Option<Tick> {
        let said = self.0.as_ref()?;
        let by_deadline = || said.deadline.map(|deadline| now.after(deadline));
        said.until.or_else(by_deadline)
    }
}

/// A message in its cell, and until when its sender waits.
pub(super) type Enveloped<M> = (Arc<CallCell<M>>, Tick);

/// What is known of a call that may be made, besides its [`Brief`].
pub(super) struct Addressed {
    pub(super) until: Tick,
    /// Set when its trace is known already: because it is recorded, or because nobody waits who could tell.
    pub(super) step: Option<Box<Step>>,
}

/// Puts a message into its cell, with the circumstances of the caller; also says until when the caller waits.
pub(super) fn envelope<M: Message>(
    route: &Route,
    key: Option<&Key>,
    message: M,
    options: &Options,
    reply_wanted: bool,
) -> Result<Enveloped<M>, (M, CallError)> {
    let mut brief = Brief::new(route.contract, M::NAME);
    match address(&mut brief, route, key, &message, options, reply_wanted) {
        Ok(Addressed { until, step }) => Ok((in_cell(message, brief, step), until)),
        Err(error) => Err((message, *error)),
    }
}

/// The call with its message.
pub(super) fn in_cell<M: Message>(
    message: M,
    brief: Brief,
    step: Option<Box<Step>>,
) -> Arc<CallCell<M>> {
    let scope = brief.into_scope();
    if let Some(step) = step {
        scope.set_step(*step);
    }
    Arc::new(CallCell::new(message, scope))
}

/// Finds out whether a message may be sent, and writes into `brief` under which circumstances of the caller.
#[inline(always)]
pub(super) fn address<M: Message>(
    brief: &mut Brief,
    route: &Route,
    key: Option<&Key>,
    message: &M,
    options: &Options,
    reply_wanted: bool,
) -> Result<Addressed, Box<CallError>> {
    let caller = current();
    if caller.is_none() && route.is_closed() {
        return Err(stopping(route));
    }
    if let Some(key) = key {
        if !key.is_valid() {
            return Err(Box::new(invalid_key(route.contract, key)));
        }
        brief.key = Some(key.clone());
    }
    let limit = route.message_size();
    if let Err(error) = encoded_size_within(message, limit) {
        return Err(unfit(route, limit, error));
    }
    let now = route.clock.now();
    let mut until = options
        .until(now)
        .unwrap_or_else(|| now.after_nanos(route.deadline_ns()));
    if let Some(caller) = &caller {
        until = until.min(caller.scope().deadline);
    }
    if reply_wanted && until <= now {
        return Err(too_late(route));
    }
    // A message that was accepted without a caller waiting for it must not expire: that would lose it silently.
    brief.deadline = if reply_wanted { until } else { Tick::NEVER };
    brief.id = options.id();
    let step = match caller {
        Some(caller) => inherit(brief, caller, reply_wanted),
        None => route.tracer.begins().then(begin_trace),
    };
    Ok(Addressed { until, step })
}

#[cold]
fn begin_trace() -> Box<Step> {
    Box::new(Step::root(true))
}

/// Writes into `brief` what it has of the turn that makes the call, and finds the place in the trace if that is known already.
#[inline(never)]
fn inherit(brief: &mut Brief, caller: Arc<dyn Scoped>, reply_wanted: bool) -> Option<Box<Step>> {
    let cause = caller.scope();
    let step = match cause.recorded() {
        Some(recorded) => Some(Box::new(Step::after(recorded.context))),
        // Nobody waits, so the way back to the cause is lost with this call.
        None => (!reply_wanted).then(|| Box::new(Step::after(cause.step().context))),
    };
    brief.id = brief.id.or_else(|| cause.next_id());
    brief.caller = Some(caller).filter(|_| reply_wanted);
    step
}

#[cold]
fn stopping(route: &Route) -> Box<CallError> {
    Box::new(CallError::Stopping {
        capability: route.contract.to_owned(),
    })
}

#[cold]
fn too_late(route: &Route) -> Box<CallError> {
    Box::new(CallError::DeadlineExceeded {
        capability: route.contract.to_owned(),
        started: false,
    })
}

/// The refusal of a message that is over the size limit, which counts its JSON whether or not it is ever encoded.
#[cold]
fn unfit(route: &Route, limit: usize, error: SizeError) -> Box<CallError> {
    let capability = route.contract.to_owned();
    Box::new(match error {
        SizeError::Oversize { .. } => CallError::TooLarge {
            capability,
            part: Part::Message,
            limit,
        },
        SizeError::Encode(error) => CallError::Codec {
            capability,
            part: Part::Message,
            reason: error.to_string(),
        },
    })
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
        contract: route.contract.into(),
        version: route.version,
        message: M::NAME.into(),
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
