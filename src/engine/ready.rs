//! The actors that have something to do, and the loop that lets them do it.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use tokio::runtime::{EnterGuard, Handle};
use tokio::sync::Notify;

use super::neighbourhood::Neighbourhood;

/// Actors run in a row before the loop lets its thread's other tasks have a go.
const RUNS_BEFORE_YIELD: u32 = 32;

/// Where actors run: a queue of those that have something to do, served by one thread or more.
#[derive(Debug)]
pub(crate) struct Home {
    /// Nothing any more when the home is closed.
    ready: Mutex<Option<VecDeque<Arc<dyn Runnable>>>>,
    wake: Notify,
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
            ready: Mutex::new(Some(VecDeque::new())),
            wake: Notify::new(),
            handle,
            neighbourhood: OnceLock::new(),
        })
    }

    /// Tells homes that belong together of each other. `starter` is the runtime in which skep was started, if there is one.
    pub(super) fn introduce(homes: &[&Arc<Self>], starter: Option<&Handle>) {
        let handles = homes.iter().map(|home| &home.handle);
        let neighbourhood = Arc::new(Neighbourhood::new(handles, starter));
        for home in homes {
            // Homes are introduced where they are made, and nowhere else.
            let _ = home.neighbourhood.set(Arc::clone(&neighbourhood));
        }
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Makes the home's runtime the thread's current one, unless the caller's is as good: what a turn waits for belongs to it.
    pub(super) fn enter(&self, never_waits: bool) -> Option<EnterGuard<'_>> {
        let neighbourhood = self.neighbourhood.get();
        let is_here = neighbourhood.is_some_and(|neighbourhood| neighbourhood.is_here(never_waits));
        (!is_here).then(|| self.handle.enter())
    }

    /// Puts an actor at the end of the queue.
    pub(super) fn schedule(&self, actor: Arc<dyn Runnable>) {
        if let Some(ready) = &mut *self.ready.lock() {
            ready.push_back(actor);
        }
        self.wake.notify_one();
    }

    /// Runs nobody any more.
    pub(super) fn close(&self) {
        let left = self.ready.lock().take();
        self.wake.notify_one();
        drop(left);
    }

    /// The next actor; nothing in there when nobody has anything to do, an error when the home is closed.
    fn next(&self) -> Result<Option<Arc<dyn Runnable>>, Closed> {
        let mut ready = self.ready.lock();
        ready.as_mut().map(VecDeque::pop_front).ok_or(Closed)
    }

    /// Serves the queue until the home is closed.
    pub(super) async fn serve(self: Arc<Self>) {
        let mut runs = 0;
        while let Ok(next) = self.next() {
            let Some(actor) = next else {
                self.wake.notified().await;
                continue;
            };
            actor.run();
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
