//! What waits for the committer, what is in flight, and how both end.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::thread::ThreadId;
use std::time::Instant;

use super::batch::Batch;
use super::committer::{Done, Settings};
use super::error::Error;

/// What is known of a batch whose commit failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It never reached the store.
    NotWritten,
    /// It was in the group that failed: after recovery it is there wholly or not at all.
    Unknown,
}

/// Why a batch was not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitFailure {
    /// The store stopped committing, at this batch or before it.
    #[error("the store stopped committing: {reason}; start the process again")]
    Failed {
        /// What stopped it.
        reason: Arc<str>,
        /// Whether this batch may be in the store.
        outcome: Outcome,
    },
    /// This batch alone is refused; the committer goes on.
    #[error("the batch is refused: {0}")]
    Refused(#[source] Error),
    /// The committer was shut down before this batch came.
    #[error("the store is shut down; the batch was not written")]
    Stopped,
}

/// Why a committer stopped for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailStop {
    /// A commit failed.
    Failed {
        /// What the store said.
        reason: Arc<str>,
    },
    /// A commit made no progress for as long as the watchdog allows. Its thread may hang for ever: the
    /// process should end, and recovers when it starts again.
    Hung {
        /// How long it took, and how much waits behind it.
        reason: Arc<str>,
    },
}

impl FailStop {
    /// What stopped the committer.
    #[must_use]
    pub fn reason(&self) -> &Arc<str> {
        match self {
            Self::Failed { reason } | Self::Hung { reason } => reason,
        }
    }

    /// The code of the page that explains it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "SK0119"
    }
}

/// Told once when a committer stops for good, before any batch's `done` is; must not block.
pub type OnFail = Box<dyn FnOnce(&FailStop) + Send>;

/// A batch with the one who waits for it.
pub(super) struct Job {
    pub(super) batch: Batch,
    pub(super) done: Done,
    /// Set when the batch must not be written: its `done` is told in its turn.
    pub(super) refused: Option<Error>,
}

/// Who waits for a batch of the group in flight.
pub(super) struct Waiter {
    pub(super) done: Done,
    pub(super) refused: Option<Error>,
}

/// How far a committer's life has come.
#[derive(Clone)]
pub(super) enum Phase {
    Running,
    /// Commits what is queued, takes nothing new.
    Stopping,
    Stopped,
    Failed(FailStop),
}

/// A group taken from the queue.
pub(super) struct Group {
    pub(super) batches: Vec<Batch>,
    pub(super) bytes: usize,
    pub(super) num_barriers: usize,
    pub(super) started: Instant,
}

/// All that the committer's lock guards.
pub(super) struct Queue {
    pub(super) waiting: VecDeque<Job>,
    pub(super) waiting_bytes: usize,
    /// The waiters of the group under way. Here and not with the committing thread, so that the watchdog
    /// can tell them when that thread hangs.
    pub(super) in_flight: Vec<Waiter>,
    /// When the group under way was taken; `None` when none is and all its waiters have been told.
    pub(super) busy_since: Option<Instant>,
    /// The thread that commits. It never waits for room in its own queue.
    pub(super) driver: Option<ThreadId>,
    pub(super) phase: Phase,
    /// Told once when there is room again.
    pub(super) room_waiters: Vec<Box<dyn FnOnce() + Send>>,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            in_flight: Vec::new(),
            busy_since: None,
            driver: None,
            phase: Phase::Running,
            room_waiters: Vec::new(),
        }
    }

    /// An empty queue takes any batch, however large: otherwise it could never be written.
    pub(super) fn has_room(&self, bytes: usize, settings: &Settings) -> bool {
        self.waiting.is_empty()
            || (self.waiting.len() < settings.queue_batches
                && self.waiting_bytes + bytes <= settings.queue_bytes)
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running)
    }

    pub(super) fn is_failed(&self) -> bool {
        matches!(self.phase, Phase::Failed(_))
    }

    /// Nothing waits, nothing is under way: whatever was committed is durable.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.busy_since.is_none()
    }

    pub(super) fn push(&mut self, job: Job) {
        self.waiting_bytes += job.batch.bytes();
        self.waiting.push_back(job);
    }

    /// Takes what is queued as one group, within the bounds but at least one batch.
    pub(super) fn take_group(&mut self, settings: &Settings, now: Instant) -> Group {
        let mut group = Group {
            batches: Vec::new(),
            bytes: 0,
            num_barriers: 0,
            started: now,
        };
        while let Some(job) = self.waiting.pop_front() {
            let bytes = job.batch.bytes();
            if !self.in_flight.is_empty()
                && (self.in_flight.len() >= settings.max_batches
                    || group.bytes + bytes > settings.max_bytes)
            {
                self.waiting.push_front(job);
                break;
            }
            self.waiting_bytes -= bytes;
            if job.refused.is_none() && !job.batch.is_empty() {
                group.bytes += bytes;
                group.batches.push(job.batch);
            } else if job.refused.is_none() {
                group.num_barriers += 1;
            }
            self.in_flight.push(Waiter {
                done: job.done,
                refused: job.refused,
            });
        }
        self.busy_since = Some(now);
        group
    }

    /// Ends everything: whoever waits, and what is known of each one's batch.
    pub(super) fn fail(&mut self, stop: &FailStop) -> Vec<(Done, CommitFailure)> {
        let failed = |outcome| CommitFailure::Failed {
            reason: Arc::clone(stop.reason()),
            outcome,
        };
        self.phase = Phase::Failed(stop.clone());
        self.busy_since = None;
        self.waiting_bytes = 0;
        let in_flight = self.in_flight.drain(..).map(|waiter| {
            let failure = waiter
                .refused
                .map_or_else(|| failed(Outcome::Unknown), CommitFailure::Refused);
            (waiter.done, failure)
        });
        let waiting = self
            .waiting
            .drain(..)
            .map(|job| (job.done, failed(Outcome::NotWritten)));
        in_flight.chain(waiting).collect()
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("waiting", &self.waiting.len())
            .field("in_flight", &self.in_flight.len())
            .finish_non_exhaustive()
    }
}
