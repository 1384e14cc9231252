//! One turn from message to commit: the futures that an actor's slot holds.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio_util::sync::ReusableBoxFuture;

use super::at_once;
use super::commit;
use super::desk;
use super::inbox;
use super::spec::Spec;
use crate::actor::abort;
use crate::actor::draft::{Draft, Sealing};
use crate::actor::meter::{Named, Watch};
use crate::actor::services::Services;
use crate::actor::{Capability, Cx, Handle};
use crate::call::cell::{CallCell, CallResult};
use crate::call::current;
use crate::call::scope::Scoped;
use crate::call::{CallError, Key, SpanKind, Tick, TurnOutcome};
use crate::contract::{Accepts, Contract, Message, Outcome};

/// An actor and its context: what a turn takes and gives back.
pub(super) struct Tenant<A: Capability> {
    pub(super) actor: A,
    pub(super) cx: Cx<A>,
}

/// How a turn ended, as far as the actor is concerned.
pub(super) enum TurnEnd<A: Capability> {
    /// The actor is ready for the next.
    Back(Box<Tenant<A>>),
    /// It unwound: the state is gone, and a new one has to be made.
    Lost(Box<CallError>),
    /// It could not start.
    NotStarted(String),
    /// There is no actor of its key.
    NoSuchKey(String),
    /// It has stopped.
    Stopped,
}

/// Where the future of the running turn lives: one allocation, used again by the next turn if it fits.
pub(super) type Slot<A> = ReusableBoxFuture<'static, TurnEnd<A>>;

/// Something that an actor has to do, in the order of its mailbox.
pub(super) trait Job<A: Capability>: Send + Sync {
    /// Puts the turn's future into `slot`; gives the actor back if there is nothing to do any more.
    fn begin(
        self: Arc<Self>,
        tenant: Box<Tenant<A>>,
        slot: &mut Slot<A>,
    ) -> Result<(), Box<Tenant<A>>>;

    /// The turn's circumstances.
    fn scoped(self: Arc<Self>) -> Arc<dyn Scoped>;

    /// It will not be done.
    fn refuse(&self, error: CallError);
}

impl<A: Handle<M>, M: Message> Job<A> for CallCell<M> {
    fn begin(
        self: Arc<Self>,
        tenant: Box<Tenant<A>>,
        slot: &mut Slot<A>,
    ) -> Result<(), Box<Tenant<A>>> {
        let clock = &tenant.cx.draft().services().clock;
        let Some(message) = CallCell::begin(&self, || clock.now()) else {
            return Err(tenant);
        };
        slot.set(call_turn(tenant, message, self));
        Ok(())
    }

    fn scoped(self: Arc<Self>) -> Arc<dyn Scoped> {
        self
    }

    fn refuse(&self, error: CallError) {
        self.complete(Err(Box::new(error)));
    }
}

/// Begins the turn of a call that was offered just now, so that its deadline need not be looked at.
pub(super) fn begin_now<A: Handle<M>, M: Message>(
    cell: &Arc<CallCell<M>>,
    tenant: Box<Tenant<A>>,
    slot: &mut Slot<A>,
) -> Result<(), Box<Tenant<A>>> {
    let Some(message) = CallCell::begin(cell, || Tick::from_nanos(0)) else {
        return Err(tenant);
    };
    slot.set(call_turn(tenant, message, Arc::clone(cell)));
    Ok(())
}

async fn call_turn<A: Handle<M>, M: Message>(
    mut tenant: Box<Tenant<A>>,
    message: M,
    cell: Arc<CallCell<M>>,
) -> TurnEnd<A> {
    let draft = tenant.cx.draft();
    let services = draft.services();
    let meter = &services.meters.messages[slot::<A, M>()];
    let watch = services.meters.begin(meter, cell.scope(), &services.clock);
    if services.remembers {
        if let Some(refused) = commit::refuse_when_failed(draft) {
            cell.complete(refused);
            return TurnEnd::Back(tenant);
        }
        if let Some(first) = inbox::recall::<M>(draft, cell.scope()) {
            if let Some(room) = answer::<A, M>(draft, cell, first, watch) {
                room.await;
            }
            return TurnEnd::Back(tenant);
        }
    }
    let handled = if <A as Handle<M>>::NEVER_WAITS {
        at_once::handle(&mut tenant, message)
    } else {
        let Tenant { actor, cx, .. } = &mut *tenant;
        AssertUnwindSafe(async {
            let outcome = actor.handle(message, cx).await;
            log_handled(M::NAME, outcome.is_err());
            outcome
        })
        .catch_unwind()
        .await
    };
    match handled {
        Ok(outcome) => {
            let result = settle::<M>(tenant.cx.draft(), &cell, outcome);
            if let Some(room) = answer::<A, M>(tenant.cx.draft(), cell, result, watch) {
                room.await;
            }
            TurnEnd::Back(tenant)
        }
        Err(unwound) => {
            tenant.cx.draft().drop_turn();
            let error = abort::reason(unwound, <A::Contract as Contract>::NAME);
            let outcome = broken(&error);
            end_watch::<A, M>(tenant.cx.draft().services(), &cell, watch, outcome);
            lose(tenant, &error);
            let error = Box::new(error);
            cell.complete(Err(error.clone()));
            TurnEnd::Lost(error)
        }
    }
}

