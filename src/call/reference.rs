//! What a caller holds: [`Ref`] and [`KeyedRef`], typed by the contract and never by the actor behind it.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::task::{Context, Waker};

use super::asking::{Ask, Tell};
use super::cell::CallCell;
use super::envelope::{Options, encode, envelope};
use super::guard::Passage;
use super::route::{Offer, RequestKind, Route};
use super::scope::Scoped;
use super::{CallError, Key, Tick};
use crate::contract::{Accepts, Contract, Keyed, Message, Unkeyed};

/// A reference to a capability by its contract. Cheap to clone; stays good when the capability restarts or moves.
pub struct Ref<C> {
    route: Arc<Route>,
    contract: PhantomData<fn() -> C>,
}

impl<C: Contract> Ref<C> {
    pub(crate) fn new(route: Arc<Route>) -> Self {
        Self {
            route,
            contract: PhantomData,
        }
    }

    /// The actor for one key of a keyed capability.
    #[must_use]
    pub fn key(&self, key: impl Into<Key>) -> KeyedRef<C>
    where
        C: Keyed,
    {
        KeyedRef {
            route: Arc::clone(&self.route),
            key: key.into(),
            contract: PhantomData,
        }
    }

    /// Sends a message and waits for its reply, until the deadline (default: the capability's, 5 s; inside a turn no
    /// more than what is left of its own).
    ///
    /// Messages that one sender asks and tells in sequence are handled in that sequence. If the mailbox is full, waits
    /// for room first. `ask(..)` can be refined before it is awaited: [`deadline`](Ask::deadline), [`id`](Ask::id).
    ///
    /// # Errors
    ///
    /// [`AskError::Domain`](super::AskError::Domain) is the contract's own error;
    /// [`AskError::Call`](super::AskError::Call) the platform's, which tells whether the message was delivered.
    ///
    /// # Cancel safety
    ///
    /// Nothing is sent before the first poll. Dropped later, the turn still runs to its end; only its reply is lost.
    pub fn ask<M: Message>(&self, message: M) -> Ask<'_, C, M>
    where
        C: Accepts<M> + Unkeyed,
    {
        Ask::new(&self.route, None, message)
    }

    /// Sends a message and waits only for room in the mailbox, until the deadline. What the handler answers is dropped.
    ///
    /// Where to handle it takes less than to queue it, an idle actor handles it at once, on this thread.
    ///
    /// # Errors
    ///
    /// [`CallError::Overloaded`] when there was no room until the deadline; other [`CallError`]s as for
    /// [`ask`](Self::ask). Once it is `Ok` the message has its place and will be handled, however late.
    ///
    /// # Cancel safety
    ///
    /// Dropped before it ended, the message may or may not have been sent.
    pub fn tell<M: Message>(&self, message: M) -> Tell<'_, C, M>
    where
        C: Accepts<M> + Unkeyed,
    {
        Tell::new(&self.route, None, message)
    }

    /// Sends a message if there is room for it now; otherwise gives it back.
    ///
    /// # Errors
    ///
    /// The message, and why it was not taken: [`CallError::Overloaded`] when the mailbox is full.
    pub fn try_tell<M: Message>(&self, message: M) -> Result<(), TryTellError<M>>
    where
        C: Accepts<M> + Unkeyed,
    {
        try_tell::<C, M>(&self.route, None, message)
    }
}

impl<C> Clone for Ref<C> {
    fn clone(&self) -> Self {
        Self {
            route: Arc::clone(&self.route),
            contract: PhantomData,
        }
    }
}

impl<C> fmt::Debug for Ref<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({})", self.route.contract)
    }
}

/// A reference to the actor for one key of a keyed capability. Cheap to clone.
///
/// The actor need not exist: the first message activates it.
pub struct KeyedRef<C> {
    route: Arc<Route>,
    key: Key,
    contract: PhantomData<fn() -> C>,
}

impl<C: Keyed> KeyedRef<C> {
    /// As [`Ref::ask`].
    ///
    /// # Errors
    ///
    /// As [`Ref::ask`]; and [`CallError::InvalidKey`] when the key is empty or too long.
    ///
    /// # Cancel safety
    ///
    /// As [`Ref::ask`].
    pub fn ask<M: Message>(&self, message: M) -> Ask<'_, C, M>
    where
        C: Accepts<M>,
    {
        Ask::new(&self.route, Some(&self.key), message)
    }

    /// As [`Ref::tell`].
    ///
    /// # Errors
    ///
    /// As [`Ref::tell`]; and [`CallError::InvalidKey`] when the key is empty or too long.
    ///
    /// # Cancel safety
    ///
    /// As [`Ref::tell`].
    pub fn tell<M: Message>(&self, message: M) -> Tell<'_, C, M>
    where
        C: Accepts<M>,
    {
        Tell::new(&self.route, Some(&self.key), message)
    }

    /// As [`Ref::try_tell`].
    ///
    /// # Errors
    ///
    /// As [`Ref::try_tell`]; and [`CallError::InvalidKey`] when the key is empty or too long.
    pub fn try_tell<M: Message>(&self, message: M) -> Result<(), TryTellError<M>>
    where
        C: Accepts<M>,
    {
        try_tell::<C, M>(&self.route, Some(&self.key), message)
    }
}

impl<C> Clone for KeyedRef<C> {
    fn clone(&self) -> Self {
        Self {
            route: Arc::clone(&self.route),
            key: self.key.clone(),
            contract: PhantomData,
        }
    }
}

impl<C> fmt::Debug for KeyedRef<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({}[{}])", self.route.contract, self.key)
    }
}

/// A message that was not taken, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct TryTellError<M> {
    /// The message, unharmed.
    pub message: M,
    /// Why it was not taken.
    pub error: CallError,
}

fn try_tell<C: Accepts<M>, M: Message>(
    route: &Arc<Route>,
    key: Option<&Key>,
    message: M,
) -> Result<(), TryTellError<M>> {
    let options = Options::default();
    let cell = match envelope(route, key, message, &options, false) {
        Ok((cell, _)) => cell,
        Err((message, error)) => return Err(TryTellError { message, error }),
    };
    let mut passage = route
        .guard()
        .map(|guard| Passage::new(guard, Tick::NEVER, false));
    let admitted = passage.as_mut().map_or(Ok(()), Passage::try_admitted);
    let sent = admitted.and_then(|()| offer_at_once::<C, M>(route, &cell));
    let Err(error) = sent else {
        if let Some(passage) = &mut passage {
            passage.succeeded();
        }
        return Ok(());
    };
    // No room at this moment says nothing about the next.
    if let Some(mut passage) = passage.filter(|_| !matches!(error, CallError::Overloaded { .. })) {
        let _ = passage.failed(error.clone());
    }
    match cell.take_back() {
        Some(message) => Err(TryTellError { message, error }),
        // Refused only after its turn was over: the result has nobody who waits for it.
        None => {
            let _ = cell.poll(&mut Context::from_waker(Waker::noop()));
            Ok(())
        }
    }
}

/// Offers a message whose sender waits for nothing.
fn offer_at_once<C: Accepts<M>, M: Message>(
    route: &Arc<Route>,
    cell: &Arc<CallCell<M>>,
) -> Result<(), CallError> {
    match route.offer::<C, M>(cell, None) {
        Offer::Taken => Ok(()),
        Offer::Refused(error) => Err(error),
        Offer::Full(_) => Err(CallError::Overloaded {
            capability: cell.scope().name(),
        }),
        Offer::Elsewhere(remote) => {
            encode(route, cell, RequestKind::Try).and_then(|request| remote.try_tell(request))
        }
    }
}
