//! What a turn lets out besides its reply: events and sends on their way through the outbox, and timers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::call::{Key, MessageId, TraceContext};

/// The target of events that also leave the process: whoever stands behind it makes them known to all other processes. No
/// capability can have this name.
pub(crate) const EVENTS: &str = "@events";

/// One event or send for one target, posted by a turn.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// Who gets it: a subscription or a contract.
    pub(crate) target: Arc<str>,
    /// Letters of one lane arrive in the order of their turns.
    pub(crate) lane: Arc<str>,
    pub(crate) body: LetterBody,
}

/// An outbox row, as it lies in the store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LetterBody {
    /// The id under which the receiver remembers it.
    pub(crate) id: MessageId,
    pub(crate) kind: LetterKind,
    /// The event's or message's name on the wire.
    pub(crate) name: String,
    /// The key of the receiver; for an event what the subscription makes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<Key>,
    /// When the turn ran, in wall milliseconds since 1970.
    pub(crate) at_ms: u64,
    /// The turn that let it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trace: Option<TraceContext>,
    /// Whose event it is, when it is not its own capability's: one that came in from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) contract: Option<String>,
    /// Of an event that leaves the process: who gets it in a letter of their own, separated by commas.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) direct: String,
    pub(crate) body: Box<RawValue>,
}

/// Those of the targets of an event that get it directly, as a letter to all others says it; empty if there is no such letter.
pub(crate) fn direct(targets: &[Arc<str>]) -> String {
    let mut direct = String::new();
    if !targets.iter().any(|target| **target == *EVENTS) {
        return direct;
    }
    for target in targets.iter().filter(|target| ***target != *EVENTS) {
        if !direct.is_empty() {
            direct.push(',');
        }
        direct.push_str(target);
    }
    direct
}

/// What a letter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LetterKind {
    Event,
    Send,
}

impl LetterBody {
    pub(crate) fn encode(letter: &Letter) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&letter.body)
    }
}

/// A timer, as it lies in the store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TimerBody {
    pub(crate) kind: TimerKind,
    /// The message's name, or the name of the `#[every]` method.
    pub(crate) name: String,
    /// The turn that set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trace: Option<TraceContext>,
    pub(crate) body: Box<RawValue>,
}

/// What a timer does when it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimerKind {
    /// Sends the actor a message, once.
    After,
    /// Calls an `#[every]` method, and is set again.
    Every,
}

/// A timer that was set with [`Cx::after`](super::Cx::after). Can be kept in a table, to cancel it later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerId {
    pub(crate) due_ms: u64,
    pub(crate) id: MessageId,
}
