//! The one thread that writes: it takes what is queued as a group, syncs once, then tells all.
//!
//! While one group syncs the next gathers, so that syncs are shared as soon as there is load and never
//! waited for when there is none. After a failed or hanging commit it stops for good: no reply leaves
//! that depends on an unknown write.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::batch::Batch;
use super::clock;
use super::error::Error;
use super::group::{CommitFailure, FailStop, Group, Job, OnFail, Outcome, Phase, Queue};
use super::metrics::Metrics;
use super::port::Store;

/// Told when a batch is durable, or why it is not. Called on the committer's thread (see
/// [`Committer::submit`] for the exceptions), in the order of submission. It must not block: every
/// other commit waits for it. It may submit.
pub type Done = Box<dyn FnOnce(Result<(), CommitFailure>) + Send>;

/// How a committer groups and bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The most batches in a group; default 256.
    pub max_batches: usize,
    /// The most bytes in a group, unless a single batch is larger; default 4 MiB.
    pub max_bytes: usize,
    /// The most batches that wait, barriers included; default 4096.
    pub queue_batches: usize,
    /// The most bytes that wait, unless a single batch is larger; default 16 MiB.
    pub queue_bytes: usize,
    /// How long one group may take before the committer counts as hung; default 10 s.
    pub watchdog: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_batches: 256,
            max_bytes: 4 * 1024 * 1024,
            queue_batches: 4096,
            queue_bytes: 16 * 1024 * 1024,
            watchdog: Duration::from_secs(10),
        }
    }
}

/// How a committer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It commits.
    Running,
    /// It was shut down.
    Stopped,
    /// It stopped for good.
    Failed(FailStop),
}

/// A batch that found the queue full, with its `done`, uncalled.
pub struct Full {
    /// The batch.
    pub batch: Batch,
    /// Its callback.
    pub done: Done,
}

/// The handle of a committer; clones share it. When the last one is dropped, what is queued is committed.
#[derive(Clone)]
pub struct Committer {
    owner: Arc<Owner>,
}

/// Owns the threads; ends them when the last handle goes.
struct Owner {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// What handles, committing thread and watchdog share.
struct Shared {
    store: Arc<dyn Store>,
    settings: Settings,
    /// Whether there is a thread of its own; else the submitting threads commit.
    threaded: bool,
    queue: Mutex<Queue>,
    /// Wakes the committing thread: there is work, or it shall stop.
    work: Condvar,
    /// Wakes blocked submitters: there is room, or the phase changed.
    room: Condvar,
    /// Wakes `shutdown` and the watchdog: the phase changed. Apart from `room`, since the watchdog would
    /// cost a switch of threads for each group.
    ended: Condvar,
    metrics: Metrics,
    on_fail: Mutex<Option<OnFail>>,
}

// === impl Committer ===

impl Committer {
    /// Starts the threads `skep-committer` and `skep-watchdog`. `on_fail` is told once if it stops for good.
    ///
    /// # Errors
    ///
    /// [`Error::Engine`] when the system gives no thread.
    pub fn start(
        store: Arc<dyn Store>,
        settings: Settings,
        on_fail: OnFail,
    ) -> Result<Self, Error> {
        let committer = Self::new(store, settings, on_fail, true);
        let shared = &committer.owner.shared;
        let commit = Arc::clone(shared);
        let watch = Arc::clone(shared);
        let spawn = |name: &str, run: Box<dyn FnOnce() + Send>| {
            let thread = thread::Builder::new().name(name.to_owned()).spawn(run);
            thread.map_err(|error| {
                let (engine, doing) = (shared.store.engine(), "start a thread for commits");
                Error::Engine {
                    engine,
                    doing,
                    reason: error.to_string(),
                }
            })
        };
        let threads = [
            spawn("skep-committer", Box::new(move || commit.run()))?,
            spawn("skep-watchdog", Box::new(move || watch.watch()))?,
        ];
        committer.owner.threads.lock().extend(threads);
        Ok(committer)
    }

    /// A committer without threads: a submission commits at once, on the thread that submits it. For
    /// stores in memory and for deterministic tests. It has no watchdog.
    #[must_use]
    pub fn immediate(store: Arc<dyn Store>, on_fail: OnFail) -> Self {
        Self::new(store, Settings::default(), on_fail, false)
    }

    fn new(store: Arc<dyn Store>, settings: Settings, on_fail: OnFail, threaded: bool) -> Self {
        let shared = Shared {
            store,
            settings,
            threaded,
            queue: Mutex::new(Queue::new()),
            work: Condvar::new(),
            room: Condvar::new(),
            ended: Condvar::new(),
            metrics: Metrics::default(),
            on_fail: Mutex::new(Some(on_fail)),
        };
        Self {
            owner: Arc::new(Owner {
                shared: Arc::new(shared),
                threads: Mutex::default(),
            }),
        }
    }

