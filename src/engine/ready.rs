//! The actors that have something to do, and the loop that lets them do it.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use tokio::runtime::{EnterGuard, Handle};
use tokio::sync::Notify;

use super::guests::Guests;
use super::neighbourhood::Neighbourhood;

/// Actors run in a row before the loop lets its thread's other tasks have a go.
const RUNS_BEFORE_YIELD: u32 = 32;

/// How often a thread that is a home's own looks for actors with something to do before it sleeps. To be woken costs whoever tells an
/// actor something more than all the rest; while it looks, it need not be.
pub(super) const LOOKS: u32 = 3;

/// Tells homes apart; no home has the first number.
static NUMBER: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// The home that this thread is the own one of.
    static OWN: Cell<u64> = const { Cell::new(0) };
}

/// Where actors run: a queue of those that have something to do, served by one thread or more.
#[derive(Debug)]
pub(crate) struct Home {
    number: u64,
    /// Nothing any more when the home is closed.
    ready: Mutex<Option<VecDeque<Arc<dyn Runnable>>>>,
    wake: Notify,
    /// Another thread than its own has put somebody into the queue, and may soon do so again.
    is_told_from_afar: AtomicBool,
    handle: Handle,
    /// Where turns may begin without entering the home's runtime; set once, when all homes are there.
    neighbourhood: OnceLock<Arc<Neighbourhood>>,
}

/// The home runs nobody any more.
struct Closed;

/// An actor, as its home sees it.
pub(crate) trait Runnable: Send + Sync {
    /// Does some of what there is to do; puts itself back into its home's queue if there is more.
    fn run(self: Arc<Self>);

    /// Waits at home for what it would do as a guest.
    fn go_home(self: Arc<Self>);
}

impl std::fmt::Debug for dyn Runnable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Runnable")
    }
}

impl Home {
    /// `handle` is the runtime whose timers and sockets belong to the actors that live here.
    pub(super) fn new(handle: Handle) -> Arc<Self> {
        Arc::new(Self {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            ready: Mutex::new(Some(VecDeque::new())),
            wake: Notify::new(),
            is_told_from_afar: AtomicBool::new(false),
            handle,
            neighbourhood: OnceLock::new(),
        })
    }

    /// Tells homes that belong together of each other. `starter` is the runtime in which skep was started, if there is one.
    pub(super) fn introduce(
        homes: &[&Arc<Self>],
        starter: Option<&Handle>,
        guests: Option<&Arc<Guests>>,
    ) {
        let handles = homes.iter().map(|home| &home.handle);
        let neighbourhood = Arc::new(Neighbourhood::new(handles, starter, guests));
        for home in homes {
            // Homes are introduced where they are made, and nowhere else.
            let _ = home.neighbourhood.set(Arc::clone(&neighbourhood));
        }
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Makes the home's runtime the thread's current one, unless the caller's is as good: what a turn waits for belongs to it.
    #[inline]
    pub(super) fn enter(&self, never_waits: bool) -> Option<EnterGuard<'_>> {
        let neighbourhood = self.neighbourhood.get();
        let is_here = neighbourhood.is_some_and(|neighbourhood| neighbourhood.is_here(never_waits));
        (!is_here).then(|| self.handle.enter())
    }

    /// Whether a turn that began on this thread, and has to wait, had better go on beside its caller than at home.
    pub(super) fn is_guest_here(&self) -> bool {
        let neighbourhood = self.neighbourhood.get();
        neighbourhood.is_some_and(|neighbourhood| neighbourhood.is_guest_here())
    }

    /// Puts an actor at the end of the queue.
    pub(super) fn schedule(&self, actor: Arc<dyn Runnable>) {
        // A closed home runs nobody any more.
        drop(self.offer(actor));
    }

    /// Puts an actor at the end of the queue; gives it back when the home is closed.
    pub(super) fn offer(&self, actor: Arc<dyn Runnable>) -> Result<(), Arc<dyn Runnable>> {
        match &mut *self.ready.lock() {
            Some(ready) => ready.push_back(actor),
            None => return Err(actor),
        }
        if OWN.get() != self.number {
            self.is_told_from_afar.store(true, Ordering::Relaxed);
        }
        self.wake.notify_one();
        Ok(())
    }

    /// As [`schedule`](Self::schedule), among the guests of the runtime where its caller is.
    pub(super) fn schedule_as_guest(
        &self,
        actor: Arc<dyn Runnable>,
    ) -> Result<(), Arc<dyn Runnable>> {
        match self.neighbourhood.get().and_then(|around| around.guests()) {
            Some(guests) => guests.schedule(actor),
            None => Err(actor),
        }
    }

    /// Runs nobody any more; gives back who waited.
    pub(super) fn close(&self) -> VecDeque<Arc<dyn Runnable>> {
        let left = self.ready.lock().take();
        self.wake.notify_one();
        left.unwrap_or_default()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.ready.lock().is_none()
    }

    /// Whether nobody waits.
    pub(super) fn is_idle(&self) -> bool {
        self.ready.lock().as_ref().is_none_or(VecDeque::is_empty)
    }

    /// Takes out who waits.
    pub(super) fn take_all(&self) -> VecDeque<Arc<dyn Runnable>> {
        self.ready
            .lock()
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// The next actor; nothing in there when nobody has anything to do, an error when the home is closed.
    fn next(&self) -> Result<Option<Arc<dyn Runnable>>, Closed> {
        let mut ready = self.ready.lock();
        ready.as_mut().map(VecDeque::pop_front).ok_or(Closed)
    }

    /// Serves the queue until the home is closed; `run` lets an actor do what it has to do. When all have done it, and some of them
    /// were put there by another thread, the loop looks again `looks` times before it sleeps: then the thread has to be the home's own.
    pub(super) async fn serve(self: Arc<Self>, looks: u32, run: impl Fn(Arc<dyn Runnable>) + Send) {
        let (mut runs, mut looks_left) = (0, 0);
        if looks > 0 {
            OWN.set(self.number);
        }
        while let Ok(next) = self.next() {
            let Some(actor) = next else {
                if looks_left > 0 {
                    looks_left -= 1;
                    tokio::task::yield_now().await;
                } else {
                    self.wake.notified().await;
                }
                continue;
            };
            if looks > 0 && self.is_told_from_afar.swap(false, Ordering::Relaxed) {
                looks_left = looks;
            }
            run(actor);
            runs += 1;
            // `yield_now` defers its wake-up until the runtime has looked at its other queues, which waking ourselves
            // would not. And once tokio's budget for this task is used up, nothing an actor awaits can become ready.
            if runs >= RUNS_BEFORE_YIELD || !tokio::task::coop::has_budget_remaining() {
                runs = 0;
                tokio::task::yield_now().await;
            }
        }
        // Where several serve one home, each tells the next.
        self.wake.notify_one();
    }
}
