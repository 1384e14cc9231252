//! [`Backoff`]: how long to wait before a process that ended by itself is started again.

use std::time::Duration;

use crate::actor::random::Random;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);
/// A process that was ready for so long has shown that it can run: the next wait is the first one again.
const PROVEN: Duration = Duration::from_secs(30);

/// Waits that double from 200 ms to 10 s, each shortened by up to a half, so that processes that failed together do not come
/// back together.
#[derive(Debug)]
pub(super) struct Backoff {
    random: Random,
    failures: u32,
}

impl Backoff {
    pub(super) fn seeded(seed: u64) -> Self {
        Self {
            random: Random::seeded(seed),
            failures: 0,
        }
    }

    /// The wait after a process that was ready for so long.
    pub(super) fn after(&mut self, ready_for: Duration) -> Duration {
        if ready_for >= PROVEN {
            self.failures = 0;
        }
        let doubled = FIRST.saturating_mul(2_u32.saturating_pow(self.failures.min(16)));
        self.failures += 1;
        doubled
            .min(LONGEST)
            .mul_f64(0.5 + self.random.fraction() / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_their_limit_and_begin_anew_after_a_good_run() {
        let mut backoff = Backoff::seeded(7);
        let waits: Vec<Duration> = (0..20).map(|_| backoff.after(Duration::ZERO)).collect();
        for (number, wait) in waits.iter().enumerate() {
            let full = FIRST.saturating_mul(1 << number.min(16)).min(LONGEST);
            assert!((full / 2..=full).contains(wait), "{number}: {wait:?}");
        }
        assert!(backoff.after(PROVEN) <= FIRST);
        let mut other = Backoff::seeded(8);
        assert_ne!(other.after(Duration::ZERO), waits[0]);
    }
}
