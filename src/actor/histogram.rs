//! Durations in buckets, as they are gathered and as they are read.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The upper bounds of the buckets of every histogram, in nanoseconds; one more bucket is for what is above.
const BOUNDS_NS: [u64; 22] = [
    250,
    500,
    1_000,
    2_500,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    5_000_000_000,
];

/// Durations in buckets.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    buckets: [AtomicU64; BOUNDS_NS.len() + 1],
    sum_ns: AtomicU64,
    count: AtomicU64,
}

impl Histogram {
    pub(super) fn observe(&self, duration: Duration, weight: u32) {
        let ns = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let weight = u64::from(weight);
        let bucket = BOUNDS_NS.partition_point(|bound| *bound < ns);
        self.buckets[bucket].fetch_add(weight, Ordering::Relaxed);
        self.sum_ns
            .fetch_add(ns.saturating_mul(weight), Ordering::Relaxed);
        self.count.fetch_add(weight, Ordering::Relaxed);
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Whether there are some, and no more than one of `most` lies above `bound_ns`, which is a bound of a bucket.
    pub(super) fn is_mostly_within(&self, bound_ns: u64, most: u64) -> bool {
        let count = self.count();
        let within: u64 = self
            .buckets
            .iter()
            .zip(BOUNDS_NS)
            .take_while(|(_, bound)| *bound <= bound_ns)
            .map(|(bucket, _)| bucket.load(Ordering::Relaxed))
            .sum();
        count > 0 && count.saturating_sub(within) <= count / most
    }

    pub(super) fn read(&self) -> HistogramReading {
        let counts: Vec<_> = self
            .buckets
            .iter()
            .map(|bucket| bucket.load(Ordering::Relaxed))
            .collect();
        HistogramReading {
            // Not the counter: the sum of the buckets is what a reader holds against them.
            count: counts.iter().sum(),
            counts,
            sum: Duration::from_nanos(self.sum_ns.load(Ordering::Relaxed)),
        }
    }
}

/// Durations in buckets, at one moment. Of the turns after the first 1,024 one of 32 was timed, and counts 32 times.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistogramReading {
    /// How many fell into each bucket; the last is for what is above every bound.
    pub counts: Vec<u64>,
    /// How many there are.
    pub count: u64,
    /// All of them together.
    pub sum: Duration,
}

impl HistogramReading {
    /// The upper bounds of the buckets but the last.
    pub fn bounds() -> impl Iterator<Item = Duration> {
        BOUNDS_NS.into_iter().map(Duration::from_nanos)
    }

    /// Puts another reading to this one.
    pub fn add(&mut self, other: &Self) {
        self.counts.resize(BOUNDS_NS.len() + 1, 0);
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.count += other.count;
        self.sum += other.sum;
    }

    /// The bound below which a share of them lies, 0 to 1, guessed to be spread evenly within its bucket; `None` when there
    /// are none. What lies above every bound is given as the highest bound.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        reason = "counts are far below 2^52, and this is a guess within a bucket"
    )]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        if self.count == 0 {
            return None;
        }
        let wanted = share.clamp(0.0, 1.0) * self.count as f64;
        let mut below = 0.0;
        let mut low = Duration::ZERO;
        for (count, high) in self.counts.iter().zip(Self::bounds()) {
            let count = *count as f64;
            if count > 0.0 && below + count >= wanted {
                return Some(
                    low + (high - low).mul_f64(((wanted - below) / count).clamp(0.0, 1.0)),
                );
            }
            below += count;
            low = high;
        }
        Some(low)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_lies_in_the_bucket_where_it_belongs() {
        let histogram = Histogram::default();
        for _ in 0..99 {
            histogram.observe(Duration::from_micros(20), 1);
        }
        histogram.observe(Duration::from_millis(30), 1);
        let reading = histogram.read();
        let within = |share, low, high| {
            let found = reading.quantile(share).expect("there are some");
            assert!(
                (Duration::from_micros(low)..=Duration::from_micros(high)).contains(&found),
                "{share}: {found:?}"
            );
        };
        within(0.5, 10, 25);
        within(0.99, 10, 25);
        within(0.999, 25_000, 50_000);
        assert_eq!(HistogramReading::default().quantile(0.5), None);
    }

    #[test]
    fn most_of_them_are_short_when_few_are_long() {
        let histogram = Histogram::default();
        let is_short = || histogram.is_mostly_within(1_000, 16);
        assert!(!is_short(), "nothing is known");
        let (short, long) = (Duration::from_nanos(1_000), Duration::from_nanos(1_001));
        histogram.observe(short, 1);
        assert!(is_short());
        histogram.observe(long, 1);
        assert!(!is_short(), "half of them are long");
        histogram.observe(short, 30);
        assert!(is_short());
        histogram.observe(long, 2);
        assert!(!is_short());
    }

    #[test]
    fn what_stands_for_several_counts_several_times() {
        let histogram = Histogram::default();
        histogram.observe(Duration::from_secs(60), 32);
        let reading = histogram.read();
        assert_eq!(
            (reading.count, reading.sum),
            (32, Duration::from_secs(1920))
        );
        assert_eq!(reading.counts.last(), Some(&32));
    }
}