/// The turn of a call that began on its caller's thread without a cell, and of a capability that remembers nothing. One is made
/// when the result cannot be given at once.
pub(super) async fn direct_turn<A: Handle<M>, M: Message>(
    mut tenant: Box<Tenant<A>>,
    message: M,
) -> TurnEnd<A> {
    let services = tenant.cx.draft().services();
    let meter = &services.meters.messages[slot::<A, M>()];
    let watch = services.meters.begin_now(meter, &services.clock);
    let Tenant { actor, cx, .. } = &mut *tenant;
    let handled = AssertUnwindSafe(async { actor.handle(message, cx).await })
        .catch_unwind()
        .await;
    match handled {
        Ok(outcome) => {
            log_handled(M::NAME, outcome.is_err());
            let (sealing, result) = at_once::settle::<M>(tenant.cx.draft(), outcome);
            if let Some(room) = conclude::<A, M>(&tenant, sealing, result, watch) {
                room.await;
            }
            TurnEnd::Back(tenant)
        }
        Err(unwound) => {
            tenant.cx.draft().drop_turn();
            let error = abort::reason(unwound, <A::Contract as Contract>::NAME);
            let outcome = broken(&error);
            let services = tenant.cx.draft().services();
            end_unseen::<A, M>(services, watch, current::is_inline(), outcome);
            lose(tenant, &error);
            TurnEnd::Lost(Box::new(error))
        }
    }
}

/// Commits the turn. Leaves the result on the desk if nothing has to be waited for and the caller is still there, else in a cell.
fn conclude<A: Handle<M>, M: Message>(
    tenant: &Tenant<A>,
    sealing: Sealing,
    result: CallResult<M>,
    watch: Watch,
) -> commit::WaitsForRoom {
    let is_inline = current::is_inline();
    let draft = tenant.cx.draft();
    if is_inline && matches!(sealing, Sealing::Nothing) {
        end_unseen::<A, M>(draft.services(), watch, true, outcome_of(&result));
        desk::put::<M>(result);
        return None;
    }
    let cell = current::cell::<M>()?;
    commit::send(draft, sealing, move |services, committed| {
        let result = committed.and(result);
        end_unseen::<A, M>(services, watch, is_inline, outcome_of(&result));
        cell.complete(result);
    })
}

/// How a turn ended that was broken off with an error.
pub(super) fn broken(error: &CallError) -> TurnOutcome {
    match error {
        CallError::Panicked { .. } => TurnOutcome::Panicked,
        _ => TurnOutcome::Failed,
    }
}

pub(super) fn outcome_of<T, E, F>(result: &Result<Result<T, E>, F>) -> TurnOutcome {
    match result {
        Ok(Ok(_)) => TurnOutcome::Ok,
        Ok(Err(_)) => TurnOutcome::Refused,
        Err(_) => TurnOutcome::Failed,
    }
}

/// Ends the watch of a turn whose trace is not recorded.
#[inline(always)]
pub(super) fn end_unseen<A: Handle<M>, M: Message>(
    services: &Services,
    watch: Watch,
    is_inline: bool,
    outcome: TurnOutcome,
) {
    let meter = &services.meters.messages[slot::<A, M>()];
    watch.stop(&services.meters, meter, &services.clock, is_inline, outcome);
}

/// Says in the log that a handler has come to its end, if anybody listens.
#[inline]
pub(super) fn log_handled(message: &str, is_refused: bool) {
    if tracing::level_enabled!(tracing::Level::DEBUG) {
        say_handled(message, is_refused);
    }
}

/// Whose it was and for whom is known of the turn that is polled.
#[cold]
fn say_handled(message: &str, is_refused: bool) {
    if is_refused {
        tracing::debug!("{message} was refused");
    } else {
        tracing::trace!("{message} was handled");
    }
}

