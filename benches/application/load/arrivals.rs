//! When guests come: at random, so many a second on average, whether those before them have been served or not.

use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

/// The moments, from the beginning, at which guests come within `time` (a Poisson process of the rate `per_second`), in order. The same
/// for the same seed.
pub(crate) fn arrivals(seed: u64, per_second: f64, time: Duration) -> Vec<Duration> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut moments = Vec::new();
    let mut at = 0.0;
    loop {
        let chance: f64 = random.random();
        // From 0 up to but without 1, so that the logarithm is finite.
        at += -(1.0 - chance).ln() / per_second;
        if at >= time.as_secs_f64() {
            return moments;
        }
        moments.push(Duration::from_secs_f64(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn guests_come_in_order_at_the_rate_and_within_the_time() {
        let moments = arrivals(3, 1000.0, MINUTE);
        assert!(moments.is_sorted());
        assert!(moments.iter().all(|moment| *moment < MINUTE));
        assert!(
            (59_000..61_000).contains(&moments.len()),
            "{}",
            moments.len()
        );
    }

    #[test]
    fn gaps_are_those_of_chance_and_not_of_a_clock() {
        let moments = arrivals(3, 1000.0, MINUTE);
        let gaps = moments.windows(2).map(|pair| pair[1] - pair[0]);
        let short = gaps.filter(|gap| *gap < Duration::from_micros(500)).count();
        // Of exponential gaps 39 % are shorter than half of their mean.
        let percent = short * 100 / moments.len();
        assert!((37..=42).contains(&percent), "{percent} %");
    }

    #[test]
    fn a_seed_repeats_itself() {
        let second = Duration::from_secs(1);
        assert_eq!(arrivals(5, 100.0, second), arrivals(5, 100.0, second));
        assert_ne!(arrivals(5, 100.0, second), arrivals(6, 100.0, second));
    }
}
