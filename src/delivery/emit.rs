//! An event that an operator lets out in the name of a capability: the same rows in the same one commit as a turn's.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::value::RawValue;
use tokio::sync::oneshot;

use crate::actor::draft::{Draft, Sealing};
use crate::actor::event_log::{LogBody, Shelved};
use crate::actor::outgoing::{EVENTS, Letter, LetterBody, LetterKind, direct};
use crate::actor::services::Services;
use crate::call::{CallError, Key, MessageId, TraceContext};
use crate::engine::commit;

/// What is to be let out.
pub(crate) struct Emission {
    pub(crate) event: String,
    pub(crate) key: Option<Key>,
    pub(crate) trace: Option<TraceContext>,
    pub(crate) body: Box<RawValue>,
}

/// What was let out.
pub(crate) struct Sent {
    pub(crate) id: MessageId,
    pub(crate) position: Option<u64>,
}

/// Why it was not.
pub(crate) enum EmitRefusal {
    /// The outbox is full.
    Full,
    /// The store cannot be written.
    Store(String),
    Stopped,
}

/// Lets an event out; ends when it is durable. Once begun it is carried through, also when nobody waits for its end.
pub(crate) async fn emit(
    services: &Arc<Services>,
    emission: Emission,
) -> Result<Sent, EmitRefusal> {
    let event = emission.event.as_str();
    let listeners = services.audience.get(event).cloned().unwrap_or_default();
    let waiting = services.backlog.load(Ordering::Relaxed) + listeners.len() as u64;
    if waiting > services.limits.outbox {
        return Err(EmitRefusal::Full);
    }
    let (done, sent) = oneshot::channel();
    let services_of_task = Arc::clone(services);
    services.tasks.spawn(async move {
        let _ = done.send(post(services_of_task, emission, listeners).await);
    });
    sent.await.unwrap_or(Err(EmitRefusal::Stopped))
}

async fn post(
    services: Arc<Services>,
    emission: Emission,
    listeners: Vec<Arc<str>>,
) -> Result<Sent, EmitRefusal> {
    let id = services.random.message_id();
    let draft = Draft::new(Arc::clone(&services), emission.key.clone());
    write(&draft, id, emission, &listeners);
    let sealing = commit::seal(&draft).map_err(|error| refusal(*error))?;
    let position = match &sealing {
        Sealing::Batch(sealed) if services.log.keeps() => {
            sealed.shelved.as_ref().map(Shelved::first)
        }
        _ => None,
    };
    let (landed, landing) = oneshot::channel();
    let room = commit::send(&draft, sealing, move |_, committed| {
        drop(landed.send(committed));
    });
    if let Some(room) = room {
        room.await;
    }
    let landed = landing.await.map_err(|_| EmitRefusal::Stopped)?;
    landed.map_err(|error| refusal(*error))?;
    Ok(Sent { id, position })
}

/// Puts into the draft what a turn that emits this would.
fn write(draft: &Draft, id: MessageId, emission: Emission, listeners: &[Arc<str>]) {
    let services = draft.services();
    let at_ms = services.clock.wall_ms();
    let Emission {
        event,
        key,
        trace,
        body,
    } = emission;
    for target in listeners {
        let body = LetterBody {
            id,
            kind: LetterKind::Event,
            name: event.clone(),
            key: None,
            at_ms,
            trace,
            contract: None,
            direct: if **target == *EVENTS {
                direct(listeners)
            } else {
                String::new()
            },
            body: body.clone(),
        };
        draft.post(Letter {
            target: Arc::clone(target),
            lane: Arc::from(key.as_ref().map_or("", Key::as_str)),
            body,
        });
    }
    if services.log.wants() {
        draft.note(LogBody {
            id,
            at_ms,
            name: Cow::Owned(event),
            key,
            trace,
            body,
        });
    }
}

fn refusal(error: CallError) -> EmitRefusal {
    match error {
        CallError::Storage { reason, .. } => EmitRefusal::Store(reason),
        other => EmitRefusal::Store(other.to_string()),
    }
}
