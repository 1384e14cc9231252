//! The life of one actor: it starts, does what waits in its mailbox, fails and comes back, and stops.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use super::counters::count;
use super::instance::Instance;
use super::restarts::Verdict;
use super::seen::Condition;
use super::stage::{Begun, Core, Failure, NoSuchKey, Stage};
use super::turn::{TurnEnd, start_turn, stop_turn};
use crate::actor::{Capability, Execution};
use crate::call::CallError;
use crate::call::current::outside;
use crate::contract::Contract;

/// Turns in a row before an actor goes to the end of its home's queue.
const TURNS_BEFORE_REQUEUE: u32 = 64;

impl<A: Capability> Instance<A> {
    /// Does what there is to do, up to a bound; says whether there is more.
    pub(super) fn work(self: &Arc<Self>, core: &mut Core<A>, cx: &mut Context<'_>) -> bool {
        for _ in 0..TURNS_BEFORE_REQUEUE {
            if matches!(core.stage, Stage::Busy | Stage::Starting) {
                if !self.woken.swap(false, Ordering::SeqCst) {
                    return false;
                }
                let scoped = core.job.as_ref().map(|job| Arc::clone(job).scoped());
                let Poll::Ready(end) = core.poll_maybe(scoped, cx) else {
                    self.attends.store(true, Ordering::SeqCst);
                    return false;
                };
                // Before the mailbox is looked into: who queues something sees this, or we see what was queued.
                self.attends.store(false, Ordering::SeqCst);
                self.end_turn(core, end);
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
            Stage::Busy | Stage::Starting => true,
            Stage::Stopped => false,
            Stage::Failed(failure) => {
                if failure.is_down || self.is_stopping() {
                    self.refuse_all(&CallError::Down {
                        capability: self.name(),
                        reason: failure.reason.clone(),
                    });
                }
                let now = self.spec.clock.now();
                let is_time = self.is_stopping() || now >= failure.again;
                if is_time {
                    core.stage = Stage::Cold {
                        after_failure: true,
                    };
                }
                is_time
            }
            Stage::Refused(refused) => {
                self.refuse_all(&self.no_such_key(&refused.reason));
                if self.is_stopping() && self.mailbox.close_if_empty() {
                    self.stopped(core);
                }
                false
            }
            Stage::Cold { after_failure } => {
                if self.is_stopping() && self.mailbox.close_if_empty() {
                    self.stopped(core);
                    return false;
                }
                let start = start_turn(Arc::clone(&self.spec), self.key.clone(), *after_failure);
                core.start(start);
                true
            }
            Stage::Idle(_) => self.begin_turn(core),
        }
    }

    /// Makes an actor that nobody has called before on the thread of its first caller, as far as that goes without waiting.
    #[cold]
    pub(super) fn start_now(self: &Arc<Self>, core: &mut Core<A>, cx: &mut Context<'_>) {
        let is_new = matches!(
            core.stage,
            Stage::Cold {
                after_failure: false
            }
        );
        if !is_new || self.is_stopping() {
            return;
        }
        core.start(start_turn(Arc::clone(&self.spec), self.key.clone(), false));
        let polled = {
            let _home = self.home().enter(false);
            outside(|| core.poll_maybe(None, cx))
        };
        match polled {
            Poll::Ready(end) => self.end_turn(core, end),
            Poll::Pending => self.goes_on(),
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
            if self.member != 0 {
                Arc::clone(&job).scoped().scope().run_by(self.member.into());
            }
            if A::EXECUTION == Execution::Blocking {
                self.seen.set_blocking(Some(Arc::clone(&job)));
            }
            core.job = Some(job);
        }
        true
    }

    /// What follows the end of a turn, a start or a stop.
    pub(super) fn end_turn(self: &Arc<Self>, core: &mut Core<A>, end: TurnEnd<A>) {
        let job = core.job.take();
        let was_starting = matches!(core.stage, Stage::Starting);
        if A::EXECUTION == Execution::Blocking {
            self.seen.set_blocking(None);
        }
        match end {
            TurnEnd::Back(tenant) => {
                core.stage = Stage::Idle(tenant);
                if was_starting {
                    self.seen.becomes(Condition::Ready);
                    self.touch_maybe();
                } else {
                    self.succeeded();
                }
            }
            TurnEnd::Lost(error) => {
                if let Some(job) = job {
                    // Without effect when the turn itself has answered, as it does unless its own drops panic.
                    job.refuse(CallError::clone(&error));
                }
                self.lost(core, *error, was_starting);
            }
            TurnEnd::NotStarted(reason) => {
                tracing::error!(capability = %self.name(), %reason, "an actor could not start");
                self.fail(core, &format!("it could not start: {reason}"));
            }
            TurnEnd::NoSuchKey(reason) => {
                tracing::debug!(capability = %self.name(), %reason, "no actor has this key");
                core.stage = Stage::Refused(Box::new(NoSuchKey { reason }));
                self.seen.becomes(Condition::Ready);
                self.touch();
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

    /// A turn came to its end.
    #[inline(always)]
    pub(super) fn succeeded(&self) {
        self.seen.succeeds();
        count(&self.counters.turns, &self.spec.past.turns);
        self.touch_maybe();
    }

    /// Notes that it was used, if anybody wants to know.
    fn touch_maybe(&self) {
        if self.key.is_some() {
            self.touch();
        }
    }

    /// A panic counts as a failure. What the platform broke off, say because the outbox was full, is no fault of the
    /// actor: it is made anew at once.
    fn lost(self: &Arc<Self>, core: &mut Core<A>, error: CallError, was_starting: bool) {
        match error {
            CallError::Panicked { reason, .. } => {
                self.fail(core, &format!("it panicked: {reason}"));
            }
            _ if was_starting => self.fail(core, &format!("it could not start: {error}")),
            _ => {
                self.seen.restarts(&self.spec.past);
                core.stage = Stage::Cold {
                    after_failure: true,
                };
            }
        }
    }

    fn fail(self: &Arc<Self>, core: &mut Core<A>, reason: &str) {
        let Some(services) = self.spec.services() else {
            return self.stopped(core);
        };
        let now = services.clock.now();
        self.seen.restarts(&self.spec.past);
        let fraction = services.random.fraction();
        let policy = &self.spec.policy.restart;
        let verdict = self
            .seen
            .fails(reason, |restarts| restarts.failed(now, policy, fraction));
        let (wait, is_down) = match verdict {
            Verdict::Again(wait) => (wait, false),
            Verdict::Down(wait) => {
                tracing::error!(capability = %self.name(), %reason, "an actor is down");
                (wait, true)
            }
        };
        let again = now.after(wait);
        core.stage = Stage::Failed(Box::new(Failure {
            again,
            reason: reason.to_owned(),
            is_down,
        }));
        let instance = Arc::clone(self);
        let clock = services.clock.clone();
        services.tasks.spawn(async move {
            // Nobody else looks whether it is time.
            clock.reach(again).await;
            instance.schedule();
        });
    }

    fn no_such_key(&self, reason: &str) -> CallError {
        CallError::InvalidKey {
            capability: <A::Contract as Contract>::NAME.to_owned(),
            key: self
                .key
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
            reason: reason.to_owned(),
        }
    }

    fn refuse_all(&self, error: &CallError) {
        while let Some(job) = self.mailbox.pop() {
            job.refuse(error.clone());
        }
    }

    fn touch(&self) {
        let now = self.spec.moment(self.spec.clock.now());
        self.last_used.store(now, Ordering::Relaxed);
    }

    /// Whether it has had nothing to do since `moment`, which is one of its [`Spec`](super::spec::Spec).
    pub(super) fn is_unused_since(&self, moment: u32) -> bool {
        // The later of two moments is less than half of all moments later.
        moment.wrapping_sub(self.last_used.load(Ordering::Relaxed)) <= u32::MAX / 2
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Asks it to stop once its mailbox is empty.
    pub(super) fn stop(self: &Arc<Self>) {
        self.stopping.store(true, Ordering::SeqCst);
        self.schedule();
    }

    /// Lets go of it without waiting for what it does: the time for that is over. Whoever waits for it is told.
    pub(super) fn abandon(self: &Arc<Self>) {
        self.given_up.store(true, Ordering::SeqCst);
        let capability = self.name();
        for job in self.mailbox.close() {
            job.refuse(CallError::Stopping {
                capability: capability.clone(),
            });
        }
        match self.hold() {
            Some(mut core) => self.clear(&mut core),
            None => {
                // Who holds it looks again, unless it is free by now. Its home may be closed, and could not see to that.
                self.run_here();
                if let Some(job) = self.seen.take_blocking() {
                    job.refuse(self.broken_off());
                }
            }
        }
    }

    /// Drops what runs.
    pub(super) fn clear(self: &Arc<Self>, core: &mut Core<A>) {
        if let Some(job) = core.job.take() {
            job.refuse(self.broken_off());
        }
        let slot = core.slot.take();
        let stage = std::mem::replace(&mut core.stage, Stage::Stopped);
        // The author's drops run here, and may panic.
        let dropped = std::panic::catch_unwind(AssertUnwindSafe(move || drop((slot, stage))));
        if dropped.is_err() {
            tracing::error!(capability = %self.name(), "an actor panicked while it was dropped");
        }
        self.stopped(core);
    }

    /// It has stopped for good, and its mailbox is closed: whoever comes now is for its successor.
    fn stopped(self: &Arc<Self>, core: &mut Core<A>) {
        core.stage = Stage::Stopped;
        self.seen.becomes(Condition::Stopped);
        self.forgotten();
    }

    /// Takes it out of the map of its keys, where others would find it only to see that it is gone.
    pub(super) fn forgotten(self: &Arc<Self>) {
        if let Some(keyed) = self.spec.keyed.upgrade()
            && keyed.forget(self)
        {
            let past = &self.spec.past;
            self.counters.hand_over(past);
            let restarts = u64::from(self.seen.num_restarts());
            past.restarts.fetch_add(restarts, Ordering::Relaxed);
        }
    }

    /// What is told to whom a turn was begun for that is not waited for any more.
    fn broken_off(&self) -> CallError {
        CallError::DeadlineExceeded {
            capability: self.name(),
            started: true,
        }
    }

    /// Waits until it has stopped.
    pub(super) async fn wait_stopped(&self) {
        let stopped = |condition, _: Option<&str>| (condition == Condition::Stopped).then_some(());
        self.seen.wait(stopped).await;
    }

    /// Whether it has stopped for good.
    pub(super) fn is_stopped(&self) -> bool {
        self.seen.condition() == Condition::Stopped
    }

    /// Whether it has nothing to do, as far as can be seen without waiting.
    pub(super) fn is_idle(self: &Arc<Self>) -> bool {
        self.mailbox.is_empty()
            && self
                .hold()
                .is_some_and(|core| matches!(core.stage, Stage::Idle(_)))
    }

    /// Whether no turn runs and nothing waits that it could do now.
    pub(super) fn is_quiet(self: &Arc<Self>) -> bool {
        let Some(core) = self.hold() else {
            return false;
        };
        match &core.stage {
            Stage::Busy | Stage::Starting => false,
            Stage::Idle(tenant) => self.mailbox.is_empty() && !tenant.cx.draft().awaits_commit(),
            Stage::Cold { .. } | Stage::Refused(_) | Stage::Stopped => self.mailbox.is_empty(),
            Stage::Failed(failure) => failure.is_down || self.mailbox.is_empty(),
        }
    }

    /// Waits until it is ready for its first turn, or has failed to start.
    pub(super) async fn wait_started(&self) -> Result<(), String> {
        let started = |condition, reason: Option<&str>| match condition {
            Condition::Starting => None,
            Condition::Ready | Condition::Stopped => Some(Ok(())),
            Condition::Failed => Some(Err(reason.unwrap_or_default().to_owned())),
        };
        self.seen.wait(started).await
    }

    /// Jobs that wait.
    pub(super) fn queued(&self) -> usize {
        self.mailbox.len()
    }
}
