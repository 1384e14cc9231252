//! [`Guard`]: what stands on the route to one capability, and is shared by all calls that this process makes to it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::breaker::{Admission, Breaker, BreakerRules};
use super::line::Line;
use super::reading::{BreakerReading, GuardReading};
use super::retries::RetryRules;
use crate::call::{CallError, Clock, MessageId};

/// What the configuration wants of a guard.
#[derive(Debug, Clone, Default)]
pub(crate) struct GuardRules {
    /// When calls are not even tried.
    pub(crate) breaker: Option<BreakerRules>,
    /// How many calls may be under way at once.
    pub(crate) calls_at_once: Option<usize>,
    /// Which calls are made again.
    pub(crate) retries: Option<RetryRules>,
}

/// A random number in `0.0..1.0`.
pub(crate) type Jitter = Box<dyn Fn() -> f64 + Send + Sync>;

/// What stands between the callers of this process and one capability.
pub(crate) struct Guard {
    capability: &'static str,
    clock: Clock,
    jitter: Jitter,
    breaker: Option<Mutex<Breaker>>,
    pub(super) line: Option<Arc<Line>>,
    pub(super) retries: Option<RetryRules>,
    num_refused: AtomicU64,
    num_retried: AtomicU64,
}

impl Guard {
    /// `None` when the rules want nothing.
    pub(crate) fn new(
        capability: &'static str,
        clock: Clock,
        rules: GuardRules,
        jitter: Jitter,
    ) -> Option<Arc<Self>> {
        let GuardRules {
            breaker,
            calls_at_once,
            retries,
        } = rules;
        if breaker.is_none() && calls_at_once.is_none() && retries.is_none() {
            return None;
        }
        Some(Arc::new(Self {
            capability,
            clock,
            jitter,
            breaker: breaker.map(|rules| Mutex::new(Breaker::new(rules))),
            line: calls_at_once.map(Line::new),
            retries,
            num_refused: AtomicU64::new(0),
            num_retried: AtomicU64::new(0),
        }))
    }

    pub(crate) fn reading(&self) -> GuardReading {
        let is_open = |breaker: &Mutex<Breaker>| breaker.lock().is_open();
        GuardReading {
            capability: self.capability,
            breaker: self.breaker.as_ref().map(|breaker| BreakerReading {
                is_open: is_open(breaker),
                num_refused: self.num_refused.load(Ordering::Relaxed),
            }),
            num_under_way: self.line.as_ref().map(|line| line.num_under_way()),
            num_retried: self
                .retries
                .as_ref()
                .map(|_| self.num_retried.load(Ordering::Relaxed)),
        }
    }

    /// Whether a message may be sent again though it may have been handled.
    pub(crate) fn may_repeat(&self, message: &str, id: Option<MessageId>) -> bool {
        let retries = self.retries.as_ref();
        retries.is_some_and(|rules| rules.may_repeat(message, id))
    }

    pub(super) const fn capability(&self) -> &'static str {
        self.capability
    }

    pub(super) const fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn jitter(&self) -> f64 {
        (self.jitter)()
    }

    pub(super) fn count_retry(&self) {
        self.num_retried.fetch_add(1, Ordering::Relaxed);
    }

    /// There is no room for a call, and no more time to wait for it.
    pub(super) fn overloaded(&self) -> CallError {
        CallError::Overloaded {
            capability: self.capability.to_owned(),
        }
    }

    /// Refuses a call while the breaker is open, without having it try.
    pub(super) fn refuse_if_open(&self) -> Result<(), CallError> {
        let Some(breaker) = &self.breaker else {
            return Ok(());
        };
        let refused = breaker.lock().refuses(self.clock.now());
        refused.map_or(Ok(()), |wait| Err(self.refusal(wait)))
    }

    /// Has a call pass the breaker; with a trial when it tries whether the capability works again.
    pub(super) fn admit(self: &Arc<Self>) -> Result<Option<Trial>, CallError> {
        let Some(breaker) = &self.breaker else {
            return Ok(None);
        };
        let admission = breaker.lock().admit(self.clock.now());
        match admission {
            Admission::Passes => Ok(None),
            Admission::Tries => Ok(Some(Trial {
                guard: Arc::clone(self),
                is_told: false,
            })),
            Admission::Refused(wait) => Err(self.refusal(wait)),
        }
    }

    fn refusal(&self, wait: Duration) -> CallError {
        self.num_refused.fetch_add(1, Ordering::Relaxed);
        let when = if wait.is_zero() {
            "one call tries now whether it works again".to_owned()
        } else {
            format!("a call may try again in {} ms", wait.as_millis().max(1))
        };
        CallError::Down {
            capability: self.capability.to_owned(),
            reason: format!(
                "too many calls to it have failed, so that its circuit breaker is open; {when}"
            ),
        }
    }

    /// Notes the end of a call that was admitted, and failed for a reason of the capability's.
    pub(super) fn note_failure(&self, trial: Option<Trial>, error: &CallError) {
        let Some(breaker) = &self.breaker else {
            return;
        };
        let has_tried = trial.is_some_and(Trial::tell);
        let (has_opened, rules) = {
            let mut breaker = breaker.lock();
            let has_opened = breaker.failed(self.clock.now(), has_tried);
            (has_opened, *breaker.rules())
        };
        if has_opened {
            let BreakerRules {
                failures,
                within,
                open_for,
            } = rules;
            tracing::warn!(
                capability = self.capability, failures, ?within, ?open_for, %error,
                "the circuit breaker opens: calls are refused until one that tries is handled"
            );
        }
    }

    /// Notes the end of a call that was handled.
    pub(super) fn note_success(&self, trial: Option<Trial>) {
        let Some((trial, breaker)) = trial.zip(self.breaker.as_ref()) else {
            return;
        };
        if trial.tell() {
            breaker.lock().proved();
            tracing::info!(
                capability = self.capability,
                "the circuit breaker closes: calls are handled again"
            );
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("reading", &self.reading())
            .finish_non_exhaustive()
    }
}

/// The call that tries whether the capability works again. Dropped without an end, it leaves that to the next one.
pub(super) struct Trial {
    guard: Arc<Guard>,
    is_told: bool,
}

impl Trial {
    /// Its end is told by whoever calls this.
    fn tell(mut self) -> bool {
        self.is_told = true;
        true
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if let Some(breaker) = self.guard.breaker.as_ref().filter(|_| !self.is_told) {
            breaker.lock().proved_nothing();
        }
    }
}
