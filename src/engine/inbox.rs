//! The memory of handled messages: a retry gets the first reply, and no second effect (law 8).

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::actor::draft::{Draft, storage};
use crate::actor::layout;
use crate::call::cell::CallResult;
use crate::call::scope::Scope;
use crate::call::{CallError, MessageId, Part};
use crate::contract::{Message, Outcome};

/// A handled message, as it lies in the store.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Handled {
    /// When, in wall milliseconds since 1970: it is forgotten after the retention.
    pub(crate) at_ms: u64,
    /// What was answered; nothing for an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reply: Option<Box<RawValue>>,
    /// What the domain refused it with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refusal: Option<Box<RawValue>>,
}

/// Whether the turns of this message are remembered: only what somebody could send again, and must not be handled twice.
fn remembered<M: Message>(draft: &Draft, scope: &Scope) -> Option<MessageId> {
    if M::IDEMPOTENT || !draft.services().remembers {
        None
    } else {
        scope.id
    }
}

/// The first reply to this message, if it was handled before.
pub(super) fn recall<M: Message>(draft: &Draft, scope: &Scope) -> Option<CallResult<M>> {
    let id = remembered::<M>(draft, scope)?;
    let capability = draft.services().capability;
    let handled = match look_up(draft, id) {
        Ok(handled) => handled?,
        Err(error) => return Some(Err(Box::new(error))),
    };
    let misfit = |error: serde_json::Error| CallError::Codec {
        capability: capability.to_owned(),
        part: Part::Reply,
        reason: format!("the first reply to message {id} no longer fits the contract: {error}"),
    };
    let outcome = match (handled.reply, handled.refusal) {
        (Some(reply), _) => serde_json::from_str(reply.get()).map(Ok).map_err(misfit),
        (None, Some(refusal)) => serde_json::from_str(refusal.get()).map(Err).map_err(misfit),
        (None, None) => Err(CallError::Codec {
            capability: capability.to_owned(),
            part: Part::Reply,
            reason: format!("message {id} was handled as an event"),
        }),
    };
    Some(outcome.map_err(Box::new))
}

/// Whether an event, send or timer with this id was handled before.
pub(super) fn is_known(draft: &Draft, id: MessageId) -> Result<bool, CallError> {
    if !draft.services().remembers {
        return Ok(false);
    }
    look_up(draft, id).map(|handled| handled.is_some())
}

fn look_up(draft: &Draft, id: MessageId) -> Result<Option<Handled>, CallError> {
    let capability = draft.services().capability;
    let found = draft
        .get(&layout::inbox(draft.actor(), id))
        .map_err(|error| storage(capability, &error))?;
    let Some(bytes) = found else { return Ok(None) };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|error| storage(capability, &error))
}

/// Adds the outcome to the turn's writes.
pub(super) fn remember<M: Message>(
    draft: &Draft,
    scope: &Scope,
    outcome: &Outcome<M>,
) -> Result<(), CallError> {
    let Some(id) = remembered::<M>(draft, scope) else {
        return Ok(());
    };
    let capability = draft.services().capability;
    let misfit = |error: serde_json::Error| CallError::Codec {
        capability: capability.to_owned(),
        part: Part::Reply,
        reason: error.to_string(),
    };
    let (reply, refusal) = match outcome {
        Ok(reply) => (
            Some(serde_json::value::to_raw_value(reply).map_err(misfit)?),
            None,
        ),
        Err(refusal) => (
            None,
            Some(serde_json::value::to_raw_value(refusal).map_err(misfit)?),
        ),
    };
    record(draft, id, reply, refusal)
}

/// Adds to the turn's writes that an event, send or timer was handled.
pub(super) fn remember_delivery(draft: &Draft, id: MessageId) -> Result<(), CallError> {
    if draft.services().remembers {
        record(draft, id, None, None)
    } else {
        Ok(())
    }
}

fn record(
    draft: &Draft,
    id: MessageId,
    reply: Option<Box<RawValue>>,
    refusal: Option<Box<RawValue>>,
) -> Result<(), CallError> {
    let services = draft.services();
    let handled = Handled {
        at_ms: services.clock.wall_ms(),
        reply,
        refusal,
    };
    let bytes =
        serde_json::to_vec(&handled).map_err(|error| storage(services.capability, &error))?;
    draft.put(layout::inbox(draft.actor(), id), bytes);
    Ok(())
}
