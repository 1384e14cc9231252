//! The actors that have something to do, and the loop that lets them do it.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio::sync::Notify;

/// Actors run in a row before the loop lets its thread's other tasks have a go.
const RUNS_BEFORE_YIELD: u32 = 32;

/// Where actors run: a queue of those that have something to do, served by one thread or more.
#[derive(Debug)]
pub(crate) struct Home {
    ready: Mutex<VecDeque<Arc<dyn Runnable>>>,
    wake: Notify,
    handle: Handle,
}

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
            ready: Mutex::default(),
            wake: Notify::new(),
            handle,
        })
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Puts an actor at the end of the queue.
    pub(super) fn schedule(&self, actor: Arc<dyn Runnable>) {
        self.ready.lock().push_back(actor);
        self.wake.notify_one();
    }

    fn next(&self) -> Option<Arc<dyn Runnable>> {
        self.ready.lock().pop_front()
    }

    /// Serves the queue for ever.
    pub(super) async fn serve(self: Arc<Self>) {
        let mut runs = 0;
        loop {
            let Some(actor) = self.next() else {
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
    }
}
