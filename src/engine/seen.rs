//! What can be seen of an actor without holding its core.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::counters::count;
use super::restarts::Restarts;
use super::spec::Past;
use super::turn::Job;
use crate::actor::Capability;

/// How an actor is, for those who wait for it to become so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Condition {
    Starting,
    Ready,
    Failed,
    Stopped,
}

/// What can be seen of an actor without holding its core.
pub(super) struct Seen<A: Capability> {
    /// Most of a million actors never fail, and nobody waits for them.
    more: Mutex<Option<Box<More<A>>>>,
    /// How often it was made anew after a failure.
    restarts: AtomicU32,
    /// A [`Condition`], written under the lock.
    condition: AtomicU8,
    /// It has failed, and no turn has succeeded since.
    has_failed: AtomicBool,
}

struct More<A: Capability> {
    /// Why it failed.
    reason: Option<Box<str>>,
    restarts: Restarts,
    /// Told when the condition changes.
    changed: Option<Arc<Notify>>,
    /// The turn that runs, where a turn may block its thread and so hold the core for long.
    blocking: Option<Arc<dyn Job<A>>>,
}

impl<A: Capability> Default for More<A> {
    fn default() -> Self {
        Self {
            reason: None,
            restarts: Restarts::default(),
            changed: None,
            blocking: None,
        }
    }
}

impl<A: Capability> Seen<A> {
    pub(super) const fn new() -> Self {
        Self {
            more: Mutex::new(None),
            restarts: AtomicU32::new(0),
            condition: AtomicU8::new(Condition::Starting as u8),
            has_failed: AtomicBool::new(false),
        }
    }

    pub(super) fn condition(&self) -> Condition {
        let conditions = [
            Condition::Starting,
            Condition::Ready,
            Condition::Failed,
            Condition::Stopped,
        ];
        conditions[usize::from(self.condition.load(Ordering::SeqCst)) % conditions.len()]
    }

    /// Tells those who wait that it is `condition` now.
    pub(super) fn becomes(&self, condition: Condition) {
        let more = self.more.lock();
        self.condition.store(condition as u8, Ordering::SeqCst);
        let changed = more.as_ref().and_then(|more| more.changed.clone());
        drop(more);
        if let Some(changed) = changed {
            changed.notify_waiters();
        }
    }

    /// It was made anew, or will be.
    pub(super) fn restarts(&self, past: &Past) {
        count(&self.restarts, &past.restarts);
    }

    /// How often it was made anew after a failure.
    pub(super) fn num_restarts(&self) -> u32 {
        self.restarts.load(Ordering::Relaxed)
    }

    /// It has failed: notes why, and returns what follows.
    pub(super) fn fails<T>(&self, reason: &str, follows: impl FnOnce(&mut Restarts) -> T) -> T {
        self.has_failed.store(true, Ordering::Relaxed);
        let follows = {
            let mut more = self.more.lock();
            let more = more.get_or_insert_default();
            more.reason = Some(reason.into());
            follows(&mut more.restarts)
        };
        self.becomes(Condition::Failed);
        follows
    }

    /// A turn succeeded. Only who holds the core says so.
    #[inline]
    pub(super) fn succeeds(&self) {
        if self.has_failed.load(Ordering::Relaxed) {
            self.has_failed.store(false, Ordering::Relaxed);
            if let Some(more) = &mut *self.more.lock() {
                more.restarts.succeeded();
            }
        }
    }

    /// Why it cannot work now, if so.
    pub(super) fn down_reason(&self) -> Option<String> {
        if self.condition() != Condition::Failed {
            return None;
        }
        let more = self.more.lock();
        let reason = more.as_ref().and_then(|more| more.reason.as_deref());
        Some(reason.unwrap_or_default().to_owned())
    }

    /// Waits until there is an answer to how it is, and why it failed when it last did.
    pub(super) async fn wait<T>(
        &self,
        answer: impl Fn(Condition, Option<&str>) -> Option<T> + Send,
    ) -> T {
        loop {
            let watched;
            let changed = {
                let mut more = self.more.lock();
                let reason = more.as_ref().and_then(|more| more.reason.as_deref());
                if let Some(answer) = answer(self.condition(), reason) {
                    return answer;
                }
                let more = more.get_or_insert_default();
                watched = Arc::clone(more.changed.get_or_insert_default());
                // Made before the condition can change, and so told of it.
                watched.notified()
            };
            changed.await;
        }
    }

    /// Notes which turn may block its thread now.
    pub(super) fn set_blocking(&self, job: Option<Arc<dyn Job<A>>>) {
        let before = {
            let mut more = self.more.lock();
            std::mem::replace(&mut more.get_or_insert_default().blocking, job)
        };
        drop(before);
    }

    /// The turn that may block its thread now, if any.
    pub(super) fn take_blocking(&self) -> Option<Arc<dyn Job<A>>> {
        self.more.lock().as_mut()?.blocking.take()
    }
}
