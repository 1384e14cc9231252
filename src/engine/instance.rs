//! One actor: its state, its mailbox, and the two ways its turns run – on the caller's thread, or at home.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use try_lock::TryLock;

use super::counters::{Counters, count};
use super::desk;
use super::held::Held;
use super::mailbox::{Mailbox, Position, Pushed};
use super::ready::{Home, Runnable};
use super::seen::Seen;
use super::spec::Spec;
use super::stage::{Begun, Core, Stage};
use super::turn::{Job, TurnEnd, begin_now, direct_turn};
use crate::actor::services::Services;
use crate::actor::{Capability, Execution, Handle};
use crate::call::cell::CallCell;
use crate::call::current::{Polled, may_nest};
use crate::call::route::{Offer, RequestKind, Run};
use crate::call::scope::Scoped;
use crate::call::{CallError, Key, Tick, actor_name};
use crate::contract::{Accepts, Contract, Message};

/// What one actor takes beside its state, its key and its place in the map of keys; with the counts of an `Arc` just what fits into
/// one of the pieces of memory that common allocators have.
const MOST_BYTES: usize = 152;

/// One actor.
///
/// There may be a million of them: what few need is in boxes that are made when they do. And most of a million lie outside of the
/// caches: what a call touches is side by side, in this order.
#[repr(C)]
pub(crate) struct Instance<A: Capability> {
    pub(super) key: Option<Key>,
    pub(super) spec: Arc<Spec<A>>,
    pub(super) mailbox: Mailbox<A>,
    pub(super) counters: Counters,
    /// When it last had something to do: a moment of its [`Spec`].
    pub(super) last_used: AtomicU32,
    /// Which of several equal actors it is, counted from 1; 0 when there is only one.
    pub(super) member: u16,
    /// Which of its capability's homes is its own.
    home: u16,
    /// Somebody found the core held and relies on the holder to look again.
    pub(super) missed: AtomicBool,
    /// Whether it is in its home's queue.
    scheduled: AtomicBool,
    /// The future in the slot wants to be polled.
    pub(super) woken: AtomicBool,
    /// Does what it has to do as a guest of its callers' runtime, and not at home.
    is_guest: AtomicBool,
    /// A turn waits, and who ends it looks into the mailbox: nobody needs to be told of what comes into it.
    pub(super) attends: AtomicBool,
    /// Asked to stop when the mailbox is empty.
    pub(super) stopping: AtomicBool,
    /// The runtime ends without waiting for it any more.
    pub(super) given_up: AtomicBool,
    /// Held by whoever runs the actor: never waited for.
    pub(super) core: TryLock<Core<A>>,
    pub(super) seen: Seen<A>,
}

impl<A: Capability> Instance<A> {
    pub(super) fn new(spec: Arc<Spec<A>>, key: Option<Key>, member: u16, home: u16) -> Arc<Self> {
        const {
            assert!(
                size_of::<Self>() <= MOST_BYTES,
                "an actor takes more than it may: what few need belongs into a box"
            );
        }
        let last_used = AtomicU32::new(spec.moment(spec.clock.now()));
        Arc::new(Self {
            spec,
            key,
            member,
            home,
            mailbox: Mailbox::new(),
            core: TryLock::new(Core::new()),
            scheduled: AtomicBool::new(false),
            missed: AtomicBool::new(false),
            woken: AtomicBool::new(false),
            is_guest: AtomicBool::new(false),
            attends: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
            seen: Seen::new(),
            last_used,
            counters: Counters::default(),
        })
    }

    /// Where it lives.
    #[inline]
    pub(super) fn home(&self) -> &Arc<Home> {
        &self.spec.homes[usize::from(self.home)]
    }

    /// `contract` or `contract[key]`.
    pub(super) fn name(&self) -> String {
        actor_name(<A::Contract as Contract>::NAME, self.key.as_ref())
    }

    /// Takes a call: runs its turn at once on this thread if `poll` is given and nothing stands in the way, else queues it. The turn
    /// of a message that is told is run at once only if to queue it would keep its sender longer.
    /// `None` when this actor is gone and its successor must be asked.
    pub(super) fn offer<M: Message>(
        self: &Arc<Self>,
        cell: &Arc<CallCell<M>>,
        poll: Option<&mut Context<'_>>,
        services: &Services,
        siblings: usize,
    ) -> Option<Offer>
    where
        A: Handle<M>,
    {
        let meter = &services.meters.messages[<A::Contract as Accepts<M>>::SLOT];
        if let Some(cx) = poll
            && (is_waited_for(cell) || <A as Handle<M>>::NEVER_WAITS && meter.is_short())
            && self.run_inline(cell, cx)
        {
            return Some(Offer::Taken);
        }
        if let Err(error) = cell.scope().refuse_cycle(siblings) {
            return Some(Offer::Refused(error));
        }
        services.meters.queue(meter, cell.scope(), &services.clock);
        match self.queue(Arc::<CallCell<M>>::clone(cell)) {
            Pushed::Queued => Some(Offer::Taken),
            Pushed::InLine(position) => Some(Offer::Full(Box::pin(self.line(position)))),
            Pushed::Closed(_) => None,
        }
    }

