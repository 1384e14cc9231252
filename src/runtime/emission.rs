//! Emitting an event by its name, in place of the capability: what operators do.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::control::{Emit, EmitAsked, PATIENCE, ask};
use super::running::{Parts, Runtime};
use super::subscription::meant;
use crate::actor::services::Services;
use crate::call::{Key, MessageId, TraceContext};
use crate::delivery::{Emission, EmitRefusal, emit};
use crate::transport::{Network, Whom};

/// An event to be emitted in the name of a capability, all of it as data.
#[derive(Debug, Clone)]
pub struct NamedEvent {
    /// The capability whose event it is.
    pub capability: String,
    /// The event's name on the wire.
    pub event: String,
    /// For a keyed capability, the actor that it would have come from; events of one actor arrive in order.
    pub key: Option<Key>,
    /// The event as JSON.
    pub body: Vec<u8>,
    /// The step of a trace that emits it.
    pub trace: Option<TraceContext>,
}

/// An event that was emitted by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EmittedEvent {
    /// The id under which subscribers remember it.
    pub id: MessageId,
    /// Where it lies in the event log; `None` when none is kept.
    pub position: Option<u64>,
    /// The capabilities that get it. Nobody, when it is empty.
    pub listeners: Vec<String>,
}

/// Why an event was not emitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EmitError {
    /// No such capability.
    #[error("no capability {capability} runs here{}", meant(nearest.as_ref()))]
    NotHosted {
        /// What was asked for.
        capability: String,
        /// The name that is probably meant.
        nearest: Option<String>,
    },
    /// The capability has no such event.
    #[error("{capability} emits no event {event}{}", meant(nearest.as_ref()))]
    UnknownEvent {
        /// The capability.
        capability: String,
        /// What was asked for.
        event: String,
        /// The name that is probably meant.
        nearest: Option<String>,
    },
    /// The capability has no keys.
    #[error("{capability} is not keyed: leave the key out")]
    NotKeyed {
        /// The capability.
        capability: String,
    },
    /// The key is empty or too long.
    #[error("a key has 1 to 255 bytes, and this one has {bytes}")]
    InvalidKey {
        /// How many it has.
        bytes: usize,
    },
    /// The body is not JSON.
    #[error("the body is not JSON: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// The body is over the `message_size` of the capability.
    #[error("the body has {bytes} bytes, and events of {capability} may have {limit}")]
    TooLarge {
        /// The capability.
        capability: String,
        /// How many it has.
        bytes: usize,
        /// How many it may have.
        limit: usize,
    },
    /// As much waits for delivery as `outbox_limit` allows.
    #[error("the outbox of {capability} is full")]
    Overloaded {
        /// The capability.
        capability: String,
    },
    /// The store cannot be written. The event may or may not be in it.
    #[error("the event cannot be kept for {capability}: {reason}")]
    Store {
        /// The capability.
        capability: String,
        /// What the store said.
        reason: String,
    },
    /// The process that hosts the capability does not answer. The event may or may not be out.
    #[error("{capability} cannot be reached: {reason}")]
    Unreachable {
        /// The capability.
        capability: String,
        /// What was found instead.
        reason: String,
    },
    /// The runtime has stopped. The event may or may not be out.
    #[error("the runtime has stopped")]
    Stopped,
}

impl Runtime {
    /// Emits an event as if the capability had, with all that follows: it is kept, and delivered to who listens. Ends when
    /// the event is durable, if the capability is. The body is not held against the event's schema: who listens refuses what
    /// does not fit.
    ///
    /// # Errors
    ///
    /// [`EmitError`] when there is no such capability or event, key or body are not well formed, there is no room in the
    /// outbox, or the store cannot be written.
    ///
    /// # Cancel safety
    ///
    /// Once polled it is carried through: dropped half way, it has happened or will.
    pub async fn emit_by_name(&self, event: NamedEvent) -> Result<EmittedEvent, EmitError> {
        let parts = self.host(&event.capability).parts();
        let parts = parts.ok_or(EmitError::Stopped)?;
        match &parts.network {
            Some(network) if parts.is_elsewhere(&event.capability) => {
                emit_there(network, event).await
            }
            _ if parts.find(&event.capability).is_none() => Err(EmitError::NotHosted {
                nearest: self.nearest(&event.capability),
                capability: event.capability,
            }),
            _ => emit_here(&parts, event).await,
        }
    }
}

