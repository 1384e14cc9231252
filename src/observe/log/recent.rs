//! The records of the last moments, and those who follow what comes.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use super::filter::LogFilter;
use super::follow::{Follow, Queue};
use super::record::LogRecord;

/// A bounded number of records, the oldest of which make room for new ones.
#[derive(Debug)]
pub(super) struct Recent {
    num_max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    records: VecDeque<Arc<LogRecord>>,
    followers: Vec<Weak<Queue>>,
}

impl Recent {
    pub(super) fn new(num_max: usize) -> Self {
        Self {
            num_max,
            state: Mutex::default(),
        }
    }

    pub(super) fn add(&self, record: LogRecord) {
        let record = Arc::new(record);
        let mut gone = Vec::new();
        let followers: Vec<_> = {
            let mut state = self.state.lock();
            if self.num_max > 0 {
                if state.records.len() == self.num_max {
                    gone.extend(state.records.pop_front());
                }
                state.records.push_back(Arc::clone(&record));
            }
            state
                .followers
                .retain(|follower| follower.strong_count() > 0);
            // Offered in the lock's order, so that nobody sees two records the wrong way round.
            let followers: Vec<_> = state.followers.iter().filter_map(Weak::upgrade).collect();
            for follower in &followers {
                follower.offer(&record);
            }
            followers
        };
        drop((followers, gone));
    }

    /// The last `num_max` records that match, oldest first.
    pub(super) fn last(&self, filter: &LogFilter, num_max: usize) -> Vec<Arc<LogRecord>> {
        self.state.lock().last(filter, num_max)
    }

    /// How many follow now.
    pub(super) fn num_followers(&self) -> usize {
        let state = self.state.lock();
        let followers = state.followers.iter();
        followers
            .filter(|follower| follower.strong_count() > 0)
            .count()
    }

    /// Follows from now on, after the last `num_recent` records that match: none is left out between them, none comes twice.
    pub(super) fn follow(&self, filter: LogFilter, num_recent: usize) -> Follow {
        let mut state = self.state.lock();
        let recent = state.last(&filter, num_recent);
        let follow = Follow::new(filter, recent);
        state.followers.push(follow.queue());
        follow
    }
}

impl State {
    fn last(&self, filter: &LogFilter, num_max: usize) -> Vec<Arc<LogRecord>> {
        let matching = self.records.iter().rev();
        let matching = matching.filter(|record| filter.matches(record));
        let mut found: Vec<_> = matching.take(num_max).cloned().collect();
        found.reverse();
        found
    }
}

impl Drop for Recent {
    fn drop(&mut self) {
        for follower in &self.state.get_mut().followers {
            if let Some(follower) = follower.upgrade() {
                follower.close();
            }
        }
    }
}
