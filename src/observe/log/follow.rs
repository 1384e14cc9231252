//! [`Follow`]: records as they are logged, for somebody who may be slow.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use futures_util::Stream;
use parking_lot::Mutex;

use super::filter::LogFilter;
use super::record::LogRecord;

/// Records that may wait for one follower; it misses the oldest of those that come while it is full.
const ROOM: usize = 1024;

/// What a follower is given.
#[derive(Debug, Clone, PartialEq)]
pub enum Followed {
    /// The next record.
    Record(Arc<LogRecord>),
    /// So many records came faster than they were taken, and are left out here.
    Missed(u64),
}

/// Records as they are logged. Ends with the [`Logs`](super::Logs) it was taken from.
///
/// Takes memory for 1024 records at most; who is slower than that is told how many records it missed.
#[derive(Debug)]
pub struct Follow(Arc<Queue>);

/// What waits for one follower.
#[derive(Debug)]
pub(super) struct Queue {
    filter: LogFilter,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Arc<LogRecord>>,
    num_missed: u64,
    is_closed: bool,
    waker: Option<Waker>,
}

impl Follow {
    /// Begins with these records.
    pub(super) fn new(filter: LogFilter, recent: Vec<Arc<LogRecord>>) -> Self {
        let mut state = State::default();
        for record in recent {
            state.push(record);
        }
        Self(Arc::new(Queue {
            filter,
            state: Mutex::new(state),
        }))
    }

    pub(super) fn queue(&self) -> Weak<Queue> {
        Arc::downgrade(&self.0)
    }

    /// The next record; `None` when the log is no more.
    ///
    /// # Cancel safety
    ///
    /// No record is lost when it is dropped.
    pub async fn next(&mut self) -> Option<Followed> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl Stream for Follow {
    type Item = Followed;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Followed>> {
        let mut state = self.0.state.lock();
        let num_missed = std::mem::take(&mut state.num_missed);
        if num_missed > 0 {
            return Poll::Ready(Some(Followed::Missed(num_missed)));
        }
        if let Some(record) = state.waiting.pop_front() {
            return Poll::Ready(Some(Followed::Record(record)));
        }
        if state.is_closed {
            return Poll::Ready(None);
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Queue {
    /// Never waits.
    pub(super) fn offer(&self, record: &Arc<LogRecord>) {
        if self.filter.matches(record) {
            self.change(|state| state.push(Arc::clone(record)));
        }
    }

    pub(super) fn close(&self) {
        self.change(|state| state.is_closed = true);
    }

    /// Wakes the follower after the lock is free: what it does then may log.
    fn change(&self, change: impl FnOnce(&mut State)) {
        let waker = {
            let mut state = self.state.lock();
            change(&mut state);
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl State {
    fn push(&mut self, record: Arc<LogRecord>) {
        if self.waiting.len() == ROOM {
            self.waiting.pop_front();
            self.num_missed += 1;
        }
        self.waiting.push_back(record);
    }
}
