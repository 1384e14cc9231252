//! How long to wait before something that failed is tried again.

use std::time::Duration;

/// The pause before try number `attempt` (from 0): doubling from `min` to `max`, of which between a half and all is
/// waited, so that those who failed together do not come back together ("equal jitter", Brooker, AWS 2015).
pub(crate) fn backoff(attempt: u32, min: Duration, max: Duration, jitter: f64) -> Duration {
    let whole = min
        .saturating_mul(2_u32.saturating_pow(attempt.min(30)))
        .min(max);
    whole.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: Duration = Duration::from_millis(100);
    const MAX: Duration = Duration::from_millis(300);

    #[test]
    fn pauses_double_up_to_a_bound() {
        let pauses = [0, 1, 9].map(|attempt| backoff(attempt, MIN, MAX, 1.0));
        assert_eq!(pauses, [MIN, 2 * MIN, MAX]);
    }

    #[test]
    fn at_least_half_of_a_pause_is_waited() {
        assert_eq!(backoff(0, MIN, MAX, 0.0), MIN / 2);
    }
}
