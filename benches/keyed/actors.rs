//! What a child does: makes so many actors and asks them.

use std::hint::black_box;
use std::mem::size_of;

use benches::peers::sources;
use benches::threads::on_one_thread;
use benches::{nanos_each, now, resident_bytes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Message, Ref, Runtime};

use crate::Measured;

/// Asks that are timed.
const ASKS: u64 = 200_000;

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

/// Measures, and prints it for whoever has started the child.
#[expect(clippy::print_stdout, reason = "a child prints what it has measured")]
pub(crate) fn work(size: &str) {
    let size: u64 = size.parse().expect("a number of actors");
    let measured = on_one_thread(async move {
        let settings = sources().set("defaults.idle_after=1h");
        let builder = Runtime::builder().sources(settings).with::<Tally>();
        let runtime = builder.start().await.expect("skep starts");
        let tallies: Ref<Tallies> = runtime.get();
        // The first actor brings what all of them share.
        ask(&tallies, u64::MAX).await;
        let measured = measure(&tallies, size).await;
        runtime.stop().await;
        measured
    });
    let json = serde_json::to_string(&measured).expect("figures are JSON");
    println!("{json}");
}

async fn measure(tallies: &Ref<Tallies>, size: u64) -> Measured {
    let before = resident_bytes();
    let begin = now();
    for number in 0..size {
        ask(tallies, number).await;
    }
    let activation = nanos_each(begin.elapsed(), size);
    let grown = before.zip(resident_bytes());
    let grown = grown.map_or(0, |(before, after)| after.saturating_sub(before));
    let begin = now();
    let mut number: u64 = 1;
    for _ in 0..ASKS {
        // Walks in great steps through all numbers, and so through memory, in no order that a cache could guess.
        number = step(number);
        ask(tallies, (number >> 33) % size).await;
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a process has less than 2^52 bytes"
    )]
    let bytes = grown as f64 / size as f64 - size_of::<Tally>() as f64;
    Measured {
        activation,
        ask: nanos_each(begin.elapsed(), ASKS),
        bytes,
    }
}

async fn ask(tallies: &Ref<Tallies>, number: u64) {
    let tally = tallies.key(number.to_string());
    black_box(tally.ask(Add { number: 1 }).await.expect("a reply"));
}

/// The next of Knuth's linear congruential generator of 64 bits, of which the upper half is good enough to pick an actor.
fn step(number: u64) -> u64 {
    number
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407)
}
