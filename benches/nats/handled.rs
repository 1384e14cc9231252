//! [`HANDLED`]: what a child that listens has handled, and how it tells its parent.

use std::sync::{Condvar, LazyLock, Mutex};
use std::time::{Duration, SystemTime};

use benches::{Latencies, Servant};
use serde::{Deserialize, Serialize};

/// A wait that lasts longer hangs.
const HANGS: Duration = Duration::from_secs(120);

/// What is said of a turn.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Told {
    /// Events that were handled.
    pub(crate) number: u64,
    /// Half of them were handled within so many microseconds.
    pub(crate) p50: f64,
    /// Of a hundred, ninety-nine.
    pub(crate) p99: f64,
}

/// The events of a turn.
#[derive(Debug, Default)]
pub(crate) struct Handled {
    turn: Mutex<Turn>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Turn {
    number: u64,
    latencies: Latencies,
}

/// What this process has handled.
pub(crate) static HANDLED: LazyLock<Handled> = LazyLock::new(Handled::default);

/// Nanoseconds since 1970: the clock that processes of a machine share.
#[allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub(crate) fn wall_nanos() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let nanos = since.map_or(0, |since| since.as_nanos());
    u64::try_from(nanos).unwrap_or(u64::MAX)
}

impl Handled {
    /// An event is being handled that was emitted then.
    pub(crate) fn handle(&self, emitted: u64) {
        let latency = Duration::from_nanos(wall_nanos().saturating_sub(emitted));
        let mut turn = self.turn.lock().expect("nobody panics with it");
        turn.number += 1;
        turn.latencies.add(latency);
        drop(turn);
        self.changed.notify_one();
    }

    /// Answers the parent: `begin` forgets the turn before, a number is how many to wait for.
    pub(crate) fn answer(&self, line: &str) -> String {
        let mut turn = self.turn.lock().expect("nobody panics with it");
        let Ok(wanted) = line.parse() else {
            *turn = Turn::default();
            return String::new();
        };
        let waited = self
            .changed
            .wait_timeout_while(turn, HANGS, |turn: &mut Turn| turn.number < wanted);
        let (turn, _) = waited.expect("nobody panics with it");
        let figure = turn.latencies.micros();
        let told = Told {
            number: turn.number,
            p50: figure.value,
            p99: figure.p99.unwrap_or_default(),
        };
        serde_json::to_string(&told).expect("figures can be written")
    }
}

/// The parent's side: a new turn begins.
pub(crate) fn begin(listener: &mut Servant) {
    listener.ask("begin");
}

/// Waits until so many events are handled.
///
/// # Panics
///
/// When they are more, or fewer after two minutes.
pub(crate) fn wait(listener: &mut Servant, number: u64) -> Told {
    let told: Told = serde_json::from_str(&listener.ask(&number.to_string()))
        .expect("the child tells what it has handled");
    assert_eq!(told.number, number, "events were lost or doubled");
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_counted_from_its_beginning() {
        let handled = Handled::default();
        handled.handle(0);
        handled.answer("begin");
        handled.handle(wall_nanos());
        handled.handle(wall_nanos());
        let told: Told = serde_json::from_str(&handled.answer("2")).unwrap();
        assert_eq!(told.number, 2);
        assert!(told.p99 < 60e6, "{told:?}");
    }
}
