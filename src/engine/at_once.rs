//! Turns of handlers that never wait, run like a function on the caller's thread: no future is kept, nothing is allocated.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::future::BoxFuture;

use super::commit;
use super::instance::Instance;
use super::stage::{Core, Stage};
use super::turn::{Tenant, TurnEnd, broken, end_unseen, log_handled, lose, outcome_of, slot};
use crate::actor::draft::{Draft, Sealing};
use crate::actor::meter::Watch;
use crate::actor::{Capability, Handle, abort};
use crate::call::CallError;
use crate::call::cell::CallResult;
use crate::call::current::Polled;
use crate::call::route::{RequestKind, Run};
use crate::contract::{Contract, Message, Outcome};

impl<A: Capability> Instance<A> {
    /// Runs the turn of a call if the actor is idle and nothing is queued. FIFO holds because anything queued forbids the shortcut.
    ///
    /// Of a message that is told nobody waits for the turn: that is run here only if to queue the message would keep its sender
    /// longer.
    #[inline]
    pub(super) fn run_at_once<M: Message>(
        self: &Arc<Self>,
        message: &mut Option<M>,
        polled: &Polled,
        kind: RequestKind,
        cx: &mut Context<'_>,
    ) -> Run<M>
    where
        A: Handle<M>,
    {
        let Some(mut core) = self.hold_for_caller() else {
            return Run::Not;
        };
        if !self.is_ready_for_caller(&mut core, cx) {
            return Run::Not;
        }
        let Stage::Idle(tenant) = &mut core.stage else {
            return Run::Not;
        };
        let services = tenant.cx.draft().services();
        let meter = &services.meters.messages[slot::<A, M>()];
        if kind != RequestKind::Ask && !meter.is_short() {
            return Run::Not;
        }
        let Some(message) = message.take() else {
            return Run::Not;
        };
        let watch = services.meters.begin_now(meter, &services.clock);
        let handled = {
            let _home = self.home().enter(true);
            polled.during(|| handle(tenant, message))
        };
        let result = match handled {
            Ok(outcome) => match settle::<M>(tenant.cx.draft(), outcome) {
                (Sealing::Nothing, result) => result,
                (sealing, result) => {
                    return self.commit(&mut core, sealing, result, polled, watch);
                }
            },
            Err(unwound) => {
                let error = abort::reason(unwound, <A::Contract as Contract>::NAME);
                return self.break_off(&mut core, watch, error);
            }
        };
        let outcome = outcome_of(&result);
        end_unseen::<A, M>(tenant.cx.draft().services(), watch, true, outcome);
        self.count_inline();
        self.succeeded();
        Run::Over(result)
    }

    /// Commits a turn that has left something; the reply is in the cell when that is done.
    #[inline(never)]
    fn commit<M: Message>(
        self: &Arc<Self>,
        core: &mut Core<A>,
        sealing: Sealing,
        result: CallResult<M>,
        polled: &Polled,
        watch: Watch,
    ) -> Run<M>
    where
        A: Handle<M>,
    {
        let (Some(cell), Stage::Idle(tenant)) = (polled.handed_on::<M>(), &core.stage) else {
            return Run::Over(Err(Box::new(self.unanswered())));
        };
        self.count_inline();
        let answered = Arc::clone(&cell);
        let room = commit::send(tenant.cx.draft(), sealing, move |services, committed| {
            let result = committed.and(result);
            end_unseen::<A, M>(services, watch, true, outcome_of(&result));
            answered.complete(result);
        });
        match room {
            None => self.succeeded(),
            Some(room) => self.wait_for_room(core, room),
        }
        Run::GoesOn(cell)
    }

    /// The actor begins no other turn until the committer has room.
    fn wait_for_room(self: &Arc<Self>, core: &mut Core<A>, room: BoxFuture<'static, ()>) {
        if let Stage::Idle(tenant) = std::mem::replace(&mut core.stage, Stage::Busy) {
            core.set(async move {
                room.await;
                TurnEnd::Back(tenant)
            });
            self.goes_on();
        }
    }

    /// The turn did not come to its end: its actor is lost.
    #[cold]
    fn break_off<M: Message>(
        self: &Arc<Self>,
        core: &mut Core<A>,
        watch: Watch,
        error: CallError,
    ) -> Run<M>
    where
        A: Handle<M>,
    {
        if let Stage::Idle(tenant) = std::mem::replace(&mut core.stage, Stage::Busy) {
            let draft = tenant.cx.draft();
            draft.drop_turn();
            let outcome = broken(&error);
            end_unseen::<A, M>(draft.services(), watch, true, outcome);
            lose(tenant, &error);
        }
        self.count_inline();
        let error = Box::new(error);
        self.end_turn(core, TurnEnd::Lost(error.clone()));
        Run::Over(Err(error))
    }
}

/// Calls a handler that never waits.
///
/// # Errors
///
/// What it unwound with. One that waits all the same unwinds here.
#[inline]
pub(super) fn handle<A: Handle<M>, M: Message>(
    tenant: &mut Tenant<A>,
    message: M,
) -> std::thread::Result<Outcome<M>> {
    std::panic::catch_unwind(AssertUnwindSafe(|| {
        let Tenant { actor, cx, .. } = tenant;
        let future = pin!(actor.handle(message, cx));
        let Poll::Ready(outcome) = future.poll(&mut Context::from_waker(Waker::noop())) else {
            waits(M::NAME);
        };
        log_handled(M::NAME, outcome.is_err());
        outcome
    }))
}

#[cold]
fn waits(message: &str) -> ! {
    let reason = format!("the handler of {message} waits, though it says `NEVER_WAITS`");
    std::panic::resume_unwind(Box::new(reason));
}

/// Decides what the turn leaves behind.
#[inline(always)]
pub(super) fn settle<M: Message>(draft: &Draft, outcome: Outcome<M>) -> (Sealing, CallResult<M>) {
    if outcome.is_err() {
        draft.drop_turn();
    }
    let result = match commit::within_size(draft, &outcome) {
        Ok(()) => Ok(outcome),
        Err(error) => {
            draft.drop_turn();
            Err(error)
        }
    };
    match commit::seal(draft) {
        Ok(sealing) => (sealing, result),
        Err(error) => (Sealing::Nothing, Err(error)),
    }
}
