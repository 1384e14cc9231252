//! One actor: its state, its mailbox, and the two ways its turns run – on the caller's thread, or at home.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::task::{Context, Poll, Wake, Waker};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use super::mailbox::{Mailbox, Pushed};
use super::ready::{Home, Runnable};
use super::restarts::{Restarts, Verdict};
use super::spec::Spec;
use super::turn::{Job, Slot, Tenant, TurnEnd, begin_now, start_turn, stop_turn};
use crate::actor::{Capability, Execution, Handle};
use crate::call::cell::CallCell;
use crate::call::route::{Offer, Room, Seat, Seats};
use crate::call::scope::{self, Scoped};
use crate::call::{CallError, Key, Tick};
use crate::contract::Message;

/// Turns in a row before an actor goes to the end of its home's queue.
const TURNS_BEFORE_REQUEUE: u32 = 64;

/// One actor.
pub(crate) struct Instance<A: Capability> {
    pub(super) spec: Arc<Spec<A>>,
    pub(super) key: Option<Key>,
    home: Arc<Home>,
    mailbox: Mailbox<A>,
    /// Held by whoever runs the actor: never waited for.
    core: Mutex<Core<A>>,
    /// Whether it is in its home's queue.
    scheduled: AtomicBool,
    /// Somebody found the core held and relies on the holder to look again.
    missed: AtomicBool,
    /// The future in the slot wants to be polled.
    woken: AtomicBool,
    /// Asked to stop when the mailbox is empty.
    stopping: AtomicBool,
    /// Told when it has started, failed or stopped.
    changed: Notify,
    last_used: AtomicU64,
    pub(super) counters: Counters,
}

/// What one actor has done.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Turns that ended.
    pub(super) turns: AtomicU64,
    /// Those of them that began and ended on the caller's thread.
    pub(super) inline: AtomicU64,
    /// How often it was made anew after a failure.
    pub(super) restarts: AtomicU64,
}

struct Core<A: Capability> {
    stage: Stage<A>,
    slot: Option<Slot<A>>,
    /// The job whose turn runs.
    job: Option<Arc<dyn Job<A>>>,
    restarts: Restarts,
    /// Whether the future in the slot makes the actor.
    is_starting: bool,
}

enum Stage<A: Capability> {
    /// Not made yet; after a failure, what earlier turns wrote must have reached the store before it is.
    Cold { after_failure: bool },
    /// Ready for a turn.
    Idle(Box<Tenant<A>>),
    /// A future is in the slot: a turn, or the actor's start or stop.
    Busy,
    /// Waits before it is tried again; the moment says when.
    Failed {
        again: Tick,
        reason: String,
        is_down: bool,
    },
    /// Stopped for good.
    Stopped,
}

impl<A: Capability> Instance<A> {
    pub(super) fn new(spec: Arc<Spec<A>>, key: Option<Key>, home: Arc<Home>) -> Arc<Self> {
        let mailbox = Mailbox::new(spec.policy.mailbox);
        let core = Core {
            stage: Stage::Cold {
                after_failure: false,
            },
            slot: None,
            job: None,
            restarts: Restarts::default(),
            is_starting: false,
        };
        let last_used = AtomicU64::new(spec.services.clock.now().as_nanos());
        Arc::new(Self {
            spec,
            key,
            home,
            mailbox,
            core: Mutex::new(core),
            scheduled: AtomicBool::new(false),
            missed: AtomicBool::new(false),
            woken: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
            changed: Notify::new(),
            last_used,
            counters: Counters::default(),
        })
    }

    /// `contract` or `contract/key`.
    pub(super) fn name(&self) -> String {
        match &self.key {
            Some(key) => format!("{}/{key}", self.spec.services.capability),
            None => self.spec.services.capability.to_owned(),
        }
    }

    /// Takes a call: runs its turn at once on this thread if `poll` is given and nothing stands in the way, else queues it.
    /// `None` when this actor is gone and its successor must be asked.
    pub(super) fn offer<M: Message>(
        self: &Arc<Self>,
        cell: &Arc<CallCell<M>>,
        poll: Option<&mut Context<'_>>,
        seat: Option<Seat>,
        siblings: usize,
    ) -> Option<Offer>
    where
        A: Handle<M>,
    {
        if let Some(cx) = poll
            && self.run_inline(cell, cx)
        {
            return Some(Offer::Taken);
        }
        if let Err(error) = cell.scope().refuse_cycle(siblings) {
            return Some(Offer::Refused(error));
        }
        let has_place = seat.is_some_and(|seat| seat.redeem(self));
        match self.queue(Arc::<CallCell<M>>::clone(cell), has_place) {
            Pushed::Queued => Some(Offer::Taken),
            Pushed::Full(_) => Some(Offer::Full(self.room())),
            Pushed::Closed(_) => None,
        }
    }

