//! How a call can fail apart from the domain: [`CallError`], and what is known of the message then.

use serde::{Deserialize, Serialize};

/// What is known of a message whose call failed (law 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The message was not handled and never will be: sending it again is safe.
    NotDelivered,
    /// The message may have been handled: send it again only if it is idempotent or carries an id to a durable capability.
    Unknown,
}

/// Which body a size limit stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The message itself.
    Message,
    /// The reply, or the domain error.
    Reply,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Message => "message",
            Self::Reply => "reply",
        })
    }
}

/// A failure of the platform, not of the domain. The same in every placement (law 1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CallError {
    /// There was no room, in the mailbox or among the `calls_at_once`: at once for `try_tell`, until the deadline for `ask` and `tell`.
    #[error("{capability} is overloaded: there is no room for another message")]
    Overloaded {
        /// Whom the message was for.
        capability: String,
    },
    /// The deadline passed. When `started` is false the message was not and will not be handled.
    #[error("the deadline for {capability} has passed{}", if *.started { "; the outcome is unknown" } else { " before the message was handled" })]
    DeadlineExceeded {
        /// Whom the message was for.
        capability: String,
        /// Whether its turn may have begun.
        started: bool,
    },
    /// The message would go back to an actor that waits for its own caller (law 4).
    #[error("the call would wait for itself: {}", .path.join(" → "))]
    Cycle {
        /// The chain of actors, each waiting for the next; first and last are the same.
        path: Vec<String>,
    },
    /// The handler panicked. Its turn was rolled back, the actor restarts.
    #[error("{capability} panicked: {reason}")]
    Panicked {
        /// Whose handler it was.
        capability: String,
        /// The panic's message.
        reason: String,
    },
    /// The actor is not running: it used up its restarts, or failed to start. Or so many calls failed that the caller's circuit
    /// breaker is open, and this one was not even tried.
    #[error("{capability} is down: {reason}")]
    Down {
        /// Which actor.
        capability: String,
        /// Why.
        reason: String,
    },
    /// The application is stopping and takes no new calls from outside.
    #[error("{capability} takes no new calls: the application is stopping")]
    Stopping {
        /// Whom the message was for.
        capability: String,
    },
    /// Nobody here hosts the capability.
    #[error("no node hosts {capability}")]
    NotHosted {
        /// The capability nobody hosts.
        capability: String,
    },
    /// The capability has no such message.
    #[error("{capability} has no message {message:?}")]
    UnknownMessage {
        /// Whom the message was for.
        capability: String,
        /// The name that it does not know.
        message: String,
    },
    /// The key is empty or longer than [`Key::MAX_BYTES`](super::Key::MAX_BYTES), or given to a capability without keys.
    #[error("{key:?} is not a key of {capability}: {reason}")]
    InvalidKey {
        /// Whom the message was for.
        capability: String,
        /// The key.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A body is larger than the capability's `message_size`, encoded as JSON; the same limit in every placement.
    #[error("the {part} of {capability} is larger than its message_size of {limit} bytes")]
    TooLarge {
        /// Whose message or reply it is.
        capability: String,
        /// Which of the two.
        part: Part,
        /// The limit in bytes.
        limit: usize,
    },
    /// A body could not be encoded, or what came does not fit the contract.
    #[error("the {part} of {capability} does not fit its contract: {reason}")]
    Codec {
        /// Whose message or reply it is.
        capability: String,
        /// Which of the two.
        part: Part,
        /// What does not fit.
        reason: String,
    },
    /// Whoever was at work on it is gone: its process ended, or the connection to it. Never happens in process.
    #[error("whoever was at work on the message to {capability} is gone; the outcome is unknown")]
    Lost {
        /// Whom the message was for.
        capability: String,
    },
    /// The store could not read or commit.
    #[error("{capability} could not reach its store: {reason}")]
    Storage {
        /// Whose turn it was.
        capability: String,
        /// What the store said.
        reason: String,
        /// Whether the commit had been tried, so that its outcome is unknown.
        tried: bool,
    },
}

/// Out of the box in which calls carry it.
impl From<Box<Self>> for CallError {
    fn from(boxed: Box<Self>) -> Self {
        *boxed
    }
}

impl CallError {
    /// The codes that [`code`](Self::code) can return.
    pub const CODES: [&'static str; 13] = [
        "overloaded",
        "deadline_exceeded",
        "cycle",
        "panicked",
        "down",
        "stopping",
        "not_hosted",
        "unknown_message",
        "invalid_key",
        "too_large",
        "codec",
        "lost",
        "storage",
    ];

