//! The turn that is being polled on this thread.
//!
//! A call made meanwhile inherits its deadline, derives its id from the turn's, and is refused if it would go back to an actor
//! that waits for it. Most turns that run on their caller's thread call nobody and are over when the poll ends: of them there
//! is only a [`Brief`] until somebody asks for more.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::task::{Context, Poll};

use scoped_tls::scoped_thread_local;
use tokio::task::coop;

use super::cell::CallCell;
use super::scope::{Scope, Scoped};
use super::{Key, MessageId, Tick};
use crate::contract::Message;

/// How deep turns may run inside each other on one thread before a call is queued instead.
const MAX_DEPTH: u32 = 16;
/// Calls that the turns inside one call may make after the budget of the caller's task is used up. A turn that was stopped half-way
/// would go on elsewhere, and each turn around it as well, which costs many times what the calls do.
const MAX_OVERDRAFT: u32 = 32;

scoped_thread_local!(static CURRENT: Polled);

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static OVERDRAFT: Cell<u32> = const { Cell::new(0) };
}

/// A turn that is being polled.
pub(crate) struct Polled(RefCell<Current>);

/// A call in short: enough to make its [`Scope`] of it.
#[derive(Debug)]
pub(crate) struct Brief {
    /// The contract of the callee.
    pub(crate) contract: &'static str,
    /// The name of the message.
    pub(crate) message: &'static str,
    /// The key of the callee, for a keyed contract.
    pub(crate) key: Option<Key>,
    /// Until when the reply is wanted.
    pub(crate) deadline: Tick,
    /// The id of the message, when somebody could send it again.
    pub(crate) id: Option<MessageId>,
    /// The turn that waits for this one, in this process.
    pub(crate) caller: Option<Arc<dyn Scoped>>,
    /// Which of several equal actors runs the turn, counted from 1; 0 when there is only one.
    pub(crate) member: u32,
}

impl Brief {
    /// A call of which nothing else is known yet.
    #[inline]
    pub(crate) const fn new(contract: &'static str, message: &'static str) -> Self {
        Self {
            contract,
            message,
            key: None,
            deadline: Tick::NEVER,
            id: None,
            caller: None,
            member: 0,
        }
    }

    /// The circumstances of the call.
    pub(crate) fn into_scope(self) -> Scope {
        let mut scope = Scope::new(self.contract, self.key, self.deadline);
        scope.id = self.id;
        scope.caller = self.caller;
        scope.run_by(self.member);
        scope
    }
}

/// What is known of the thread's turn.
enum Current {
    /// There is none, whatever is polled further up; or it is just being made more of.
    None,
    /// It runs on its caller's thread, and nobody has asked for it yet.
    Brief(Brief),
    Shared(Arc<dyn Scoped>),
}

impl Current {
    /// What others may hold on to.
    fn shared(&mut self) -> Option<&Arc<dyn Scoped>> {
        if let Self::Brief(_) = self
            && let Self::Brief(brief) = std::mem::replace(self, Self::None)
        {
            *self = Self::Shared(DirectTurn::of(brief));
        }
        match self {
            Self::Shared(shared) => Some(shared),
            Self::None | Self::Brief(_) => None,
        }
    }
}

/// The circumstances of a turn that runs on its caller's thread, while nothing else of its call is needed.
struct DirectTurn {
    scope: Scope,
    message: &'static str,
}

impl DirectTurn {
    fn of(brief: Brief) -> Arc<dyn Scoped> {
        let message = brief.message;
        let scope = brief.into_scope();
        scope.set_inline(true);
        Arc::new(Self { scope, message })
    }
}

impl Scoped for DirectTurn {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }

    fn message(&self) -> &str {
        self.message
    }
}

/// The turn that is being polled on this thread, if any.
#[inline]
pub(crate) fn current() -> Option<Arc<dyn Scoped>> {
    if !CURRENT.is_set() {
        return None;
    }
    found()
}

/// Not a part of [`current`]: most calls come from outside of any turn.
#[inline(never)]
fn found() -> Option<Arc<dyn Scoped>> {
    CURRENT.with(|polled| polled.0.borrow_mut().shared().cloned())
}

/// Whether a turn is being polled on this thread.
pub(crate) fn inside_turn() -> bool {
    CURRENT.is_set() && CURRENT.with(|polled| !matches!(&*polled.0.borrow(), Current::None))
}

/// Whether the thread's turn began on its caller's thread in this very poll.
pub(crate) fn is_inline() -> bool {
    CURRENT.is_set()
        && CURRENT.with(|polled| match &*polled.0.borrow() {
            Current::None => false,
            Current::Brief(_) => true,
            Current::Shared(shared) => shared.scope().is_inline(),
        })
}

/// Whether another turn may run inside the one being polled: recursion on one stack is bounded.
#[inline]
pub(crate) fn may_nest() -> bool {
    DEPTH.get() < MAX_DEPTH
}

/// Charges the budget of the task that is polled for one call: turns that run inside the caller's poll must not starve the caller's
/// neighbours. Pending when it is used up; the caller is woken for the next.
#[inline]
pub(crate) fn charge(cx: &mut Context<'_>) -> Poll<()> {
    if DEPTH.get() > 0 && !coop::has_budget_remaining() {
        let drawn = OVERDRAFT.get();
        if drawn < MAX_OVERDRAFT {
            OVERDRAFT.set(drawn + 1);
            return Poll::Ready(());
        }
    }
    coop::poll_proceed(cx).map(|coop| coop.made_progress())
}

