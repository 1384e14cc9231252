//! [`Breaker`]: when calls to a capability that fails are not even tried. A state machine that is told the time; it knows no call.

use std::collections::VecDeque;
use std::time::Duration;

use crate::call::Tick;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BreakerRules {
    /// So many failures open it; at least 1.
    pub(crate) failures: usize,
    /// The time over which failures are counted.
    pub(crate) within: Duration,
    /// How long it stays open before one call tries.
    pub(crate) open_for: Duration,
}

/// The breaker before one capability.
#[derive(Debug)]
pub(super) struct Breaker {
    rules: BreakerRules,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Calls pass. When the newest calls failed that count, at most as many as open it.
    Closed { failed: VecDeque<Tick> },
    /// Calls are refused, until one may try; from then on all but that one.
    Open { until: Tick, is_tried: bool },
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It passes.
    Passes,
    /// It passes and tries whether the capability works again: its end has to be told.
    Tries,
    /// It is refused; another one may try after this long, zero when one does so now.
    Refused(Duration),
}

impl Breaker {
    pub(super) fn new(rules: BreakerRules) -> Self {
        Self {
            rules,
            state: State::Closed {
                failed: VecDeque::new(),
            },
        }
    }

    pub(super) const fn rules(&self) -> &BreakerRules {
        &self.rules
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// For how long a call would be refused now; `None` when it would pass.
    pub(super) fn refuses(&self, now: Tick) -> Option<Duration> {
        match self.state {
            State::Closed { .. } => None,
            State::Open { until, is_tried } => (is_tried || now < until).then(|| until.since(now)),
        }
    }

    /// Decides on a call that would be made now.
    pub(super) fn admit(&mut self, now: Tick) -> Admission {
        if let Some(wait) = self.refuses(now) {
            return Admission::Refused(wait);
        }
        match &mut self.state {
            State::Closed { .. } => Admission::Passes,
            State::Open { is_tried, .. } => {
                *is_tried = true;
                Admission::Tries
            }
        }
    }

    /// Notes that a call failed. Whether that opened the closed breaker.
    pub(super) fn failed(&mut self, now: Tick, has_tried: bool) -> bool {
        let open = State::Open {
            until: now.after(self.rules.open_for),
            is_tried: false,
        };
        match &mut self.state {
            State::Closed { failed } => {
                while failed
                    .front()
                    .is_some_and(|first| now.since(*first) > self.rules.within)
                {
                    failed.pop_front();
                }
                failed.push_back(now);
                let opens = failed.len() >= self.rules.failures;
                if opens {
                    self.state = open;
                }
                opens
            }
            State::Open { .. } => {
                if has_tried {
                    self.state = open;
                }
                false
            }
        }
    }

    /// Notes that the call which tried was handled: the breaker closes.
    pub(super) fn proved(&mut self) {
        self.state = State::Closed {
            failed: VecDeque::new(),
        };
    }

    /// Notes that the call which tried ended without telling anything: the next one tries.
    pub(super) fn proved_nothing(&mut self) {
        if let State::Open { is_tried, .. } = &mut self.state {
            *is_tried = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RULES: BreakerRules = BreakerRules {
        failures: 3,
        within: Duration::from_secs(10),
        open_for: Duration::from_secs(5),
    };

    fn at(seconds: u64) -> Tick {
        Tick::from_nanos(0).after(Duration::from_secs(seconds))
    }

    /// One that three failures in the first second have opened.
    fn open() -> Breaker {
        let mut breaker = Breaker::new(RULES);
        assert_eq!(
            [(); 3].map(|()| breaker.failed(at(0), false)),
            [false, false, true]
        );
        breaker
    }

    #[test]
    fn failures_that_are_far_apart_do_not_open_it() {
        let mut breaker = Breaker::new(RULES);
        assert!((0..50).all(|number| !breaker.failed(at(number * 6), false)));
        assert_eq!(breaker.admit(at(300)), Admission::Passes);
    }

    #[test]
    fn an_open_breaker_refuses_until_one_may_try_and_then_all_others() {
        let mut breaker = open();
        let wait = Duration::from_secs(2);
        assert_eq!(breaker.admit(at(3)), Admission::Refused(wait));
        assert_eq!(breaker.admit(at(5)), Admission::Tries);
        assert_eq!(breaker.admit(at(5)), Admission::Refused(Duration::ZERO));
    }

    #[test]
    fn a_try_that_failed_keeps_it_open_for_as_long_again() {
        let mut breaker = open();
        assert_eq!(breaker.admit(at(5)), Admission::Tries);
        assert!(!breaker.failed(at(7), true), "it was open before");
        assert_eq!(breaker.refuses(at(8)), Some(Duration::from_secs(4)));
        assert_eq!(breaker.admit(at(12)), Admission::Tries);
    }

    #[test]
    fn a_try_that_was_handled_closes_it_and_forgets_the_failures() {
        let mut breaker = open();
        assert_eq!(breaker.admit(at(5)), Admission::Tries);
        breaker.proved();
        assert!(!breaker.failed(at(5), false));
        assert_eq!(breaker.admit(at(5)), Admission::Passes);
    }

    #[test]
    fn a_try_that_told_nothing_leaves_it_to_the_next_call() {
        let mut breaker = open();
        assert_eq!(breaker.admit(at(5)), Admission::Tries);
        breaker.proved_nothing();
        assert_eq!(breaker.admit(at(5)), Admission::Tries);
    }

    #[test]
    fn calls_from_before_it_opened_change_nothing() {
        let mut breaker = open();
        assert!(!breaker.failed(at(4), false));
        assert_eq!(breaker.admit(at(5)), Admission::Tries);
        assert!(!breaker.failed(at(5), false));
        assert_eq!(breaker.admit(at(30)), Admission::Refused(Duration::ZERO));
    }

    proptest! {
        /// Against the plain reading of the rules: it opens at the first failure that is the third within ten seconds.
        #[test]
        fn it_opens_exactly_when_so_many_failures_lie_within_the_time(pauses in proptest::collection::vec(0_u64..9, 1..40)) {
            let mut breaker = Breaker::new(RULES);
            let mut times: Vec<u64> = Vec::new();
            let mut now = 0;
            for pause in pauses {
                now += pause;
                times.push(now);
                let close = times.iter().filter(|time| now - **time <= 10).count();
                let opens = breaker.failed(at(now), false);
                prop_assert_eq!(opens, close >= RULES.failures);
                if opens {
                    break;
                }
            }
        }

        /// Whatever happens in whatever order, at most one call tries at a time, and after a pause one may.
        #[test]
        fn one_call_tries_at_a_time(steps in proptest::collection::vec((0_u64..4, 0_u8..4), 1..60)) {
            let mut breaker = open();
            let (mut now, mut is_tried) = (0, false);
            for (pause, step) in steps {
                now += pause;
                match (step, is_tried) {
                    (0, false) if breaker.is_open() => {
                        is_tried = breaker.admit(at(now)) == Admission::Tries;
                    }
                    (1, true) => {
                        breaker.failed(at(now), true);
                        is_tried = false;
                    }
                    (2, true) => {
                        breaker.proved_nothing();
                        is_tried = false;
                    }
                    (3, true) => {
                        breaker.proved();
                        is_tried = false;
                    }
                    (_, true) => prop_assert!(breaker.refuses(at(now)).is_some()),
                    _ => {
                        breaker.failed(at(now), false);
                    }
                }
            }
            prop_assert!(is_tried || breaker.refuses(at(now + 5)).is_none());
        }
    }
}
