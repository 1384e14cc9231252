//! [`Retries`]: how often and how soon one call is made again.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::call::{MessageId, backoff};

/// Which calls to a capability are made again, how often and how soon.
#[derive(Debug, Clone)]
pub(crate) struct RetryRules {
    /// How often a call is made again; at least 1.
    pub(crate) retries: u32,
    pub(crate) backoff_min: Duration,
    pub(crate) backoff_max: Duration,
    /// Whether the capability remembers the ids of what it has handled.
    pub(crate) remembers: bool,
    /// The names of the messages that may be handled twice.
    pub(crate) idempotent: BTreeSet<String>,
}

/// How often one call has been made again.
#[derive(Debug, Default)]
pub(super) struct Retries {
    done: u32,
}

impl RetryRules {
    /// Whether a message may be sent again though it may have been handled.
    pub(super) fn may_repeat(&self, message: &str, id: Option<MessageId>) -> bool {
        (self.remembers && id.is_some()) || self.idempotent.contains(message)
    }
}

impl Retries {
    /// The pause before the call is made again; `None` when it is not. `jitter` is a random number in `0.0..1.0`.
    pub(super) fn next(&mut self, rules: &RetryRules, jitter: f64) -> Option<Duration> {
        if self.done == rules.retries {
            return None;
        }
        let pause = backoff(self.done, rules.backoff_min, rules.backoff_max, jitter);
        self.done += 1;
        Some(pause)
    }
}
