//! What runs of one actor: its stage, and the slot in which the future of its turn, start or stop lives.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::turn::{Job, Slot, Tenant, TurnEnd};
use crate::actor::{Capability, abort};
use crate::call::current::{Polled, within};
use crate::call::scope::Scoped;
use crate::call::{CallError, Tick};
use crate::contract::Contract;

/// What who runs an actor holds. What each turn touches comes first.
#[repr(C)]
pub(super) struct Core<A: Capability> {
    pub(super) stage: Stage<A>,
    pub(super) slot: Option<Slot<A>>,
    /// The job whose turn runs.
    pub(super) job: Option<Arc<dyn Job<A>>>,
}

/// Small: there may be a million of them.
pub(super) enum Stage<A: Capability> {
    /// Not made yet; after a failure, what earlier turns wrote must have reached the store before it is.
    Cold { after_failure: bool },
    /// Ready for a turn.
    Idle(Box<Tenant<A>>),
    /// A future that makes the actor is in the slot.
    Starting,
    /// A future is in the slot: a turn, or the actor's stop.
    Busy,
    /// Waits before it is tried again.
    Failed(Box<Failure>),
    /// There is no actor of this key: what comes is refused.
    Refused(Box<NoSuchKey>),
    /// Stopped for good.
    Stopped,
}

/// Why an actor cannot work.
pub(super) struct Failure {
    /// When it is tried again.
    pub(super) again: Tick,
    pub(super) reason: String,
    pub(super) is_down: bool,
}

/// Why there is no actor of a key.
pub(super) struct NoSuchKey {
    pub(super) reason: String,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Begun {
    /// A turn's future is in the slot.
    Turn,
    /// There was nothing to do any more.
    Nothing,
    /// The actor was not idle.
    NotIdle,
}

impl<A: Capability> Core<A> {
    pub(super) fn new() -> Self {
        Self {
            stage: Stage::Cold {
                after_failure: false,
            },
            slot: None,
            job: None,
        }
    }

    /// Begins a turn with the idle actor.
    pub(super) fn begin(
        &mut self,
        begin: impl FnOnce(Box<Tenant<A>>, &mut Slot<A>) -> Result<(), Box<Tenant<A>>>,
    ) -> Begun {
        let tenant = match std::mem::replace(&mut self.stage, Stage::Busy) {
            Stage::Idle(tenant) => tenant,
            other => {
                self.stage = other;
                return Begun::NotIdle;
            }
        };
        let slot = self
            .slot
            .get_or_insert_with(|| Slot::new(std::future::pending()));
        match begin(tenant, slot) {
            Ok(()) => Begun::Turn,
            Err(tenant) => {
                self.stage = Stage::Idle(tenant);
                Begun::Nothing
            }
        }
    }

    /// Puts what makes the actor into the slot.
    pub(super) fn start(&mut self, future: impl Future<Output = TurnEnd<A>> + Send + 'static) {
        self.set(future);
        self.stage = Stage::Starting;
    }

    pub(super) fn set(&mut self, future: impl Future<Output = TurnEnd<A>> + Send + 'static) {
        self.stage = Stage::Busy;
        match &mut self.slot {
            Some(slot) => slot.set(future),
            None => self.slot = Some(Slot::new(future)),
        }
    }

    pub(super) fn poll_maybe(
        &mut self,
        scoped: Option<Arc<dyn Scoped>>,
        cx: &mut Context<'_>,
    ) -> Poll<TurnEnd<A>> {
        match scoped {
            Some(scoped) => self.poll(scoped, cx),
            None => self.poll_slot(cx),
        }
    }

    pub(super) fn poll(
        &mut self,
        scoped: Arc<dyn Scoped>,
        cx: &mut Context<'_>,
    ) -> Poll<TurnEnd<A>> {
        within(scoped, || self.poll_slot(cx))
    }

    /// Polls a turn of whose call there is only a brief.
    pub(super) fn poll_brief(&mut self, polled: &Polled, cx: &mut Context<'_>) -> Poll<TurnEnd<A>> {
        polled.during(|| self.poll_slot(cx))
    }

    fn poll_slot(&mut self, cx: &mut Context<'_>) -> Poll<TurnEnd<A>> {
        let Some(slot) = &mut self.slot else {
            return Poll::Ready(TurnEnd::Lost(Box::new(CallError::Panicked {
                capability: String::new(),
                reason: "there was nothing to poll".to_owned(),
            })));
        };
        // Handlers' panics are caught inside the turn; this catches what its own drops may throw.
        std::panic::catch_unwind(AssertUnwindSafe(|| slot.poll(cx))).unwrap_or_else(|unwound| {
            self.slot = None;
            let capability = <A::Contract as Contract>::NAME;
            Poll::Ready(TurnEnd::Lost(Box::new(abort::reason(unwound, capability))))
        })
    }
}