/// The cell in which the reply to the thread's turn is left when it cannot be given at once. `M` is its message.
pub(crate) fn cell<M: Message>() -> Option<Arc<CallCell<M>>> {
    if !CURRENT.is_set() {
        return None;
    }
    CURRENT.with(|polled| {
        let current = &mut *polled.0.borrow_mut();
        let cell = match std::mem::replace(current, Current::None) {
            Current::None => return None,
            Current::Shared(shared) => match Arc::clone(&shared).into_any().downcast() {
                Ok(cell) => {
                    *current = Current::Shared(shared);
                    return Some(cell);
                }
                Err(_) => CallCell::running(shared.scope().handed_on()),
            },
            Current::Brief(brief) => CallCell::running(brief.into_scope()),
        };
        cell.scope().set_inline(true);
        let cell = Arc::new(cell);
        *current = Current::Shared(cell.scoped());
        Some(cell)
    })
}

/// Makes `scoped` the thread's current turn while `poll` runs.
pub(crate) fn within<T>(scoped: Arc<dyn Scoped>, poll: impl FnOnce() -> T) -> T {
    Polled(RefCell::new(Current::Shared(scoped))).during(poll)
}

/// Polls what is no turn and nobody's effect: what it asks is asked as if from outside.
pub(crate) fn outside<T>(poll: impl FnOnce() -> T) -> T {
    Polled(RefCell::new(Current::None)).during(poll)
}

impl Polled {
    /// The turn of a call in short.
    #[inline]
    pub(crate) const fn new(contract: &'static str, message: &'static str) -> Self {
        Self(RefCell::new(Current::Brief(Brief::new(contract, message))))
    }

    /// What is known of the call, to be completed before it is made.
    #[inline]
    pub(crate) fn brief_mut(&mut self) -> Option<&mut Brief> {
        match self.0.get_mut() {
            Current::Brief(brief) => Some(brief),
            Current::None | Current::Shared(_) => None,
        }
    }

    /// Makes it the thread's current turn while `poll` runs.
    #[inline]
    pub(crate) fn during<T>(&self, poll: impl FnOnce() -> T) -> T {
        let _deeper = Deeper::begin();
        CURRENT.set(self, poll)
    }

    /// Notes which of several equal actors runs the turn.
    pub(crate) fn run_by(&self, member: u32) {
        if let Current::Brief(brief) = &mut *self.0.borrow_mut() {
            brief.member = member;
        }
    }

    /// Looks at the key of the callee.
    pub(crate) fn with_key<T>(&self, look: impl FnOnce(&Key) -> T) -> Option<T> {
        match &*self.0.borrow() {
            Current::Brief(brief) => brief.key.as_ref().map(look),
            Current::Shared(shared) => shared.scope().key.as_ref().map(look),
            Current::None => None,
        }
    }

    /// The call as it was, when no turn began.
    pub(crate) fn into_brief(self) -> Option<Brief> {
        match self.0.into_inner() {
            Current::Brief(brief) => Some(brief),
            Current::None | Current::Shared(_) => None,
        }
    }

    /// The cell in which the reply is left, if there had to be one.
    pub(crate) fn cell<M: Message>(&self) -> Option<Arc<CallCell<M>>> {
        match &*self.0.borrow() {
            Current::Shared(shared) => Arc::clone(shared).into_any().downcast().ok(),
            Current::None | Current::Brief(_) => None,
        }
    }

    /// The call of a turn that goes on elsewhere.
    pub(crate) fn handed_on<M: Message>(&self) -> Option<Arc<CallCell<M>>> {
        let cell = match self.0.replace(Current::None) {
            Current::None => return None,
            Current::Shared(shared) => match Arc::clone(&shared).into_any().downcast() {
                Ok(cell) => cell,
                Err(_) => Arc::new(CallCell::running(shared.scope().handed_on())),
            },
            Current::Brief(brief) => Arc::new(CallCell::running(brief.into_scope())),
        };
        cell.scope().set_inline(false);
        Some(cell)
    }
}

/// Counts how deep turns run inside each other.
struct Deeper;

impl Deeper {
    #[inline]
    fn begin() -> Self {
        let depth = DEPTH.get();
        if depth == 0 {
            OVERDRAFT.set(0);
        }
        DEPTH.set(depth + 1);
        Self
    }
}

impl Drop for Deeper {
    #[inline]
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::poll_fn;

    use super::*;

    /// Calls that may be made in one poll, one after the other.
    fn num_calls(cx: &mut Context<'_>) -> u32 {
        let made = (0..).take_while(|_| charge(cx).is_ready());
        made.last().map_or(0, |last: u32| last + 1)
    }

    #[tokio::test]
    async fn a_turn_may_overdraw_its_callers_budget_and_its_caller_may_not() {
        poll_fn(|cx| {
            assert!(num_calls(cx) > 0);
            assert_eq!(num_calls(cx), 0);
            assert_eq!(outside(|| num_calls(cx)), MAX_OVERDRAFT);
            let nested = outside(|| outside(|| num_calls(cx)) + num_calls(cx));
            assert_eq!(nested, MAX_OVERDRAFT, "turns inside a call share it");
            assert_eq!(num_calls(cx), 0);
            Poll::Ready(())
        })
        .await;
    }
}