    /// The error's name: the field `code` of its JSON, a label in metrics.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Overloaded { .. } => "overloaded",
            Self::DeadlineExceeded { .. } => "deadline_exceeded",
            Self::Cycle { .. } => "cycle",
            Self::Panicked { .. } => "panicked",
            Self::Down { .. } => "down",
            Self::Stopping { .. } => "stopping",
            Self::NotHosted { .. } => "not_hosted",
            Self::UnknownMessage { .. } => "unknown_message",
            Self::InvalidKey { .. } => "invalid_key",
            Self::TooLarge { .. } => "too_large",
            Self::Codec { .. } => "codec",
            Self::Lost { .. } => "lost",
            Self::Storage { .. } => "storage",
        }
    }

    /// The error's number, as HTTP counts: what doors and stock NATS clients are told.
    pub(crate) const fn status(&self) -> u16 {
        match self {
            Self::Overloaded { .. }
            | Self::Down { .. }
            | Self::Stopping { .. }
            | Self::NotHosted { .. }
            | Self::Storage { tried: false, .. } => 503,
            Self::Lost { .. } => 502,
            Self::DeadlineExceeded { .. } => 504,
            Self::Cycle { .. } => 508,
            Self::UnknownMessage { .. } => 404,
            Self::InvalidKey { .. } => 400,
            Self::TooLarge {
                part: Part::Message,
                ..
            } => 413,
            Self::Codec {
                part: Part::Message,
                ..
            } => 422,
            _ => match self.delivery() {
                Delivery::NotDelivered => 503,
                Delivery::Unknown => 500,
            },
        }
    }

    /// Whether it says that the callee cannot work, and not that the caller has made a mistake: what opens a circuit breaker, and
    /// what may be over when the call is made again.
    pub(crate) const fn is_of_callee(&self) -> bool {
        match self {
            Self::Overloaded { .. }
            | Self::DeadlineExceeded { .. }
            | Self::Panicked { .. }
            | Self::Down { .. }
            | Self::NotHosted { .. }
            | Self::Lost { .. }
            | Self::Storage { .. } => true,
            Self::Cycle { .. }
            | Self::Stopping { .. }
            | Self::UnknownMessage { .. }
            | Self::InvalidKey { .. }
            | Self::TooLarge { .. }
            | Self::Codec { .. } => false,
        }
    }

    /// Whether the message was not delivered, or its outcome is unknown (law 2).
    #[must_use]
    pub const fn delivery(&self) -> Delivery {
        match self {
            Self::DeadlineExceeded { started: true, .. }
            | Self::Panicked { .. }
            | Self::TooLarge {
                part: Part::Reply, ..
            }
            | Self::Codec {
                part: Part::Reply, ..
            }
            | Self::Lost { .. }
            | Self::Storage { tried: true, .. } => Delivery::Unknown,
            _ => Delivery::NotDelivered,
        }
    }
}

/// Why an `ask` has no reply: the domain refused, or the call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskError<E> {
    /// The contract's own error: the message was handled and refused; nothing was changed.
    Domain(E),
    /// The platform's error.
    Call(CallError),
}

impl<E> AskError<E> {
    /// The platform's error, if it is one.
    #[must_use]
    pub const fn call(&self) -> Option<&CallError> {
        match self {
            Self::Call(error) => Some(error),
            Self::Domain(_) => None,
        }
    }

    /// The domain's error, if it is one.
    #[must_use]
    pub const fn domain(&self) -> Option<&E> {
        match self {
            Self::Domain(error) => Some(error),
            Self::Call(_) => None,
        }
    }
}

impl<E> From<CallError> for AskError<E> {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl<E: std::fmt::Debug> std::fmt::Display for AskError<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Domain(error) => write!(f, "refused: {error:?}"),
            Self::Call(error) => error.fmt(f),
        }
    }
}

impl<E: std::fmt::Debug> std::error::Error for AskError<E> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_caller_sent_is_told_apart_from_what_was_answered() {
        let capability = || "desk".to_owned();
        for (part, large, misfit) in [(Part::Message, 413, 422), (Part::Reply, 500, 500)] {
            let too_large = CallError::TooLarge {
                capability: capability(),
                part,
                limit: 1,
            };
            let codec = CallError::Codec {
                capability: capability(),
                part,
                reason: String::new(),
            };
            assert_eq!((too_large.status(), codec.status()), (large, misfit));
        }
        let storage = |tried| CallError::Storage {
            capability: capability(),
            reason: String::new(),
            tried,
        };
        assert_eq!(
            (storage(false).status(), storage(true).status()),
            (503, 500)
        );
    }
}
