//! What the committer counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Groups of 1, 2–3, 4–7, … 128–255, 256 and more batches.
const NUM_BUCKETS: usize = 9;

/// Counters of one committer, updated as it works.
#[derive(Debug, Default)]
pub struct Metrics {
    syncs: AtomicU64,
    batches: AtomicU64,
    barriers: AtomicU64,
    bytes: AtomicU64,
    last_sync_us: AtomicU64,
    longest_sync_us: AtomicU64,
    group_sizes: [AtomicU64; NUM_BUCKETS],
}

/// The counters at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// Groups that were written and synced.
    pub syncs: u64,
    /// Batches in those groups.
    pub batches: u64,
    /// Barriers that were answered.
    pub barriers: u64,
    /// Bytes of keys and values in those groups.
    pub bytes: u64,
    /// How long the last group took to be durable.
    pub last_sync: Duration,
    /// How long the slowest group took.
    pub longest_sync: Duration,
    /// How many groups had 1, 2–3, 4–7, 8–15, 16–31, 32–63, 64–127, 128–255, 256 and more batches.
    pub group_sizes: [u64; NUM_BUCKETS],
}

impl Metrics {
    /// Reads all counters; they are not of one instant, each is right by itself.
    #[must_use]
    pub fn read(&self) -> Reading {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Reading {
            syncs: read(&self.syncs),
            batches: read(&self.batches),
            barriers: read(&self.barriers),
            bytes: read(&self.bytes),
            last_sync: Duration::from_micros(read(&self.last_sync_us)),
            longest_sync: Duration::from_micros(read(&self.longest_sync_us)),
            group_sizes: std::array::from_fn(|bucket| read(&self.group_sizes[bucket])),
        }
    }

    pub(super) fn count_group(&self, num_batches: usize, bytes: usize, took: Duration) {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.syncs.fetch_add(1, Ordering::Relaxed);
        self.batches
            .fetch_add(num_batches as u64, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.last_sync_us.store(took_us, Ordering::Relaxed);
        self.longest_sync_us.fetch_max(took_us, Ordering::Relaxed);
        self.group_sizes[bucket(num_batches)].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_barriers(&self, num: usize) {
        self.barriers.fetch_add(num as u64, Ordering::Relaxed);
    }
}

fn bucket(num_batches: usize) -> usize {
    (num_batches.max(1).ilog2() as usize).min(NUM_BUCKETS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_counted_by_powers_of_two() {
        let metrics = Metrics::default();
        for num in [1, 2, 3, 4, 255, 256, 10_000] {
            metrics.count_group(num, 10, Duration::from_micros(num as u64));
        }
        let reading = metrics.read();
        assert_eq!(reading.group_sizes, [1, 2, 1, 0, 0, 0, 0, 1, 2]);
        assert_eq!((reading.syncs, reading.bytes), (7, 70));
        assert_eq!(reading.longest_sync, Duration::from_millis(10));
    }
}