    /// Queues a job and sees to it that it is done.
    pub(super) fn queue(self: &Arc<Self>, job: Arc<dyn Job<A>>, has_place: bool) -> Pushed<A> {
        let pushed = self.mailbox.push(job, has_place);
        if matches!(pushed, Pushed::Queued) {
            self.schedule();
        }
        pushed
    }

    /// Ends when a place in the mailbox is kept.
    pub(super) fn room(self: &Arc<Self>) -> Room {
        let instance = Arc::clone(self);
        Box::pin(async move {
            match instance.mailbox.reserve().await {
                Ok(()) => Ok(Seat::new(instance)),
                Err(_) => Err(CallError::Stopping {
                    capability: instance.name(),
                }),
            }
        })
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
        if A::EXECUTION == Execution::Blocking || !self.mailbox.is_empty() || !scope::may_nest() {
            return false;
        }
        let Some(mut core) = self.core.try_lock() else {
            return false;
        };
        // Asked again under the lock: what this caller queued before must be done before.
        if !self.mailbox.is_empty() {
            return false;
        }
        let begun = core.begin(|tenant, slot| begin_now(cell, tenant, slot));
        if begun != Begun::Turn {
            return false;
        }
        let ended = {
            // What the turn waits for belongs to its home, where it goes on, and not to the caller's runtime.
            let _home = self.home.handle().enter();
            core.poll(cell.scoped(), cx)
        };
        match ended {
            Poll::Ready(end) => {
                if matches!(end, TurnEnd::Lost) {
                    // Without effect when the turn itself has answered, as it does unless its own drops panic.
                    cell.complete(Err(CallError::Panicked {
                        capability: self.name(),
                        reason: "its turn".to_owned(),
                    }));
                }
                self.counters.inline.store(
                    self.counters.inline.load(Ordering::Relaxed) + 1,
                    Ordering::Relaxed,
                );
                self.end_turn(&mut core, end);
            }
            Poll::Pending => {
                core.job = Some(Arc::<CallCell<M>>::clone(cell));
                // It was polled for the caller; from now on it must wake its home.
                self.woken.store(true, Ordering::Relaxed);
                self.missed.store(true, Ordering::Relaxed);
            }
        }
        self.release(core);
        true
    }

    /// Lets go of the core, and looks whether somebody relied on it meanwhile.
    fn release(self: &Arc<Self>, core: MutexGuard<'_, Core<A>>) {
        drop(core);
        // Pairs with the fence in `run`: either they see the core free, or we see what they missed.
        fence(Ordering::SeqCst);
        if self.missed.swap(false, Ordering::Relaxed) {
            self.schedule();
        }
    }

    pub(super) fn schedule(self: &Arc<Self>) {
        if !self.scheduled.swap(true, Ordering::SeqCst) {
            self.home.schedule(Arc::<Self>::clone(self));
        }
    }

    /// Does what there is to do, up to a bound; says whether there is more.
    fn work(self: &Arc<Self>, core: &mut Core<A>, cx: &mut Context<'_>) -> bool {
        for _ in 0..TURNS_BEFORE_REQUEUE {
            if matches!(core.stage, Stage::Busy) {
                if !self.woken.swap(false, Ordering::SeqCst) {
                    return false;
                }
                let scoped = core.job.as_ref().map(|job| Arc::clone(job).scoped());
                match core.poll_maybe(scoped, cx) {
                    Poll::Ready(end) => self.end_turn(core, end),
                    Poll::Pending => return false,
                }
                continue;
            }
            if !self.begin_next(core) {
                return false;
            }
            self.woken.store(true, Ordering::SeqCst);
        }
        true
    }