    /// Queues a batch. Blocks the calling thread while the queue is full, so never call it on a thread
    /// that other work needs unless [`has_room`](Self::has_room) said yes; from within a `done` it does
    /// not block, and may overfill the queue by what one group's callbacks submit.
    ///
    /// `done` is called exactly once, as long as the process lives and the store does not hang; then the
    /// watchdog's thread calls it. It is called on the calling thread, within this call, when the
    /// committer is stopped or failed, for a barrier when nothing is under way, and always by
    /// [`immediate`](Self::immediate) committers (when two threads use one, perhaps by the other).
    pub fn submit(&self, batch: Batch, done: Done) {
        let shared = &self.owner.shared;
        let mut queue = shared.queue.lock();
        while queue.is_running()
            && !queue.has_room(batch.bytes(), &shared.settings)
            && queue.driver != Some(thread::current().id())
        {
            shared.room.wait(&mut queue);
        }
        shared.accept(queue, batch, done);
    }

    /// As [`submit`](Self::submit), but gives batch and `done` back instead of blocking.
    ///
    /// # Errors
    ///
    /// [`Full`] when there is no room.
    pub fn try_submit(&self, batch: Batch, done: Done) -> Result<(), Full> {
        let shared = &self.owner.shared;
        let queue = shared.queue.lock();
        if queue.is_running() && !queue.has_room(batch.bytes(), &shared.settings) {
            return Err(Full { batch, done });
        }
        shared.accept(queue, batch, done);
        Ok(())
    }

    /// Whether the queue would take another small batch now.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let queue = self.owner.shared.queue.lock();
        !queue.is_running() || queue.has_room(0, &self.owner.shared.settings)
    }

    /// Calls `wake` once when there is room, on the committer's thread, or at once on this one. For
    /// callers that cannot block. After a stop there is always room: submissions then fail at once.
    pub fn when_room(&self, wake: Box<dyn FnOnce() + Send>) {
        let shared = &self.owner.shared;
        let mut queue = shared.queue.lock();
        if queue.is_running() && !queue.has_room(0, &shared.settings) {
            queue.room_waiters.push(wake);
            return;
        }
        drop(queue);
        wake();
    }

    /// Whether it commits, was shut down, or stopped for good.
    #[must_use]
    pub fn state(&self) -> State {
        match &self.owner.shared.queue.lock().phase {
            Phase::Running => State::Running,
            Phase::Stopping | Phase::Stopped => State::Stopped,
            Phase::Failed(stop) => State::Failed(stop.clone()),
        }
    }

    /// The counters.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.owner.shared.metrics
    }

    /// The store behind it, for reads.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.owner.shared.store
    }

    /// Takes nothing new, commits what is queued, and waits for its threads; not for one that hangs.
    /// Called from within a `done` it only begins that.
    pub fn shutdown(&self) {
        self.owner.shutdown();
    }
}

// === impl Owner ===

impl Owner {
    fn shutdown(&self) {
        let shared = &self.shared;
        let mut queue = shared.queue.lock();
        if queue.is_running() {
            let ends_now = !shared.threaded && queue.is_idle();
            queue.phase = if ends_now {
                Phase::Stopped
            } else {
                Phase::Stopping
            };
        }
        shared.work.notify_all();
        shared.room.notify_all();
        shared.ended.notify_all();
        if queue.driver == Some(thread::current().id()) {
            return;
        }
        while matches!(queue.phase, Phase::Stopping) {
            shared.ended.wait(&mut queue);
        }
        drop(queue);
        self.join();
    }

    /// A thread that failed is about to end or hangs for ever; only a stopped one is waited for.
    fn join(&self) {
        let threads: Vec<_> = self.threads.lock().drain(..).collect();
        let stopped = matches!(self.shared.queue.lock().phase, Phase::Stopped);
        for thread in threads {
            if (stopped || thread.is_finished()) && thread.join().is_err() {
                tracing::error!("a thread of the committer panicked");
            }
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.shutdown();
    }
}

// === impl Shared ===

impl Shared {
    /// Takes a submission that need not wait any more.
    fn accept(&self, mut queue: MutexGuard<'_, Queue>, batch: Batch, done: Done) {
        if let Some(refusal) = refusal(&queue.phase) {
            drop(queue);
            return call(done, Err(refusal));
        }
        if batch.is_empty() && queue.is_idle() {
            drop(queue);
            self.metrics.count_barriers(1);
            return call(done, Ok(()));
        }
        let refused = batch.check().err();
        queue.push(Job {
            batch,
            done,
            refused,
        });
        if self.threaded {
            drop(queue);
            self.work.notify_one();
        } else if queue.busy_since.is_none() {
            queue.driver = Some(thread::current().id());
            self.drive(queue);
        }
    }

