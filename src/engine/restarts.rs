//! When a failed actor is tried again: exponential backoff with jitter, within a budget.

use std::collections::VecDeque;
use std::time::Duration;

use super::spec::RestartPolicy;
use crate::call::{Tick, backoff};

/// The recent failures of one actor.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    /// When it failed, within the policy's window.
    failures: VecDeque<Tick>,
    /// Failures since a turn last succeeded.
    in_a_row: u32,
}

/// What follows a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Try again after this long.
    Again(Duration),
    /// The budget is used up: it is down, and tried again after this long.
    Down(Duration),
}

impl Restarts {
    /// Notes a failure; `jitter` is a random number in `0.0..1.0`.
    pub(super) fn failed(&mut self, now: Tick, policy: &RestartPolicy, jitter: f64) -> Verdict {
        while self
            .failures
            .front()
            .is_some_and(|first| now.since(*first) > policy.within)
        {
            self.failures.pop_front();
        }
        self.failures.push_back(now);
        self.in_a_row += 1;
        if self.failures.len() > policy.budget {
            self.failures.clear();
            return Verdict::Down(policy.down_for);
        }
        if self.in_a_row == 1 {
            // The first restart is at once: one bad message should not make the others wait.
            return Verdict::Again(Duration::ZERO);
        }
        Verdict::Again(backoff(
            self.in_a_row - 2,
            policy.backoff_min,
            policy.backoff_max,
            jitter,
        ))
    }

    /// Notes that a turn succeeded.
    pub(super) fn succeeded(&mut self) {
        self.in_a_row = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RestartPolicy = RestartPolicy {
        budget: 3,
        within: Duration::from_secs(60),
        backoff_min: Duration::from_millis(100),
        backoff_max: Duration::from_millis(300),
        down_for: Duration::from_secs(30),
    };

    fn at(seconds: u64) -> Tick {
        Tick::from_nanos(0).after(Duration::from_secs(seconds))
    }

    #[test]
    fn the_first_restart_is_at_once_and_later_ones_wait_longer_up_to_a_bound() {
        let mut restarts = Restarts::default();
        let waits: Vec<_> = (0..3)
            .map(|second| restarts.failed(at(second), &POLICY, 1.0))
            .collect();
        let expected = [0, 100, 200].map(|ms| Verdict::Again(Duration::from_millis(ms)));
        assert_eq!(waits, expected);
    }

    #[test]
    fn a_used_up_budget_takes_the_actor_down() {
        let mut restarts = Restarts::default();
        for _ in 0..3 {
            assert!(matches!(
                restarts.failed(at(1), &POLICY, 0.0),
                Verdict::Again(_)
            ));
        }
        assert_eq!(
            restarts.failed(at(1), &POLICY, 0.0),
            Verdict::Down(POLICY.down_for)
        );
    }

    #[test]
    fn old_failures_are_forgiven() {
        let mut restarts = Restarts::default();
        for minute in 0..20 {
            assert!(matches!(
                restarts.failed(at(minute * 61), &POLICY, 0.0),
                Verdict::Again(_)
            ));
        }
    }

    #[test]
    fn a_turn_that_succeeds_resets_the_backoff() {
        let mut restarts = Restarts::default();
        restarts.failed(at(0), &POLICY, 1.0);
        restarts.failed(at(0), &POLICY, 1.0);
        restarts.succeeded();
        assert_eq!(
            restarts.failed(at(100), &POLICY, 1.0),
            Verdict::Again(Duration::ZERO)
        );
    }
}
