//! Latencies of single operations, kept in a histogram: a run of a million costs no more memory than one of ten.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::figures::Figure;

/// Latencies up to a minute, to three digits.
#[derive(Debug)]
pub struct Latencies(Histogram<u64>);

impl Default for Latencies {
    fn default() -> Self {
        let minute = 60_000_000_000;
        Self(Histogram::new_with_bounds(1, minute, 3).expect("bounds that are in order"))
    }
}

impl Latencies {
    /// Adds one; what took longer than a minute counts as a minute.
    pub fn add(&mut self, latency: Duration) {
        self.0
            .saturating_record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Adds those that somebody else has taken.
    ///
    /// # Panics
    ///
    /// Never: all have the same bounds.
    pub fn merge(&mut self, others: &Self) {
        self.0
            .add(&others.0)
            .expect("histograms of the same bounds");
    }

    /// The latency that `percent` of a hundred do not exceed, in nanoseconds.
    #[must_use]
    pub fn percentile_nanos(&self, percent: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a minute is far below 2^52 ns")]
        let nanos = self.0.value_at_percentile(percent) as f64;
        nanos
    }

    /// Median and 99th percentile, in nanoseconds.
    #[must_use]
    pub fn nanos(&self) -> Figure {
        self.in_units(1.0)
    }

    /// Median and 99th percentile, in microseconds.
    #[must_use]
    pub fn micros(&self) -> Figure {
        self.in_units(1000.0)
    }

    fn in_units(&self, nanos: f64) -> Figure {
        Figure {
            value: self.percentile_nanos(50.0) / nanos,
            p99: Some(self.percentile_nanos(99.0) / nanos),
            ..Figure::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_the_middle_and_the_slow_end() {
        let mut latencies = Latencies::default();
        (1..=100).for_each(|micros| latencies.add(Duration::from_micros(micros)));
        let figure = latencies.micros();
        assert!((figure.value - 50.0).abs() < 0.1, "{figure:?}");
        assert!((figure.p99.unwrap() - 99.0).abs() < 0.2, "{figure:?}");
    }

    #[test]
    fn latencies_of_several_are_those_of_all() {
        let (mut one, mut other) = (Latencies::default(), Latencies::default());
        (1..=50).for_each(|micros| one.add(Duration::from_micros(micros)));
        (51..=100).for_each(|micros| other.add(Duration::from_micros(micros)));
        one.merge(&other);
        assert!((one.micros().p99.unwrap() - 99.0).abs() < 0.2, "{one:?}");
    }

    #[test]
    fn what_takes_too_long_is_counted_all_the_same() {
        let mut latencies = Latencies::default();
        latencies.add(Duration::from_secs(3600));
        assert!(latencies.percentile_nanos(50.0) >= 59e9);
    }
}
