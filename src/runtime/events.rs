//! Looking on at events as they become known.

use std::fmt;
use std::marker::PhantomData;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::actor::services::Tapped;
use crate::contract::Emitted;

/// The events of one kind, as they become known. Made by [`Runtime::events`](super::Runtime::events).
pub struct Events<E> {
    receiver: Receiver<Tapped>,
    event: PhantomData<fn() -> E>,
}

/// Why there is no next event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventsError {
    /// The onlooker was too slow.
    #[error("{missed} events were missed")]
    Missed {
        /// How many.
        missed: u64,
    },
    /// The runtime has stopped.
    #[error("the runtime has stopped")]
    Stopped,
    /// An event does not fit its type.
    #[error("an event does not fit its type: {reason}")]
    Misfit {
        /// What does not fit.
        reason: String,
    },
}

impl<E: Emitted> Events<E> {
    pub(super) fn new(receiver: Receiver<Tapped>) -> Self {
        Self {
            receiver,
            event: PhantomData,
        }
    }

    /// The next event.
    ///
    /// # Errors
    ///
    /// [`EventsError::Missed`] when more than 1,024 events came since the last call: go on calling.
    /// [`EventsError::Stopped`] when no more will come.
    ///
    /// # Cancel safety
    ///
    /// No event is lost when it is dropped.
    pub async fn next(&mut self) -> Result<E, EventsError> {
        match self.receiver.recv().await {
            Ok(tapped) => serde_json::from_str(&tapped.body).map_err(|error| EventsError::Misfit {
                reason: error.to_string(),
            }),
            Err(RecvError::Lagged(missed)) => Err(EventsError::Missed { missed }),
            Err(RecvError::Closed) => Err(EventsError::Stopped),
        }
    }
}

impl<E> fmt::Debug for Events<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}