    /// Puts the next thing to do into the slot; false when there is none.
    fn begin_next(self: &Arc<Self>, core: &mut Core<A>) -> bool {
        match &core.stage {
            Stage::Busy => true,
            Stage::Stopped => false,
            Stage::Failed {
                again,
                reason,
                is_down,
            } => {
                if *is_down || self.is_stopping() {
                    self.refuse_all(&CallError::Down {
                        capability: self.name(),
                        reason: reason.clone(),
                    });
                }
                let is_time = self.is_stopping() || self.spec.services.clock.now() >= *again;
                if is_time {
                    core.stage = Stage::Cold {
                        after_failure: true,
                    };
                }
                is_time
            }
            Stage::Cold { after_failure } => {
                if self.is_stopping() && self.mailbox.close_if_empty() {
                    core.stage = Stage::Stopped;
                    self.changed.notify_waiters();
                    return false;
                }
                let start = start_turn(Arc::clone(&self.spec), self.key.clone(), *after_failure);
                core.set(start);
                core.is_starting = true;
                true
            }
            Stage::Idle(_) => self.begin_turn(core),
        }
    }

    fn begin_turn(self: &Arc<Self>, core: &mut Core<A>) -> bool {
        let Some(job) = self.mailbox.pop() else {
            if self.is_stopping() {
                if let Stage::Idle(tenant) = std::mem::replace(&mut core.stage, Stage::Busy) {
                    core.set(stop_turn(tenant));
                }
                return true;
            }
            return false;
        };
        let started = Arc::clone(&job);
        if core.begin(|tenant, slot| started.begin(tenant, slot)) == Begun::Turn {
            core.job = Some(job);
        }
        true
    }

    /// What follows the end of a turn, a start or a stop.
    fn end_turn(self: &Arc<Self>, core: &mut Core<A>, end: TurnEnd<A>) {
        core.job = None;
        match end {
            TurnEnd::Back(tenant) => {
                core.stage = Stage::Idle(tenant);
                if std::mem::take(&mut core.is_starting) {
                    self.changed.notify_waiters();
                } else {
                    core.restarts.succeeded();
                    self.counters.turns.store(
                        self.counters.turns.load(Ordering::Relaxed) + 1,
                        Ordering::Relaxed,
                    );
                }
                if self.spec.services.remembers || self.key.is_some() {
                    self.touch();
                }
            }
            TurnEnd::Lost => self.fail(core, "it panicked"),
            TurnEnd::NotStarted(reason) => {
                tracing::error!(capability = %self.name(), %reason, "an actor could not start");
                self.fail(core, &format!("it could not start: {reason}"));
            }
            TurnEnd::Stopped => {
                core.stage = Stage::Cold {
                    after_failure: false,
                };
                core.slot = None;
            }
        }
        if self.key.is_some() {
            // A million idle keyed actors must not each keep the room of their last turn.
            core.slot = None;
        }
    }

    fn fail(self: &Arc<Self>, core: &mut Core<A>, reason: &str) {
        let services = &self.spec.services;
        let now = services.clock.now();
        self.counters.restarts.fetch_add(1, Ordering::Relaxed);
        let (wait, is_down) =
            match core
                .restarts
                .failed(now, &self.spec.policy.restart, services.random.fraction())
            {
                Verdict::Again(wait) => (wait, false),
                Verdict::Down(wait) => {
                    tracing::error!(capability = %self.name(), %reason, "an actor is down");
                    (wait, true)
                }
            };
        let again = now.after(wait);
        core.stage = Stage::Failed {
            again,
            reason: reason.to_owned(),
            is_down,
        };
        self.changed.notify_waiters();
        let instance = Arc::clone(self);
        let clock = services.clock.clone();
        services.tasks.spawn(async move {
            clock.sleep_until(again).await;
            instance.schedule();
        });
    }

    fn refuse_all(&self, error: &CallError) {
        while let Some(job) = self.mailbox.pop() {
            job.refuse(error.clone());
        }
    }

    fn touch(&self) {
        self.last_used
            .store(self.spec.services.clock.now().as_nanos(), Ordering::Relaxed);
    }

