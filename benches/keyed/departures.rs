//! Counts the actors that go, and the time in which they do.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use benches::{nanos_each, now};

/// Who goes later than this after another goes in another round: what lies between is no time in which actors went.
const PAUSE: Duration = Duration::from_millis(20);
/// How often it is looked whether all have gone.
const LOOK: Duration = Duration::from_millis(20);

static DEPARTURES: Mutex<Departures> = Mutex::new(Departures {
    num: 0,
    last: None,
    busy: Duration::ZERO,
});

struct Departures {
    num: u64,
    last: Option<Instant>,
    busy: Duration,
}

/// An actor goes; called by its `#[stop]`.
pub(crate) fn note() {
    let now = now();
    let mut departures = DEPARTURES.lock().expect("nobody panics with it");
    let since = departures.last.map(|last| now - last);
    departures.num += 1;
    departures.last = Some(now);
    departures.busy += since.filter(|since| *since < PAUSE).unwrap_or_default();
}

/// Waits until so many have gone since the last time; returns the nanoseconds that each took.
pub(crate) async fn all_gone(num: u64) -> f64 {
    loop {
        {
            let mut departures = DEPARTURES.lock().expect("nobody panics with it");
            assert!(departures.num <= num, "an actor goes once");
            if departures.num == num {
                let busy = departures.busy;
                *departures = Departures {
                    num: 0,
                    last: None,
                    busy: Duration::ZERO,
                };
                return nanos_each(busy, num);
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}
