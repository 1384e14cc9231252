//! What is measured of each way of running the hotel in each round: once, for all tables.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use benches::{Cores, Options};

use crate::load::{Heard, Load, SEED};
use crate::part::Part;
use crate::process::Process;
use crate::replay::Replay;
use crate::variant::{Running, Variant};

/// Guests a second while CPU time and latencies are measured: about half of what the HTTP services can take on one processor.
pub(crate) const BUSY: u32 = 800;
/// The same of a quiet hour: each message finds its receiver asleep.
pub(crate) const QUIET: u32 = 200;
/// How often a turn is tried in which guests had no answer: others may have had the processor.
const TRIES: u32 = 3;
/// Responses that are compared before anything is measured.
const COMPARED: usize = 300;
/// The latency that 99 of 100 guests must not reach, in microseconds.
const P99_MAX_US: f64 = 50_000.0;
/// From where to where the most requests a second are looked for.
const MOST_FROM: f64 = 250.0;
const MOST_TO: f64 = 64_000.0;
/// Halvings (of the ratio) after the first rate that was too much: to a sixteenth of a doubling, 4 %; in a quick run to a quarter.
const HALVINGS: u32 = 4;
const QUICK_HALVINGS: u32 = 2;

/// What one way of running the hotel has reached in one round.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    /// CPU time of 1,000 requests.
    pub(crate) cpu_ms: f64,
    pub(crate) heard: Heard,
    /// The part of the nats-server in `cpu_ms`, of a hundred.
    server_percent: Option<f64>,
    resident_bytes: u64,
    started_in: Duration,
}

impl Measured {
    /// What is told besides.
    pub(crate) fn note(&self) -> String {
        let server = self
            .server_percent
            .map(|percent| format!("{percent:.0} % of it the nats-server; "))
            .unwrap_or_default();
        let mib = self.resident_bytes / (1024 * 1024);
        let ready = self.started_in.as_millis();
        let lost = match self.lost() {
            0 => String::new(),
            lost => format!("; {lost} of {} guests had no answer", self.heard.came),
        };
        format!("{server}{mib} MiB, ready in {ready} ms{lost}")
    }

    const fn lost(&self) -> u64 {
        self.heard.came - self.heard.answered
    }
}

/// Milliseconds of warming up, and of measuring.
type Times = (u64, u64);

/// The rounds so far.
#[derive(Debug)]
pub(crate) struct Rounds {
    cores: Option<Cores>,
    replay: Replay,
    measured: Times,
    step: Times,
    halvings: u32,
    known: RefCell<BTreeMap<(&'static str, u32, usize), Measured>>,
}

impl Rounds {
    pub(crate) fn new(options: &Options) -> Self {
        let replay = block_on(Replay::record(COMPARED)).expect("functions answer");
        assert!(
            replay.percent_telling() > 90,
            "requests whose responses say nothing prove nothing"
        );
        Self {
            cores: Cores::find(),
            replay,
            measured: if options.quick {
                (200, 500)
            } else {
                (1000, 4000)
            },
            step: if options.quick { (80, 120) } else { (200, 800) },
            halvings: if options.quick {
                QUICK_HALVINGS
            } else {
                HALVINGS
            },
            known: RefCell::default(),
        }
    }

    /// On which processors.
    pub(crate) fn place(&self) -> &'static str {
        match self.cores {
            Some(_) => "all on one processor, guests on another",
            None => "not pinned to processors",
        }
    }

    /// CPU time and latencies at one rate.
    pub(crate) fn measured(&self, variant: Variant, rate: u32, round: usize) -> Measured {
        let key = (variant.name(), rate, round);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let mut measured = self.measure(variant, rate, round);
        for _ in 1..TRIES {
            if measured.lost() > 0 {
                measured = self.measure(variant, rate, round);
            }
        }
        self.known.borrow_mut().insert(key, measured.clone());
        measured
    }

    fn measure(&self, variant: Variant, rate: u32, round: usize) -> Measured {
        let running = self.start(variant);
        let load = self.load(&running, f64::from(rate), self.measured, round);
        let mut guests = Process::start(Part::Generator(load), self.measuring());
        guests.hear::<String>();
        let before = (running.worked(), running.server_worked());
        let heard: Heard = guests.hear();
        let worked = running.worked().since(before.0);
        let server = running.server_worked().zip(before.1);
        let server = server.map(|(after, before)| after.since(before));
        Measured {
            cpu_ms: per_thousand(worked, heard.answered),
            server_percent: server.map(|part| 100.0 * part.as_secs_f64() / worked.as_secs_f64()),
            resident_bytes: running.resident_bytes(),
            started_in: running.started_in,
            heard,
        }
    }

    /// The most requests a second that do not wait too long: doubled until they do, then halved.
    pub(crate) fn most(&self, variant: Variant, round: usize) -> f64 {
        let running = self.start(variant);
        most(self.halvings, |rate| self.bears(&running, rate, round))
    }

    fn bears(&self, running: &Running, rate: f64, round: usize) -> bool {
        let load = self.load(running, rate, self.step, round);
        let mut guests = Process::start(Part::Generator(load), self.measuring());
        guests.hear::<String>();
        let heard: Heard = guests.hear();
        heard.answered == heard.came && heard.p99_us < P99_MAX_US
    }

    /// A hotel that says what it should.
    fn start(&self, variant: Variant) -> Running {
        let running = Running::start(variant, self.cores.map(|cores| cores.measured));
        // The door alone says the same to all.
        if variant != Variant::Alone {
            let compared = block_on(self.replay.hold_against(running.port));
            let wrong = compared.err().unwrap_or_default();
            assert!(wrong.is_empty(), "{}: {wrong}", variant.name());
        }
        running
    }

    fn load(&self, running: &Running, per_second: f64, times: Times, round: usize) -> Load {
        Load {
            port: running.port,
            per_second,
            warm_ms: times.0,
            measured_ms: times.1,
            seed: SEED + 1 + round as u64,
            alone: self.cores.is_some(),
        }
    }

    fn measuring(&self) -> Option<usize> {
        self.cores.map(|cores| cores.measuring)
    }
}

/// The highest rate that `bears`; 0 when not even the lowest does.
fn most(halvings: u32, mut bears: impl FnMut(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, MOST_FROM);
    while high <= MOST_TO && bears(high) {
        (low, high) = (high, high * 2.0);
    }
    if low == 0.0 || high > MOST_TO {
        return low;
    }
    for _ in 0..halvings {
        let middle = f64::sqrt(low * high);
        if bears(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

fn per_thousand(worked: Duration, answered: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let answered = answered as f64;
    worked.as_secs_f64() * 1e6 / answered
}

fn block_on<F: Future>(work: F) -> F::Output {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let executor = builder.enable_all().build().expect("an executor");
    executor.block_on(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_told_for_a_thousand_requests() {
        let all = Duration::from_millis(900);
        assert!((per_thousand(all, 2000) - 450.0).abs() < 1e-9);
    }

    #[test]
    fn the_most_is_found_to_a_few_percent_and_never_too_high() {
        for limit in [300.0, 1234.0, 9_999.0, 40_000.0] {
            let found = most(HALVINGS, |rate| rate <= limit);
            assert!(found <= limit && found > limit * 0.95, "{found} of {limit}");
        }
    }

    #[test]
    fn what_bears_nothing_has_no_rate_and_what_bears_all_ends_with_the_last() {
        assert!(most(HALVINGS, |_| false) == 0.0);
        assert!((MOST_TO / 2.0..=MOST_TO).contains(&most(HALVINGS, |_| true)));
    }
}
