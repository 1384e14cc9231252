//! `request -n`: the same request many times, and how long each took.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use hdrhistogram::Histogram;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use serde::Serialize;

use super::request::Call;
use crate::cli::client::Answer;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::cli::session::Session;
use crate::cli::stopwatch::Stopwatch;

/// What came of a load test.
#[derive(Debug, Serialize)]
struct Figures {
    requests: u64,
    replied: u64,
    /// How many failed, by the code of their problem.
    failed: BTreeMap<String, u64>,
    seconds: f64,
    requests_per_second: f64,
    latency_us: Latencies,
}

/// Times of all requests, from sending to the whole answer.
#[derive(Debug, Serialize)]
struct Latencies {
    p50: u64,
    p90: u64,
    p99: u64,
    p999: u64,
    max: u64,
}

/// What was counted so far.
struct Count {
    times: Histogram<u64>,
    failed: BTreeMap<String, u64>,
}

impl Count {
    fn begin() -> Result<Self, Failure> {
        let times = histogram();
        let times = times
            .map_err(|error| Failure::new(Exit::Software, format!("no histogram: {error}")))?;
        Ok(Self {
            times,
            failed: BTreeMap::new(),
        })
    }

    /// # Errors
    ///
    /// Nobody is there: the others would fail the same way.
    fn take(&mut self, outcome: Outcome, took: Duration) -> Result<(), Failure> {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.times.saturating_record(us.max(1));
        match outcome {
            Outcome::Replied => {}
            Outcome::Failed(kind) => *self.failed.entry(kind).or_default() += 1,
            Outcome::Unreachable(failure) => return Err(failure),
        }
        Ok(())
    }
}

/// Sends the call so often, so many at once, and prints the figures; interrupted, those of the requests until then.
pub(super) async fn run(
    session: &Session,
    call: &Call,
    number: u64,
    concurrency: u64,
    as_json: bool,
) -> Result<Exit, Failure> {
    let progress = bar(number);
    let mut count = Count::begin()?;
    let mut is_interrupted = false;
    let watch = Stopwatch::begin();
    let width = usize::try_from(concurrency).unwrap_or(1);
    let mut sent = stream::iter(0..number)
        .map(|_| timed(call))
        .buffer_unordered(width);
    let mut interrupted = pin!(session.interrupted());
    loop {
        let ended = tokio::select! {
            ended = sent.next() => ended,
            () = &mut interrupted => {
                is_interrupted = true;
                None
            }
        };
        let Some((outcome, took)) = ended else {
            break;
        };
        progress.inc(1);
        if let Err(failure) = count.take(outcome, took) {
            progress.finish_and_clear();
            return Err(failure);
        }
    }
    progress.finish_and_clear();
    let figures = Figures::of(
        count.times.len(),
        count.failed,
        &count.times,
        watch.elapsed(),
    );
    if as_json {
        output::json(&figures)?;
    } else {
        output::line(&figures.text())?;
    }
    Ok(match figures.failed.is_empty() {
        _ if is_interrupted => Exit::Interrupted,
        true => Exit::Success,
        false => Exit::Findings,
    })
}

/// Microseconds up to a day with three digits; what takes longer counts as a day.
fn histogram() -> Result<Histogram<u64>, hdrhistogram::CreationError> {
    Histogram::new_with_bounds(1, 24 * 3600 * 1_000_000, 3)
}

/// How one request of many ended.
enum Outcome {
    Replied,
    Failed(String),
    Unreachable(Failure),
}

async fn timed(call: &Call) -> (Outcome, Duration) {
    let watch = Stopwatch::begin();
    let answered = call.send().await;
    let took = watch.elapsed();
    let outcome = match answered.map(Answer::granted) {
        Ok(Ok(_)) => Outcome::Replied,
        Ok(Err(refusal)) if refusal.status == 401 => Outcome::Unreachable(call.refused(&refusal)),
        Ok(Err(refusal)) if refusal.problem.code.is_empty() => {
            Outcome::Failed(format!("status {}", refusal.status))
        }
        Ok(Err(refusal)) => Outcome::Failed(refusal.problem.code),
        Err(failure) => Outcome::Unreachable(failure),
    };
    (outcome, took)
}

/// A bar on a person's terminal, nothing elsewhere.
fn bar(number: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:40} {pos} of {len}, {rate} a second, {eta} left");
    let style = style.map(|style| {
        style.with_key(
            "rate",
            |state: &ProgressState, out: &mut dyn std::fmt::Write| {
                // A bar that cannot be written is not seen either.
                let _ = write!(out, "{:.0}", state.per_sec());
            },
        )
    });
    ProgressBar::new(number).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl Figures {
    #[allow(
        clippy::cast_precision_loss,
        reason = "a rate for people, far above the loss"
    )]
    fn of(
        requests: u64,
        failed: BTreeMap<String, u64>,
        times: &Histogram<u64>,
        elapsed: Duration,
    ) -> Self {
        let seconds = elapsed.as_secs_f64();
        Self {
            requests,
            replied: requests - failed.values().sum::<u64>(),
            failed,
            seconds,
            requests_per_second: requests as f64 / seconds.max(1e-9),
            latency_us: Latencies {
                p50: times.value_at_quantile(0.5),
                p90: times.value_at_quantile(0.9),
                p99: times.value_at_quantile(0.99),
                p999: times.value_at_quantile(0.999),
                max: times.max(),
            },
        }
    }

    fn text(&self) -> String {
        let Latencies {
            p50,
            p90,
            p99,
            p999,
            max,
        } = self.latency_us;
        let mut lines = vec![
            format!(
                "requests    {} in {:.2} s: {:.0} a second",
                self.requests, self.seconds, self.requests_per_second
            ),
            format!("replied     {}", self.replied),
        ];
        let failures = self.failed.iter();
        lines.extend(
            failures.map(|(kind, number)| format!("failed      {number} {}", output::plain(kind))),
        );
        let times = [
            ("p50", p50),
            ("p90", p90),
            ("p99", p99),
            ("p99.9", p999),
            ("max", max),
        ];
        lines.extend(times.map(|(name, us)| format!("{name:<10}  {}", output::micros(us))));
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_tell_rate_percentiles_and_every_kind_of_failure() {
        let mut times = histogram().expect("a histogram");
        (1..=1000).for_each(|us| times.saturating_record(us * 10));
        let failed = BTreeMap::from([("overloaded".to_owned(), 2), ("domain".to_owned(), 1)]);
        let figures = Figures::of(1000, failed, &times, Duration::from_secs(2));
        insta::assert_snapshot!(figures.text(), @r#"
        requests    1000 in 2.00 s: 500 a second
        replied     997
        failed      1 domain
        failed      2 overloaded
        p50         5.0ms
        p90         9.0ms
        p99         9.9ms
        p99.9       10.0ms
        max         10.0ms
        "#);
    }
}
