//! One call from its sending to its reply: message, circumstances and the place where the reply is left, in one allocation.

use std::any::Any;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use parking_lot::Mutex;

use super::scope::{Scope, Scoped};
use super::{CallError, Tick};
use crate::contract::{Message, Outcome};

/// What a call ends in: what the domain said, or why it could not be asked. The rare error is boxed, so that the common
/// reply is moved in a few bytes.
pub(crate) type CallResult<M> = Result<Outcome<M>, Box<CallError>>;

/// One call. The caller and the callee's mailbox share it.
pub(crate) struct CallCell<M: Message> {
    scope: Scope,
    state: Mutex<State<M>>,
}

enum State<M: Message> {
    /// Not begun: the message waits for its turn.
    Waiting { message: M, waker: Option<Waker> },
    /// Its turn runs, or its commit does.
    Running { waker: Option<Waker> },
    /// The result lies here for the caller.
    Done(CallResult<M>),
    /// The caller has the result, or gave up before the turn began.
    Over,
}

impl<M: Message> CallCell<M> {
    pub(crate) fn new(message: M, scope: Scope) -> Self {
        Self {
            scope,
            state: Mutex::new(State::Waiting {
                message,
                waker: None,
            }),
        }
    }

    /// A call whose turn runs already.
    pub(crate) fn running(scope: Scope) -> Self {
        Self {
            scope,
            state: Mutex::new(State::Running { waker: None }),
        }
    }

    /// Takes the message out to begin its turn; `None` when the call is over already.
    pub(crate) fn begin(&self, now: impl FnOnce() -> Tick) -> Option<M> {
        let mut state = self.state.lock();
        match std::mem::replace(&mut *state, State::Over) {
            State::Waiting { message, waker } => {
                if now() >= self.scope.deadline {
                    *state = State::Done(Err(Box::new(self.expired(false))));
                    drop(state);
                    wake(waker);
                    return None;
                }
                if self.scope.deadline != Tick::NEVER {
                    *state = State::Running { waker };
                    return Some(message);
                }
                // Of a message that is told nobody wants the result, but somebody may wait for its turn to begin.
                *state = State::Running { waker: None };
                drop(state);
                wake(waker);
                Some(message)
            }
            other => {
                *state = other;
                None
            }
        }
    }

    /// Takes the message back before any turn could begin: the caller wants it (`try_tell`).
    pub(crate) fn take_back(&self) -> Option<M> {
        let mut state = self.state.lock();
        match std::mem::replace(&mut *state, State::Over) {
            State::Waiting { message, .. } => Some(message),
            other => {
                *state = other;
                None
            }
        }
    }

    /// Leaves the result for the caller and wakes it. A second result is dropped.
    pub(crate) fn complete(&self, result: CallResult<M>) {
        let mut state = self.state.lock();
        match std::mem::replace(&mut *state, State::Over) {
            State::Waiting { waker, .. } | State::Running { waker } => {
                *state = State::Done(result);
                drop(state);
                wake(waker);
            }
            other => *state = other,
        }
    }

    /// The result, or a promise to wake the caller for it.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<CallResult<M>> {
        let mut state = self.state.lock();
        match &mut *state {
            State::Done(_) => {}
            State::Waiting { waker, .. } | State::Running { waker } => {
                if !waker
                    .as_ref()
                    .is_some_and(|known| known.will_wake(cx.waker()))
                {
                    *waker = Some(cx.waker().clone());
                }
                return Poll::Pending;
            }
            State::Over => return Poll::Pending,
        }
        match std::mem::replace(&mut *state, State::Over) {
            State::Done(result) => Poll::Ready(result),
            _ => Poll::Pending,
        }
    }

    /// Whether the turn of a message that is told has begun, or never will; or a promise to wake the caller when that is so.
    pub(crate) fn poll_begun(&self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut *self.state.lock() {
            State::Waiting { waker, .. } => {
                *waker = Some(cx.waker().clone());
                Poll::Pending
            }
            State::Running { .. } | State::Done(_) | State::Over => Poll::Ready(()),
        }
    }

    /// The caller's deadline has passed: a turn that has not begun will not.
    pub(crate) fn expire(&self) -> CallError {
        let mut state = self.state.lock();
        let started = !matches!(*state, State::Waiting { .. });
        if !started {
            *state = State::Over;
        }
        self.expired(started)
    }

    fn expired(&self, started: bool) -> CallError {
        CallError::DeadlineExceeded {
            capability: self.scope.name(),
            started,
        }
    }

    /// Looks at the message if its turn has not begun.
    pub(crate) fn peek<T>(&self, look: impl FnOnce(&M) -> T) -> Option<T> {
        match &*self.state.lock() {
            State::Waiting { message, .. } => Some(look(message)),
            _ => None,
        }
    }

    /// Itself as a turn's circumstances.
    pub(crate) fn scoped(self: &Arc<Self>) -> Arc<dyn Scoped> {
        Arc::<Self>::clone(self)
    }
}

impl<M: Message> Scoped for CallCell<M> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    fn message(&self) -> &str {
        M::NAME
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