/// Decides what the turn leaves behind: its writes and a remembered reply, or nothing.
fn settle<M: Message>(draft: &Draft, cell: &CallCell<M>, outcome: Outcome<M>) -> CallResult<M> {
    if outcome.is_err() {
        draft.drop_turn();
    }
    let kept = commit::within_size(draft, &outcome)
        .and_then(|()| Ok(inbox::remember::<M>(draft, cell.scope(), &outcome)?));
    match kept {
        Ok(()) => Ok(outcome),
        Err(error) => {
            draft.drop_turn();
            Err(error)
        }
    }
}

/// Commits the turn and then, not before, answers.
fn answer<A: Handle<M>, M: Message>(
    draft: &Draft,
    cell: Arc<CallCell<M>>,
    result: CallResult<M>,
    watch: Watch,
) -> commit::WaitsForRoom {
    commit::then(draft, move |services, committed| {
        let result = committed.and(result);
        end_watch::<A, M>(services, &cell, watch, outcome_of(&result));
        cell.complete(result);
    })
}

/// The position of the message's meter.
pub(super) const fn slot<A: Handle<M>, M: Message>() -> usize {
    <A::Contract as Accepts<M>>::SLOT
}

fn end_watch<A: Handle<M>, M: Message>(
    services: &Services,
    cell: &CallCell<M>,
    watch: Watch,
    outcome: TurnOutcome,
) {
    let (meters, clock, scope) = (&services.meters, &services.clock, cell.scope());
    let meter = &meters.messages[slot::<A, M>()];
    if let Some(timed) = watch.end(meters, meter, scope, clock, outcome) {
        let named = Named {
            kind: SpanKind::Call,
            message: M::NAME,
        };
        timed.record(services.directory.tracer(), clock, scope, &named);
    }
}

/// Drops the state of an actor whose turn unwound, which may panic once more.
pub(super) fn lose<A: Capability>(tenant: Box<Tenant<A>>, error: &CallError) {
    tracing::error!(capability = <A::Contract as Contract>::NAME, %error, "a turn was broken off");
    let _ = std::panic::catch_unwind(AssertUnwindSafe(move || drop(tenant)));
}

/// Makes the actor.
///
/// After a failure, what the actor's earlier turns wrote may still be on its way to the store: that is waited for.
pub(super) async fn start_turn<A: Capability>(
    spec: Arc<Spec<A>>,
    key: Option<Key>,
    after_failure: bool,
) -> TurnEnd<A> {
    let Some(services) = spec.services() else {
        return TurnEnd::NotStarted("its runtime has ended".to_owned());
    };
    if after_failure {
        commit::barrier_passed(&services).await;
    }
    let is_keyed = key.is_some();
    let mut cx = Cx::new(Draft::new(services, key));
    let settings = match spec.settings() {
        Ok(settings) => settings,
        Err(reason) => return TurnEnd::NotStarted(reason),
    };
    let started = AssertUnwindSafe(async { A::start(settings, &mut cx).await })
        .catch_unwind()
        .await;
    match started {
        Ok(Ok(actor)) => {
            spec.set_periodics(&cx);
            match commit::landed(cx.draft()).await {
                Ok(()) => TurnEnd::Back(Box::new(Tenant { actor, cx })),
                Err(error) => TurnEnd::NotStarted(error.to_string()),
            }
        }
        Ok(Err(error)) if error.is_of_key() && is_keyed => TurnEnd::NoSuchKey(error.to_string()),
        Ok(Err(error)) => TurnEnd::NotStarted(error.to_string()),
        Err(unwound) => {
            TurnEnd::NotStarted(abort::reason(unwound, <A::Contract as Contract>::NAME).to_string())
        }
    }
}

/// Lets the actor say goodbye.
pub(super) async fn stop_turn<A: Capability>(mut tenant: Box<Tenant<A>>) -> TurnEnd<A> {
    let Tenant { actor, cx, .. } = &mut *tenant;
    let stopped = AssertUnwindSafe(async { actor.stop(cx).await })
        .catch_unwind()
        .await;
    if let Err(unwound) = stopped {
        tenant.cx.draft().drop_turn();
        let error = abort::reason(unwound, tenant.cx.draft().services().capability);
        lose(tenant, &error);
        return TurnEnd::Stopped;
    }
    if let Err(error) = commit::landed(tenant.cx.draft()).await {
        tracing::error!(capability = <A::Contract as Contract>::NAME, %error, "what an actor wrote when it stopped is lost");
    }
    TurnEnd::Stopped
}
