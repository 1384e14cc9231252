//! Actors that stay: makes so many and asks them.

use std::hint::black_box;
use std::mem::size_of;

use benches::peers::sources;
use benches::threads::on_one_thread;
use benches::{nanos_each, now, resident_bytes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Message, Ref, Runtime};

use crate::runs::{Measured, at_random};

/// Asks that are timed.
pub(crate) const ASKS: usize = 200_000;

/// Adds a number.
#[derive(Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub(crate) struct Add {
    pub(crate) number: u64,
}

skep::contract! { pub(crate) Tallies v1 keyed by name { Add } }

#[derive(Default)]
pub(crate) struct Tally {
    total: u64,
}

#[skep::capability(contract = Tallies)]
impl Tally {
    #[handle]
    async fn add(&mut self, m: Add) -> u64 {
        self.total += m.number;
        self.total
    }
}

/// Measures.
pub(crate) fn work(size: u64) -> Measured {
    on_one_thread(async move {
        let settings = sources().set("defaults.idle_after=1h");
        let builder = Runtime::builder().sources(settings).with::<Tally>();
        let runtime = builder.start().await.expect("skep starts");
        let tallies: Ref<Tallies> = runtime.get();
        // The first actor brings what all of them share.
        ask(&tallies, u64::MAX).await;
        let measured = measure(&tallies, size).await;
        runtime.stop().await;
        measured
    })
}

async fn measure(tallies: &Ref<Tallies>, size: u64) -> Measured {
    let before = resident_bytes();
    let begin = now();
    for number in 0..size {
        ask(tallies, number).await;
    }
    let activation = nanos_each(begin.elapsed(), size);
    let bytes = grown(before, size) - size_of::<Tally>() as f64;
    let begin = now();
    for number in at_random(size).take(ASKS) {
        ask(tallies, number).await;
    }
    Measured {
        activation,
        ask: nanos_each(begin.elapsed(), ASKS as u64),
        bytes,
        ..Measured::default()
    }
}

/// By how much the process has grown since, in bytes for each.
#[expect(
    clippy::cast_precision_loss,
    reason = "a process has less than 2^52 bytes"
)]
pub(crate) fn grown(before: Option<u64>, size: u64) -> f64 {
    let grown = before.zip(resident_bytes());
    let grown = grown.map_or(0, |(before, after)| after.saturating_sub(before));
    grown as f64 / size as f64
}

async fn ask(tallies: &Ref<Tallies>, number: u64) {
    let tally = tallies.key(number.to_string());
    black_box(tally.ask(Add { number: 1 }).await.expect("a reply"));
}