    /// Since when it has had nothing to do.
    pub(super) fn last_used(&self) -> Tick {
        Tick::from_nanos(self.last_used.load(Ordering::Relaxed))
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Asks it to stop once its mailbox is empty.
    pub(super) fn stop(self: &Arc<Self>) {
        self.stopping.store(true, Ordering::SeqCst);
        self.schedule();
    }

    /// Waits until it has stopped.
    pub(super) async fn wait_stopped(&self) {
        loop {
            let notified = self.changed.notified();
            if self
                .core
                .try_lock()
                .is_some_and(|core| matches!(core.stage, Stage::Stopped))
            {
                return;
            }
            notified.await;
        }
    }

    /// Whether it has stopped for good.
    pub(super) fn is_stopped(&self) -> bool {
        self.core
            .try_lock()
            .is_some_and(|core| matches!(core.stage, Stage::Stopped))
    }

    /// Whether it has nothing to do, as far as can be seen without waiting.
    pub(super) fn is_idle(&self) -> bool {
        self.mailbox.is_empty()
            && self
                .core
                .try_lock()
                .is_some_and(|core| matches!(core.stage, Stage::Idle(_)))
    }

    /// Whether no turn runs and nothing waits that it could do now.
    pub(super) fn is_quiet(&self) -> bool {
        let Some(core) = self.core.try_lock() else {
            return false;
        };
        match &core.stage {
            Stage::Busy => false,
            Stage::Idle(tenant) => self.mailbox.is_empty() && !tenant.cx.draft().has_flying(),
            Stage::Cold { .. } | Stage::Stopped => self.mailbox.is_empty(),
            Stage::Failed { is_down, .. } => *is_down || self.mailbox.is_empty(),
        }
    }

    /// Waits until it is ready for its first turn, or has failed to start.
    pub(super) async fn wait_started(&self) -> Result<(), String> {
        loop {
            let changed = self.changed.notified();
            if let Some(core) = self.core.try_lock() {
                match &core.stage {
                    Stage::Idle(_) | Stage::Stopped => return Ok(()),
                    Stage::Failed { reason, .. } => return Err(reason.clone()),
                    Stage::Cold { .. } | Stage::Busy => {}
                }
            }
            changed.await;
        }
    }

    /// Jobs that wait.
    pub(super) fn queued(&self) -> usize {
        self.mailbox.len()
    }

    /// Why it cannot work now, if so.
    pub(super) fn down_reason(&self) -> Option<String> {
        match &self.core.try_lock()?.stage {
            Stage::Failed { reason, .. } => Some(reason.clone()),
            _ => None,
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Begun {
    /// A turn's future is in the slot.
    Turn,
    /// There was nothing to do any more.
    Nothing,
    /// The actor was not idle.
    NotIdle,
}

impl<A: Capability> Core<A> {
    /// Begins a turn with the idle actor.
    fn begin(
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

    fn set(&mut self, future: impl Future<Output = TurnEnd<A>> + Send + 'static) {
        self.stage = Stage::Busy;
        match &mut self.slot {
            Some(slot) => slot.set(future),
            None => self.slot = Some(Slot::new(future)),
        }
    }

    fn poll_maybe(
        &mut self,
        scoped: Option<Arc<dyn Scoped>>,
        cx: &mut Context<'_>,
    ) -> Poll<TurnEnd<A>> {
        match scoped {
            Some(scoped) => self.poll(scoped, cx),
            None => self.poll_slot(cx),
        }
    }

    fn poll(&mut self, scoped: Arc<dyn Scoped>, cx: &mut Context<'_>) -> Poll<TurnEnd<A>> {
        scope::within(scoped, || self.poll_slot(cx))
    }

    fn poll_slot(&mut self, cx: &mut Context<'_>) -> Poll<TurnEnd<A>> {
        let Some(slot) = &mut self.slot else {
            return Poll::Ready(TurnEnd::Lost);
        };
        // Handlers' panics are caught inside the turn; this catches what its own drops may throw.
        std::panic::catch_unwind(AssertUnwindSafe(|| slot.poll(cx))).unwrap_or_else(|unwound| {
            if let Some(job) = self.job.take() {
                job.refuse(crate::actor::abort::reason(unwound, "an actor"));
            }
            self.slot = None;
            Poll::Ready(TurnEnd::Lost)
        })
    }
}

impl<A: Capability> Runnable for Instance<A> {
    fn run(self: Arc<Self>) {
        self.scheduled.store(false, Ordering::SeqCst);
        self.missed.store(true, Ordering::Relaxed);
        // Pairs with the fence in `release`.
        fence(Ordering::SeqCst);
        let Some(mut core) = self.core.try_lock() else {
            return;
        };
        self.missed.store(false, Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&self));
        let more = self.work(&mut core, &mut Context::from_waker(&waker));
        if more {
            self.missed.store(true, Ordering::Relaxed);
        }
        self.release(core);
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

impl<A: Capability> Seats for Instance<A> {
    fn give_back(&self) {
        self.mailbox.give_back();
    }
}