    /// Queues a job and sees to it that it is done.
    pub(super) fn queue(self: &Arc<Self>, job: Arc<dyn Job<A>>) -> Pushed<A> {
        let pushed = self.mailbox.push(job, self.spec.policy.mailbox);
        if matches!(pushed, Pushed::Queued) && !self.attends.load(Ordering::SeqCst) {
            self.schedule();
        }
        pushed
    }

    /// Ends when the job that stands in line is queued. Dropped before, the job leaves the line.
    pub(super) fn line(
        self: &Arc<Self>,
        position: Position,
    ) -> impl Future<Output = Result<(), CallError>> + Send + 'static {
        let mut standing = Standing {
            instance: Arc::clone(self),
            position,
        };
        async move {
            let moved_up = (&mut standing.position.moved_up).await;
            moved_up.map_err(|_| CallError::Stopping {
                capability: standing.instance.name(),
            })
        }
    }

    /// Runs the turn on the caller's thread: it is polled once, here, if the actor is idle and nothing is queued. A turn that is not
    /// ready then goes on at home. FIFO holds because anything queued forbids the shortcut.
    fn run_inline<M: Message>(
        self: &Arc<Self>,
        cell: &Arc<CallCell<M>>,
        cx: &mut Context<'_>,
    ) -> bool
    where
        A: Handle<M>,
    {
        let Some(mut core) = self.hold_for_caller() else {
            return false;
        };
        if !self.is_ready_for_caller(&mut core, cx) {
            return false;
        }
        let begun = core.begin(|tenant, slot| begin_now(cell, tenant, slot));
        if begun != Begun::Turn {
            return false;
        }
        if self.member != 0 {
            cell.scope().run_by(self.member.into());
        }
        cell.scope().set_inline(true);
        let ended = {
            // What the turn waits for belongs to its home, where it goes on, and not to the caller's runtime.
            let _home = self.home().enter(false);
            core.poll(cell.scoped(), cx)
        };
        match ended {
            Poll::Ready(end) => {
                if let TurnEnd::Lost(error) = &end {
                    // Without effect when the turn itself has answered, as it does unless its own drops panic.
                    cell.complete(Err(error.clone()));
                }
                self.count_inline();
                self.end_turn(&mut core, end);
            }
            Poll::Pending => {
                cell.scope().set_inline(false);
                core.job = Some(Arc::<CallCell<M>>::clone(cell));
                self.goes_on();
            }
        }
        true
    }

    /// Runs the turn of a call on its caller's thread, if it has nothing else to do.
    #[inline]
    pub(super) fn run<M: Message>(
        self: &Arc<Self>,
        message: &mut Option<M>,
        polled: &Polled,
        kind: RequestKind,
        cx: &mut Context<'_>,
    ) -> Run<M>
    where
        A: Handle<M>,
    {
        if <A as Handle<M>>::NEVER_WAITS {
            self.run_at_once(message, polled, kind, cx)
        } else if kind == RequestKind::Ask {
            self.run_now(message, polled, cx)
        } else {
            // Whoever tells something does not wait for its turn.
            Run::Not
        }
    }

    /// Runs the turn of a call that needs no cell on the caller's thread, under the same conditions as [`run_inline`](Self::run_inline).
    pub(super) fn run_now<M: Message>(
        self: &Arc<Self>,
        message: &mut Option<M>,
        polled: &Polled,
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
        if !matches!(core.stage, Stage::Idle(_)) {
            return Run::Not;
        }
        let Some(message) = message.take() else {
            return Run::Not;
        };
        core.begin(|tenant, slot| {
            slot.set(direct_turn(tenant, message));
            Ok(())
        });
        let ended = {
            // What the turn waits for belongs to its home, where it goes on, and not to the caller's runtime.
            let _home = self.home().enter(false);
            core.poll_brief(polled, cx)
        };
        match ended {
            Poll::Ready(end) => {
                self.count_inline();
                self.end_direct(&mut core, end, polled)
            }
            Poll::Pending => match polled.handed_on::<M>() {
                Some(cell) => {
                    core.job = Some(Arc::<CallCell<M>>::clone(&cell));
                    self.goes_on();
                    Run::GoesOn(cell)
                }
                None => Run::Over(Err(Box::new(self.unanswered()))),
            },
        }
    }

    /// What a turn that is over has left for its caller.
    fn end_direct<M: Message>(
        self: &Arc<Self>,
        core: &mut Core<A>,
        end: TurnEnd<A>,
        polled: &Polled,
    ) -> Run<M>
    where
        A: Handle<M>,
    {
        let left = desk::take::<M>();
        let result = match &end {
            TurnEnd::Back(_) => left,
            TurnEnd::Lost(error) => Some(Err(error.clone())),
            _ => None,
        };
        self.end_turn(core, end);
        if let Some(result) = result {
            return Run::Over(result);
        }
        match polled.cell::<M>() {
            Some(cell) => Run::GoesOn(cell),
            None => Run::Over(Err(Box::new(self.unanswered()))),
        }
    }

    /// What runs was polled for a caller; from now on it must wake its home, or go on beside the caller.
    pub(super) fn goes_on(&self) {
        self.is_guest
            .store(self.home().is_guest_here(), Ordering::Relaxed);
        self.woken.store(true, Ordering::Relaxed);
        self.missed.store(true, Ordering::Relaxed);
    }

    /// Counts a turn that ended on its caller's thread.
    #[inline]
    pub(super) fn count_inline(&self) {
        count(&self.counters.inline, &self.spec.past.inline);
    }

    /// A turn that ends without an answer, which none does.
    pub(super) fn unanswered(&self) -> CallError {
        CallError::Panicked {
            capability: self.name(),
            reason: "the turn ended without a word".to_owned(),
        }
    }

    /// The core, if a turn may begin on the thread of its caller: nothing is queued, and it may go deeper.
    #[inline(always)]
    pub(super) fn hold_for_caller(self: &Arc<Self>) -> Option<Held<'_, A>> {
        if A::EXECUTION == Execution::Blocking || !self.mailbox.is_empty() || !may_nest() {
            return None;
        }
        self.hold()
    }

    /// Whether it is still so under the lock: what this caller queued before must be done before. An actor that nobody has called
    /// before is made on the way.
    #[inline(always)]
    pub(super) fn is_ready_for_caller(
        self: &Arc<Self>,
        core: &mut Core<A>,
        cx: &mut Context<'_>,
    ) -> bool {
        if !self.mailbox.is_empty() {
            return false;
        }
        if let Stage::Cold { .. } = core.stage {
            self.start_now(core, cx);
        }
        true
    }

    pub(super) fn schedule(self: &Arc<Self>) {
        if self.scheduled.swap(true, Ordering::SeqCst) {
            return;
        }
        let actor: Arc<dyn Runnable> = Arc::<Self>::clone(self);
        if !self.is_guest.load(Ordering::Relaxed) {
            self.home().schedule(actor);
        } else if let Err(actor) = self.home().schedule_as_guest(actor) {
            actor.go_home();
        }
    }

    /// Whether it has had nothing to do since the moment `since`, and so may go. One that has gives back what it does not need
    /// while it rests.
    pub(super) fn is_out_of_use(&self, since: u32) -> bool {
        if self.queued() > 0 || self.is_stopped() {
            return false;
        }
        let is_unused = self.is_unused_since(since);
        if !is_unused {
            self.mailbox.shrink();
        }
        is_unused
    }

    /// Lets it go: on this thread as far as that goes without waiting, so that the many that go at once
    /// do not stand before others in the queue of their home.
    pub(super) fn leave(self: &Arc<Self>) {
        if A::EXECUTION == Execution::Blocking {
            return self.stop();
        }
        self.stopping.store(true, Ordering::SeqCst);
        let _home = self.home().enter(false);
        self.run_here();
    }

    /// Does what there is to do, up to a bound, on this thread; whoever else runs it meanwhile does it there.
    pub(super) fn run_here(self: &Arc<Self>) {
        // Before the core is tried, as `LookAgain` lets go of it before it looks: one of the two sees what the other has done.
        self.missed.store(true, Ordering::SeqCst);
        let Some(mut core) = self.hold() else {
            return;
        };
        // Reads what another `run` wrote who found the core held, and so sees what that one was called for.
        self.missed.swap(false, Ordering::AcqRel);
        if self.given_up.load(Ordering::SeqCst) {
            self.clear(&mut core);
            return;
        }
        let waker = Waker::from(Arc::clone(self));
        let more = self.work(&mut core, &mut Context::from_waker(&waker));
        if more {
            self.missed.store(true, Ordering::Relaxed);
        }
    }
}

impl<A: Capability> Runnable for Instance<A> {
    fn run(self: Arc<Self>) {
        self.scheduled.store(false, Ordering::SeqCst);
        self.run_here();
    }

    fn go_home(self: Arc<Self>) {
        self.is_guest.store(false, Ordering::Relaxed);
        self.home().schedule(Arc::<Self>::clone(&self));
    }
}

impl<A: Capability> Wake for Instance<A> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.schedule();
    }
}

/// Whether somebody waits for the reply, and not only for room.
fn is_waited_for<M: Message>(cell: &CallCell<M>) -> bool {
    cell.scope().deadline != Tick::NEVER
}

/// Stands in line before an actor's mailbox.
struct Standing<A: Capability> {
    instance: Arc<Instance<A>>,
    position: Position,
}

impl<A: Capability> Drop for Standing<A> {
    fn drop(&mut self) {
        self.instance.mailbox.leave(&self.position);
    }
}
