//! What is done in a turn, and what it has cost.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use benches::{CpuTime, Figure, Latencies, now};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

/// Operations before the clock runs.
pub(crate) const WARM: u64 = 200;

/// What is repeated to fill a message.
const TEXT: &str = "a guest who has booked two nights and would like a room that looks out on the sea, if there is one left; ";

/// A text of so many bytes, which JSON writes as it is.
pub(crate) fn text(bytes: usize) -> String {
    TEXT.chars().cycle().take(bytes).collect()
}

/// One operation after the other for a while: the latencies, and how many there were.
pub(crate) async fn one_after_the_other<F: Future<Output = ()>>(
    time: Duration,
    operation: impl Fn(u64) -> F,
) -> (Figure, u64) {
    let mut latencies = Latencies::default();
    let begin = now();
    let mut number = 0;
    while begin.elapsed() < time {
        let sent = now();
        operation(number).await;
        latencies.add(sent.elapsed());
        number += 1;
    }
    (latencies.micros(), number)
}

/// Keeps so many operations under way for a while: how many a second there were, and how many at all.
pub(crate) async fn side_by_side<F: Future<Output = ()>>(
    in_flight: usize,
    time: Duration,
    operation: impl Fn(u64) -> F,
) -> (Figure, u64) {
    let begin = now();
    let mut numbers = 0..u64::MAX;
    let first = numbers.by_ref().take(in_flight);
    let mut under_way: FuturesUnordered<F> = first.map(&operation).collect();
    let mut done = 0;
    while under_way.next().await.is_some() {
        done += 1;
        if begin.elapsed() < time {
            under_way.extend(numbers.next().map(&operation));
        }
    }
    (per_second(done, begin.elapsed()).into(), done)
}

/// Does so many operations, as many of them side by side as there are hands; each hand does its own one after the other.
pub(crate) async fn all<F: Future<Output = ()>>(
    hands: u64,
    number: u64,
    operation: impl Fn(u64) -> F,
) {
    let operation = &operation;
    let hands = (0..hands).map(|hand| async move {
        for number in (hand..number).step_by(usize::try_from(hands).unwrap_or(usize::MAX)) {
            operation(number).await;
        }
    });
    hands.collect::<FuturesUnordered<_>>().collect::<()>().await;
}

/// So many in this time, by the second.
pub(crate) fn per_second(number: u64, took: Duration) -> f64 {
    in_floats(number) / took.as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
const fn in_floats(number: u64) -> f64 {
    number as f64
}

/// The time that the processes of a candidate have had a processor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    here: Option<CpuTime>,
    there: Option<CpuTime>,
    nats: Option<CpuTime>,
    processes: (u32, Option<u32>),
}

impl Cost {
    /// Of this process, the other one, and the nats-server, if it has part in it.
    pub(crate) fn of(there: u32, nats: Option<u32>) -> Self {
        Self {
            here: CpuTime::of(&[std::process::id()]),
            there: CpuTime::of(&[there]),
            nats: nats.and_then(|process| CpuTime::of(&[process])),
            processes: (there, nats),
        }
    }

    /// What each of so many operations has cost since.
    pub(crate) fn each(self, operations: u64) -> Each {
        let after = Self::of(self.processes.0, self.processes.1);
        let each = |before: Option<CpuTime>, after: Option<CpuTime>| {
            let worked = after?.since(before?);
            Some(worked.as_secs_f64() * 1e6 / in_floats(operations.max(1)))
        };
        Each {
            here: each(self.here, after.here),
            there: each(self.there, after.there),
            nats: each(self.nats, after.nats),
        }
    }
}

/// Processor time of one operation in each process, in microseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Each {
    here: Option<f64>,
    there: Option<f64>,
    nats: Option<f64>,
}

impl fmt::Display for Each {
    /// `CPU 31 µs: 12 + 11 + 8`, or nothing where the system does not tell.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(here), Some(there)) = (self.here, self.there) else {
            return Ok(());
        };
        let all = here + there + self.nats.unwrap_or_default();
        write!(f, "CPU {all:.1} µs: {here:.1} + {there:.1}")?;
        self.nats.map_or(Ok(()), |nats| write!(f, " + {nats:.1}"))
    }
}
