//! Looking on at events as they become known.

use std::fmt;
use std::marker::PhantomData;

use super::subscription::{LogItem, Subscription, SubscriptionEnd};
use crate::contract::Emitted;

/// The events of one kind, as they become known. Made by [`Runtime::events`](super::Runtime::events).
pub struct Events<E> {
    subscription: Subscription,
    event: PhantomData<fn() -> E>,
}

/// Why there is no next event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventsError {
    /// The onlooker was too slow.
    #[error("up to {missed} events were missed")]
    Missed {
        /// How many of the capability, of every kind.
        missed: u64,
    },
    /// The runtime has stopped.
    #[error("the runtime has stopped")]
    Stopped,
    /// The event log cannot be read.
    #[error("the event log cannot be read: {reason}")]
    Store {
        /// What the store said.
        reason: String,
    },
    /// An event does not fit its type.
    #[error("an event does not fit its type: {reason}")]
    Misfit {
        /// What does not fit.
        reason: String,
    },
}

impl<E: Emitted> Events<E> {
    pub(super) fn new(subscription: Subscription) -> Self {
        Self {
            subscription,
            event: PhantomData,
        }
    }

    /// Waits until it has begun, as [`Subscription::begun`].
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next), but for missed events.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub async fn begun(&mut self) -> Result<(), EventsError> {
        self.subscription.begun().await.map_err(ended)
    }

    /// The next event.
    ///
    /// # Errors
    ///
    /// [`EventsError::Missed`] when so much came since the last call that it is no longer kept (see `event_log`): go on
    /// calling. [`EventsError::Stopped`] when no more will come.
    ///
    /// # Cancel safety
    ///
    /// No event is lost when it is dropped.
    pub async fn next(&mut self) -> Result<E, EventsError> {
        match self.subscription.next().await {
            Ok(LogItem::Event(event)) => {
                serde_json::from_str(event.body.get()).map_err(|error| EventsError::Misfit {
                    reason: error.to_string(),
                })
            }
            Ok(LogItem::Gap { from, to }) => Err(EventsError::Missed {
                missed: (to + 1).saturating_sub(from),
            }),
            Err(end) => Err(ended(end)),
        }
    }
}

fn ended(end: SubscriptionEnd) -> EventsError {
    match end {
        SubscriptionEnd::Stopped => EventsError::Stopped,
        SubscriptionEnd::Store { reason } => EventsError::Store { reason },
    }
}

impl<E> fmt::Debug for Events<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").finish_non_exhaustive()
    }
}
