//! What all actors of one capability share: the way to others, time, randomness, the store, and who listens to them.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use super::debts::Debts;
use super::event_log::EventLog;
use super::meter::Meters;
use super::random::Random;
use crate::call::Clock;
use crate::call::route::Directory;
use crate::store::{Committer, Store, TreeName};

/// What all actors of one capability share.
pub(crate) struct Services {
    pub(crate) capability: &'static str,
    pub(crate) directory: Arc<Directory>,
    pub(crate) clock: Clock,
    pub(crate) random: Arc<Random>,
    pub(crate) tasks: Tasks,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) committer: Committer,
    pub(crate) tree: TreeName,
    /// Who listens to the events of this capability.
    pub(crate) audience: Audience,
    /// Every event, for those who look on.
    pub(crate) log: Arc<EventLog>,
    /// Is told what a commit left to be delivered.
    pub(crate) post: Arc<dyn Post>,
    pub(crate) limits: Limits,
    pub(crate) meters: Meters,
    /// Numbers outbox rows and dead letters; above every number in use when the store was opened.
    pub(crate) sequence: AtomicU64,
    /// How many outbox rows there are.
    pub(crate) backlog: AtomicU64,
    /// Which deliveries wait for rows of its outbox, when it is not durable.
    pub(crate) debts: Debts,
    /// Whether handled messages are remembered: the capability is durable.
    pub(crate) remembers: bool,
}

impl Services {
    pub(crate) fn next_sequence(&self) -> u64 {
        self.sequence.fetch_add(1, Ordering::Relaxed)
    }
}

/// The bounds that a turn meets.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Bytes of one encoded body.
    pub(crate) message_size: usize,
    /// Rows that may wait in the outbox.
    pub(crate) outbox: u64,
    /// How long handled messages are remembered.
    pub(crate) inbox_retention: Duration,
}

/// For each event of a capability the targets that get it: capabilities of this process, and [`EVENTS`](super::outgoing::EVENTS)
/// when there are other processes.
pub(crate) type Audience = BTreeMap<String, Vec<Arc<str>>>;

/// Is told what a commit left to be delivered.
pub(crate) trait Post: Send + Sync {
    /// These commits are durable: rows wait in these lanes, and timers may have been set.
    fn committed(&self, capability: &'static str, news: News);
}

/// What a commit left to be delivered.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// The outbox rows that were added.
    pub(crate) lanes: Vec<Posted>,
    /// When the earliest timer that was set is due, in wall milliseconds.
    pub(crate) timer_due_ms: Option<u64>,
}

/// An outbox row that is durable, and so are all before it in its lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) target: Arc<str>,
    pub(crate) lane: Arc<str>,
    pub(crate) sequence: u64,
}

impl News {
    pub(crate) fn is_empty(&self) -> bool {
        self.lanes.is_empty() && self.timer_due_ms.is_none()
    }
}

/// Runs the tasks of one runtime; each has an owner that ends it.
#[derive(Debug, Clone)]
pub(crate) struct Tasks {
    handle: Handle,
    tracker: TaskTracker,
    stop: tokio_util::sync::CancellationToken,
}

impl Tasks {
    pub(crate) fn new(handle: Handle) -> Self {
        Self {
            handle,
            tracker: TaskTracker::new(),
            stop: tokio_util::sync::CancellationToken::new(),
        }
    }

    /// Runs a task until it ends or the runtime does, whichever is first.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        let bounded = async move {
            tokio::select! {
                () = task => {}
                () = stop.cancelled() => {}
            }
        };
        self.tracker.spawn_on(bounded, &self.handle);
    }

    /// Does what blocks on a thread that may; `None` when the runtime ends. Until it is done the runtime has not ended.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let token = self.tracker.token();
        if self.stop.is_cancelled() {
            return None;
        }
        let working = self.handle.spawn_blocking(move || {
            let done = work();
            drop(token);
            done
        });
        working.await.ok()
    }

    /// Ends all tasks without waiting for them.
    pub(crate) fn cancel(&self) {
        self.stop.cancel();
    }

    /// Ends all tasks and waits for them.
    pub(crate) async fn end(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}