/// Lets the process emit it that hosts the capability.
async fn emit_there(
    network: &Arc<dyn Network>,
    event: NamedEvent,
) -> Result<EmittedEvent, EmitError> {
    let capability = event.capability.clone();
    let body = String::from_utf8(event.body).map_err(|error| EmitError::Malformed {
        reason: error.to_string(),
    })?;
    let asked = EmitAsked {
        capability: event.capability,
        event: event.event,
        key: event.key,
        body,
        trace: event.trace,
    };
    let whom = Whom::Host(capability.clone());
    match ask::<Emit>(network, whom, &asked, PATIENCE).await {
        Ok(said) => said,
        Err(unanswered) => Err(EmitError::Unreachable {
            capability,
            reason: unanswered.to_string(),
        }),
    }
}

/// Emits an event of a capability of this process.
pub(super) async fn emit_here(parts: &Parts, event: NamedEvent) -> Result<EmittedEvent, EmitError> {
    let services = emitter(parts, &event)?;
    let listeners = listeners(parts, &event);
    let capability = event.capability;
    let emission = Emission {
        event: event.event,
        key: event.key,
        trace: event.trace,
        body: readable(&capability, &event.body, services.limits.message_size)?,
    };
    match emit(&services, emission).await {
        Ok(sent) => Ok(EmittedEvent {
            id: sent.id,
            position: sent.position,
            listeners,
        }),
        Err(EmitRefusal::Full) => Err(EmitError::Overloaded { capability }),
        Err(EmitRefusal::Store(reason)) => Err(EmitError::Store { capability, reason }),
        Err(EmitRefusal::Stopped) => Err(EmitError::Stopped),
    }
}

/// The capabilities of the application that listen to it, wherever they are.
fn listeners(parts: &Parts, event: &NamedEvent) -> Vec<String> {
    let listening = parts.listening.iter();
    let listening = listening
        .filter(|(contract, name, _)| *contract == event.capability && *name == event.event);
    listening.map(|(.., by)| (*by).to_owned()).collect()
}

/// What the actors share that could emit this.
fn emitter(parts: &Parts, event: &NamedEvent) -> Result<Arc<Services>, EmitError> {
    let capability = || event.capability.clone();
    let found = parts.find(&event.capability);
    let installed = found.ok_or_else(|| EmitError::NotHosted {
        capability: capability(),
        nearest: None,
    })?;
    let known = installed.info.knows_event(&event.event);
    known.map_err(|nearest| EmitError::UnknownEvent {
        capability: capability(),
        event: event.event.clone(),
        nearest,
    })?;
    match &event.key {
        Some(_) if !installed.is_keyed => Err(EmitError::NotKeyed {
            capability: capability(),
        }),
        Some(key) if !key.is_valid() => Err(EmitError::InvalidKey {
            bytes: key.as_str().len(),
        }),
        _ => Ok(Arc::clone(&installed.services)),
    }
}

fn readable(capability: &str, body: &[u8], limit: usize) -> Result<Box<RawValue>, EmitError> {
    if body.len() > limit {
        return Err(EmitError::TooLarge {
            capability: capability.to_owned(),
            bytes: body.len(),
            limit,
        });
    }
    let malformed = |reason: String| EmitError::Malformed { reason };
    let body: &RawValue =
        serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
    RawValue::from_string(compact(body.get())).map_err(|error| malformed(error.to_string()))
}

/// JSON without space between its parts, as the platform's own: event streams and logs have one line an event.
fn compact(json: &str) -> String {
    let (mut is_text, mut is_escaped) = (false, false);
    let mut keep = |c: &char| {
        if is_text {
            is_text = is_escaped || *c != '"';
            is_escaped = !is_escaped && *c == '\\';
            return true;
        }
        is_text = *c == '"';
        !c.is_ascii_whitespace()
    };
    json.chars().filter(|c| keep(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::compact;

    #[test]
    fn space_goes_and_texts_stay() {
        let json = "{ \"a b\" :\n[1, \"\\\" x \\\\\", true ] ,\t\"c\": \" \"}";
        assert_eq!(compact(json), r#"{"a b":[1,"\" x \\",true],"c":" "}"#);
    }
}
