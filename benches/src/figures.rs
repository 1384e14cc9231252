//! Taking a figure: what a turn of a candidate returns, and the clocks and counters that it comes from.

use std::alloc::System;
use std::time::{Duration, Instant};

use stats_alloc::{Stats, StatsAlloc};

/// What a candidate has reached in one turn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figure {
    /// In the unit of the table.
    pub value: f64,
    /// The 99th percentile, where single latencies were taken.
    pub p99: Option<f64>,
    /// What else was counted.
    pub note: String,
}

impl From<f64> for Figure {
    fn from(value: f64) -> Self {
        Self {
            value,
            ..Self::default()
        }
    }
}

/// The time, for benchmarks: real, and as fine as it comes.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// What each of `number` operations took, in nanoseconds, if all of them took this long.
#[must_use]
pub fn nanos_each(all: Duration, number: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let number = number as f64;
    all.as_secs_f64() * 1e9 / number
}

/// How often memory was taken for each of `number` operations since `before`. A block that grew counts as one that was taken.
#[must_use]
pub fn allocations_since(before: Stats, counted: &StatsAlloc<System>, number: u64) -> f64 {
    let since = counted.stats() - before;
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let each = (since.allocations + since.reallocations) as f64 / number as f64;
    each
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_shared_by_the_operations() {
        assert!((nanos_each(Duration::from_micros(3), 2) - 1500.0).abs() < 1e-9);
    }
}