    /// The committing thread.
    fn run(&self) {
        let mut queue = self.queue.lock();
        queue.driver = Some(thread::current().id());
        loop {
            while queue.waiting.is_empty() && queue.is_running() {
                self.work.wait(&mut queue);
            }
            let more = !queue.waiting.is_empty() && !queue.is_failed();
            self.drive(queue);
            if !more {
                return;
            }
            queue = self.queue.lock();
        }
    }

    /// Commits group after group until nothing waits.
    fn drive<'a>(&'a self, mut queue: MutexGuard<'a, Queue>) {
        while !queue.waiting.is_empty() && !queue.is_failed() {
            let group = queue.take_group(&self.settings, clock::now());
            let room_waiters = std::mem::take(&mut queue.room_waiters);
            drop(queue);
            self.room.notify_all();
            room_waiters.into_iter().for_each(call_plain);
            let result = self.commit(&group);
            self.finish(&group, result);
            queue = self.queue.lock();
        }
        queue.busy_since = None;
        if !self.threaded {
            queue.driver = None;
        }
        if matches!(queue.phase, Phase::Stopping) {
            queue.phase = Phase::Stopped;
            self.ended.notify_all();
        }
    }

    fn commit(&self, group: &Group) -> Result<(), String> {
        if group.batches.is_empty() {
            return Ok(());
        }
        let commit = AssertUnwindSafe(|| self.store.commit(&group.batches));
        match catch_unwind(commit) {
            Ok(result) => result.map_err(|error| format!("[{}] {error}", error.code())),
            Err(_) => Err("the store panicked while committing".to_owned()),
        }
    }

    /// Tells the waiters of a group; nothing is left to tell when the watchdog was faster.
    fn finish(&self, group: &Group, result: Result<(), String>) {
        if let Err(reason) = result {
            return self.fail(FailStop::Failed {
                reason: reason.into(),
            });
        }
        let waiters = std::mem::take(&mut self.queue.lock().in_flight);
        if !group.batches.is_empty() {
            let took = clock::now().duration_since(group.started);
            self.metrics
                .count_group(group.batches.len(), group.bytes, took);
        }
        self.metrics.count_barriers(group.num_barriers);
        for waiter in waiters {
            let result = waiter
                .refused
                .map_or(Ok(()), |error| Err(CommitFailure::Refused(error)));
            call(waiter.done, result);
        }
    }

    /// Stops for good. The first reason counts; everybody who waits is told.
    fn fail(&self, stop: FailStop) {
        let mut queue = self.queue.lock();
        if queue.is_failed() {
            return;
        }
        let told = queue.fail(&stop);
        let room_waiters = std::mem::take(&mut queue.room_waiters);
        drop(queue);
        tracing::error!(code = stop.code(), reason = %stop.reason(), "the store stopped committing");
        if let Some(on_fail) = self.on_fail.lock().take() {
            call_plain(Box::new(move || on_fail(&stop)));
        }
        self.work.notify_all();
        self.room.notify_all();
        self.ended.notify_all();
        told.into_iter()
            .for_each(|(done, failure)| call(done, Err(failure)));
        room_waiters.into_iter().for_each(call_plain);
    }

    /// The watchdog: looks four times in its period whether the group under way is older than that.
    fn watch(&self) {
        let period = self.settings.watchdog;
        let mut queue = self.queue.lock();
        while !matches!(queue.phase, Phase::Stopped | Phase::Failed(_)) {
            let age = queue
                .busy_since
                .map(|since| clock::now().duration_since(since));
            if let Some(age) = age.filter(|age| *age >= period) {
                let num_waiting = queue.waiting.len() + queue.in_flight.len();
                drop(queue);
                let reason = format!("no progress for {age:.1?} while {num_waiting} batches wait");
                return self.fail(FailStop::Hung {
                    reason: reason.into(),
                });
            }
            self.ended.wait_for(&mut queue, period / 4);
        }
    }
}

/// Why a submission comes too late, if it does.
fn refusal(phase: &Phase) -> Option<CommitFailure> {
    match phase {
        Phase::Running => None,
        Phase::Stopping | Phase::Stopped => Some(CommitFailure::Stopped),
        Phase::Failed(stop) => {
            let reason = Arc::clone(stop.reason());
            Some(CommitFailure::Failed {
                reason,
                outcome: Outcome::NotWritten,
            })
        }
    }
}

/// Calls a waiter. Its panic is its own: commits go on.
fn call(done: Done, result: Result<(), CommitFailure>) {
    call_plain(Box::new(move || done(result)));
}

fn call_plain(wake: Box<dyn FnOnce() + Send>) {
    if catch_unwind(AssertUnwindSafe(wake)).is_err() {
        tracing::error!("a callback of the committer panicked");
    }
}

impl fmt::Debug for Committer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = &self.owner.shared;
        f.debug_struct("Committer")
            .field("engine", &shared.store.engine())
            .field("state", &self.state())
            .finish()
    }
}

impl fmt::Debug for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Full")
            .field("batch", &self.batch)
            .finish_non_exhaustive()
    }
}
