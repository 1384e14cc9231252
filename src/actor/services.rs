//! What all actors of one capability share: the way to others, time, randomness, the store, and who listens to them.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::RwLock;
use tokio::runtime::Handle;
use tokio::sync::broadcast;
use tokio_util::task::TaskTracker;

use super::meter::Meters;
use super::random::Random;
use crate::call::Clock;
use crate::call::route::Directory;
use crate::store::{Committer, Store, TreeName};

/// Events that an onlooker may be behind before it misses some.
const TAP_ROOM: usize = 1024;

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
    /// Who looks on at events as they become known.
    pub(crate) taps: Taps,
    /// Is told what a commit left to be delivered.
    pub(crate) post: Arc<dyn Post>,
    pub(crate) limits: Limits,
    pub(crate) meters: Meters,
    /// Numbers outbox rows and dead letters; above every number in use when the store was opened.
    pub(crate) sequence: AtomicU64,
    /// How many outbox rows there are.
    pub(crate) backlog: AtomicU64,
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

/// For each event of a capability the targets that get it.
pub(crate) type Audience = BTreeMap<&'static str, Vec<Arc<str>>>;

/// An event as onlookers see it: its id and its JSON.
#[derive(Debug, Clone)]
pub(crate) struct Tapped {
    pub(crate) event: &'static str,
    pub(crate) body: Arc<str>,
}

/// Onlookers of one capability's events. They get what they keep up with; they are no subscribers.
#[derive(Debug, Default)]
pub(crate) struct Taps {
    senders: RwLock<BTreeMap<&'static str, broadcast::Sender<Tapped>>>,
}

impl Taps {
    /// Looks on from now.
    pub(crate) fn open(&self, event: &'static str) -> broadcast::Receiver<Tapped> {
        let mut senders = self.senders.write();
        senders
            .entry(event)
            .or_insert_with(|| broadcast::channel(TAP_ROOM).0)
            .subscribe()
    }

    pub(crate) fn wants(&self, event: &str) -> bool {
        self.senders
            .read()
            .get(event)
            .is_some_and(|sender| sender.receiver_count() > 0)
    }

    pub(crate) fn show(&self, tapped: Tapped) {
        if let Some(sender) = self.senders.read().get(tapped.event) {
            let _ = sender.send(tapped);
        }
    }
}

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
