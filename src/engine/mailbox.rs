//! A bounded mailbox: first come, first served. Who finds it full stands in line, and moves up when there is a place.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::turn::Job;
use crate::actor::Capability;

/// What an actor still has to do.
pub(super) struct Mailbox<A: Capability> {
    queue: Mutex<Queue<A>>,
    /// How many jobs are queued, readable without the lock.
    length: AtomicUsize,
    bound: usize,
}

struct Queue<A: Capability> {
    jobs: VecDeque<Arc<dyn Job<A>>>,
    /// Senders for whom there is no place yet, in the order in which they came. Empty unless the jobs fill all places.
    line: VecDeque<InLine<A>>,
    next_number: u64,
    /// The actor is gone for good; whoever comes now must look for its successor.
    is_closed: bool,
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

impl<A: Capability> Mailbox<A> {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            queue: Mutex::new(Queue {
                jobs: VecDeque::new(),
                line: VecDeque::new(),
                next_number: 0,
                is_closed: false,
            }),
            length: AtomicUsize::new(0),
            bound: bound.max(1),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.length.load(Ordering::SeqCst)
    }

    /// Whether nothing is queued, and so nobody stands in line.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Queues a job, or lets it stand in line.
    pub(super) fn push(&self, job: Arc<dyn Job<A>>) -> Pushed<A> {
        let mut queue = self.queue.lock();
        if queue.is_closed {
            return Pushed::Closed(job);
        }
        if queue.jobs.len() < self.bound {
            queue.jobs.push_back(job);
            self.length.store(queue.jobs.len(), Ordering::SeqCst);
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
        let mut queue = self.queue.lock();
        let job = queue.jobs.pop_front()?;
        let mut moved_up = None;
        if let Some(next) = queue.line.pop_front() {
            queue.jobs.push_back(next.job);
            moved_up = Some(next.moved_up);
        }
        self.length.store(queue.jobs.len(), Ordering::SeqCst);
        drop(queue);
        if let Some(moved_up) = moved_up {
            let _ = moved_up.send(());
        }
        Some(job)
    }

    /// Gives up a position in line; no effect for who has moved up.
    pub(super) fn leave(&self, position: &Position) {
        let mut queue = self.queue.lock();
        let found = queue
            .line
            .binary_search_by_key(&position.number, |waiting| waiting.number);
        let gone = found.ok().and_then(|index| queue.line.remove(index));
        drop(queue);
        drop(gone);
    }

    /// Closes the mailbox for good; gives back what was in it and in line.
    pub(super) fn close(&self) -> Vec<Arc<dyn Job<A>>> {
        let mut queue = self.queue.lock();
        queue.is_closed = true;
        let mut jobs: Vec<_> = queue.jobs.drain(..).collect();
        jobs.extend(queue.line.drain(..).map(|waiting| waiting.job));
        self.length.store(0, Ordering::SeqCst);
        jobs
    }

    /// Closes the mailbox if nothing waits in it; says whether it is closed.
    pub(super) fn close_if_empty(&self) -> bool {
        let mut queue = self.queue.lock();
        if queue.jobs.is_empty() {
            queue.is_closed = true;
        }
        queue.is_closed
    }
}
