//! A bounded mailbox: first come, first served, and a place is kept for whoever waits longest.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::{AcquireError, Semaphore};

use super::turn::Job;
use crate::actor::Capability;

/// What an actor still has to do.
pub(super) struct Mailbox<A: Capability> {
    queue: Mutex<Queue<A>>,
    /// How many jobs are queued, readable without the lock.
    length: AtomicUsize,
    /// Free places. A job takes one before it is queued and gives it back when its turn begins.
    places: Semaphore,
}

struct Queue<A: Capability> {
    jobs: VecDeque<Arc<dyn Job<A>>>,
    /// The actor is gone for good; whoever comes now must look for its successor.
    closed: bool,
}

/// What became of a job that was to be queued.
pub(super) enum Pushed<A: Capability> {
    Queued,
    Full(Arc<dyn Job<A>>),
    Closed(Arc<dyn Job<A>>),
}

impl<A: Capability> Mailbox<A> {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            queue: Mutex::new(Queue {
                jobs: VecDeque::new(),
                closed: false,
            }),
            length: AtomicUsize::new(0),
            places: Semaphore::new(bound),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.length.load(Ordering::SeqCst)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Queues a job; with `has_place` one is kept for it already.
    pub(super) fn push(&self, job: Arc<dyn Job<A>>, has_place: bool) -> Pushed<A> {
        if !has_place {
            match self.places.try_acquire() {
                Ok(place) => place.forget(),
                Err(_) => return Pushed::Full(job),
            }
        }
        let mut queue = self.queue.lock();
        if queue.closed {
            drop(queue);
            self.give_back();
            return Pushed::Closed(job);
        }
        queue.jobs.push_back(job);
        self.length.fetch_add(1, Ordering::SeqCst);
        Pushed::Queued
    }

    /// Takes the oldest job; its place is free again.
    pub(super) fn pop(&self) -> Option<Arc<dyn Job<A>>> {
        if self.is_empty() {
            return None;
        }
        let job = self.queue.lock().jobs.pop_front()?;
        self.length.fetch_sub(1, Ordering::SeqCst);
        self.give_back();
        Some(job)
    }

    /// Waits for a free place and keeps it.
    pub(super) async fn reserve(&self) -> Result<(), AcquireError> {
        self.places.acquire().await?.forget();
        Ok(())
    }

    /// A kept place was not used.
    pub(super) fn give_back(&self) {
        self.places.add_permits(1);
    }

    /// Closes the mailbox if nothing waits in it; says whether it is closed.
    pub(super) fn close_if_empty(&self) -> bool {
        let mut queue = self.queue.lock();
        if queue.jobs.is_empty() {
            queue.closed = true;
        }
        queue.closed
    }
}
