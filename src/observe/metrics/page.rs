//! Writes families of samples in the order in which they are given.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// The labels of one sample.
pub(super) type Labels<'a> = Vec<(&'static str, &'a str)>;

/// Durations or sizes in buckets: sum, count, and how many lie in each bucket up to its bound.
#[derive(Debug)]
pub(super) struct Buckets {
    pub(super) sum: f64,
    pub(super) count: u64,
    pub(super) counts: Vec<(f64, u64)>,
}

/// What is being written.
pub(super) struct Page<'a>(pub(super) DescriptorEncoder<'a>);

impl Page<'_> {
    /// Something that only grows; `_total` is put to its name.
    pub(super) fn counters<'l>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Labels<'l>, u64)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Counter, samples, |sample, value| {
            sample.encode_counter::<NoLabelSet, _, f64>(&value, None)
        })
    }

    /// Seconds that only grow, once; `_total` is put to the name.
    pub(super) fn seconds(&mut self, name: &str, help: &str, seconds: f64) -> fmt::Result {
        let once = [(Labels::new(), seconds)];
        self.family(name, help, MetricType::Counter, once, |sample, value| {
            sample.encode_counter::<NoLabelSet, _, f64>(&value, None)
        })
    }

    /// Something that comes and goes.
    pub(super) fn gauges<'l>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Labels<'l>, f64)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Gauge, samples, |sample, value| {
            sample.encode_gauge(&value)
        })
    }

    /// Something that comes and goes, once.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.gauges(name, help, [(Labels::new(), value)])
    }

    /// Something that is spread.
    pub(super) fn histograms<'l>(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Labels<'l>, Buckets)>,
    ) -> fmt::Result {
        self.family(name, help, MetricType::Histogram, samples, |sample, of| {
            sample.encode_histogram::<NoLabelSet>(of.sum, of.count, &of.counts, None)
        })
    }

    fn family<'l, V>(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        samples: impl IntoIterator<Item = (Labels<'l>, V)>,
        write: impl Fn(&mut MetricEncoder<'_>, V) -> fmt::Result,
    ) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, kind)?;
        for (labels, value) in samples {
            if labels.is_empty() {
                write(&mut family, value)?;
            } else {
                write(&mut family.encode_family(&labels)?, value)?;
            }
        }
        Ok(())
    }
}
