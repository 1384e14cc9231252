//! A bounded mailbox: first come, first served. Who finds it full stands in line, and moves up when there is a place.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::turn::Job;
use crate::actor::Capability;

/// What an actor still has to do.
pub(super) struct Mailbox<A: Capability> {
    /// Made for the first job that waits: most of a million idle actors have none.
    queue: Mutex<Option<Box<Queue<A>>>>,
    /// How many jobs are queued, readable without the lock.
    length: AtomicU32,
    /// The actor is gone for good; whoever comes now must look for its successor. Written and read under the lock, and beside it
    /// because there is room for it.
    is_closed: AtomicBool,
}

struct Queue<A: Capability> {
    jobs: VecDeque<Arc<dyn Job<A>>>,
    /// Senders for whom there is no place yet, in the order in which they came. Empty unless the jobs fill all places.
    line: VecDeque<InLine<A>>,
    next_number: u64,
}

struct InLine<A: Capability> {
    number: u64,
    job: Arc<dyn Job<A>>,
    moved_up: oneshot::Sender<()>,
}

/// A sender's position in line. It must [leave](Mailbox::leave) if it does not want to wait any more.
#[derive(Debug)]
pub(super) struct Position {
    number: u64,
    /// Ends when the job is queued; with an error when it never will be.
    pub(super) moved_up: oneshot::Receiver<()>,
}

/// What became of a job that was to be queued.
pub(super) enum Pushed<A: Capability> {
    Queued,
    InLine(Position),
    Closed(Arc<dyn Job<A>>),
}

impl<A: Capability> Default for Queue<A> {
    fn default() -> Self {
        Self {
            jobs: VecDeque::new(),
            line: VecDeque::new(),
            next_number: 0,
        }
    }
}

impl<A: Capability> Mailbox<A> {
    pub(super) const fn new() -> Self {
        Self {
            queue: Mutex::new(None),
            length: AtomicU32::new(0),
            is_closed: AtomicBool::new(false),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.length.load(Ordering::SeqCst) as usize
    }

    /// Whether nothing is queued, and so nobody stands in line.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn note_length(&self, queue: &Queue<A>) {
        let length = u32::try_from(queue.jobs.len()).unwrap_or(u32::MAX);
        self.length.store(length, Ordering::SeqCst);
    }

    /// Queues a job if fewer than `bound` are queued, and at least one may always be; else lets it stand in line.
    pub(super) fn push(&self, job: Arc<dyn Job<A>>, bound: usize) -> Pushed<A> {
        let mut queue = self.queue.lock();
        if self.is_closed.load(Ordering::Relaxed) {
            return Pushed::Closed(job);
        }
        let queue = queue.get_or_insert_default();
        if queue.jobs.len() < bound.max(1) {
            queue.jobs.push_back(job);
            self.note_length(queue);
            return Pushed::Queued;
        }
        let (sender, moved_up) = oneshot::channel();
        let number = queue.next_number;
        queue.next_number += 1;
        queue.line.push_back(InLine {
            number,
            job,
            moved_up: sender,
        });
        Pushed::InLine(Position { number, moved_up })
    }

    /// Takes the oldest job; who waits longest gets its place.
    pub(super) fn pop(&self) -> Option<Arc<dyn Job<A>>> {
        if self.is_empty() {
            return None;
        }
        let mut places = self.queue.lock();
        let queue = places.as_mut()?;
        let job = queue.jobs.pop_front()?;
        let mut moved_up = None;
        if let Some(next) = queue.line.pop_front() {
            queue.jobs.push_back(next.job);
            moved_up = Some(next.moved_up);
        }
        self.note_length(queue);
        drop(places);
        if let Some(moved_up) = moved_up {
            let _ = moved_up.send(());
        }
        Some(job)
    }

    /// Gives up a position in line; no effect for who has moved up.
    pub(super) fn leave(&self, position: &Position) {
        let mut places = self.queue.lock();
        let Some(queue) = &mut *places else {
            return;
        };
        let found = queue
            .line
            .binary_search_by_key(&position.number, |waiting| waiting.number);
        let gone = found.ok().and_then(|index| queue.line.remove(index));
        drop(places);
        drop(gone);
    }

    /// Gives back the room for jobs if none waits.
    pub(super) fn shrink(&self) {
        let mut places = self.queue.lock();
        let Some(queue) = &mut *places else {
            return;
        };
        if !queue.jobs.is_empty() {
            return;
        }
        // Whoever stood in line may still look for a position, and must not find that of another with the same number.
        if queue.next_number > 0 {
            queue.jobs = VecDeque::new();
            queue.line = VecDeque::new();
        } else {
            *places = None;
        }
    }

    /// Closes the mailbox for good; gives back what was in it and in line.
    pub(super) fn close(&self) -> Vec<Arc<dyn Job<A>>> {
        let mut places = self.queue.lock();
        self.is_closed.store(true, Ordering::Relaxed);
        self.length.store(0, Ordering::SeqCst);
        let Some(queue) = places.take() else {
            return Vec::new();
        };
        let Queue { jobs, line, .. } = *queue;
        let in_line = line.into_iter().map(|waiting| waiting.job);
        jobs.into_iter().chain(in_line).collect()
    }

    /// Closes the mailbox if nothing waits in it; says whether it is closed.
    pub(super) fn close_if_empty(&self) -> bool {
        let places = self.queue.lock();
        if places.as_ref().is_none_or(|queue| queue.jobs.is_empty()) {
            self.is_closed.store(true, Ordering::Relaxed);
        }
        self.is_closed.load(Ordering::Relaxed)
    }
}
