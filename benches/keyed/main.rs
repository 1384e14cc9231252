//! Group `keyed`: ten to a million actors of one keyed capability, each number in a process of its own.

mod actors;
mod leaving;

use std::process::ExitCode;

use benches::{Bench, Candidate, Role, Unit, measure_in_child};
use serde::{Deserialize, Serialize};

/// How many actors.
const SIZES: [u64; 6] = [10, 100, 1000, 10_000, 100_000, 1_000_000];

/// What a child has measured.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Measured {
    /// Nanoseconds of the first ask to each, with its activation.
    activation: f64,
    /// Nanoseconds of an ask of any of them.
    ask: f64,
    /// Bytes that the process has grown by for each, besides the actor's own state.
    bytes: f64,
}

fn main() -> ExitCode {
    benches::run(
        "keyed",
        "many actors of one capability, found by key",
        &["skep", "tokio"],
        |bench| match bench.options().child.clone() {
            Some(size) => actors::work(&size),
            None => measure(bench),
        },
    )
}

fn measure(bench: &mut Bench) {
    by_size(
        bench,
        (
            "activation",
            "a new key: the first ask, with the activation of its actor",
        ),
        Unit::Nanos,
        |measured| measured.activation,
    );
    by_size(
        bench,
        (
            "ask",
            "ask of one of so many actors, at random, one after the other",
        ),
        Unit::Nanos,
        |measured| measured.ask,
    );
    by_size(
        bench,
        (
            "bytes",
            "resident memory for each idle actor, besides its own state of 8 bytes",
        ),
        Unit::Bytes,
        |measured| measured.bytes,
    );
    leaving::measure(bench);
}

fn by_size(
    bench: &mut Bench,
    (name, title): (&str, &str),
    unit: Unit,
    figure: impl Fn(&Measured) -> f64 + Copy,
) {
    let largest = bench.options().scale(SIZES[SIZES.len() - 1]);
    let sizes = SIZES.into_iter().filter(|size| *size <= largest);
    // Pages are too coarse to tell what a few actors take.
    let sizes = sizes.filter(|size| unit != Unit::Bytes || *size >= 10_000);
    let candidates = sizes.map(|size| {
        Candidate::new(&format!("{size} actors"), Role::Skep, move || {
            figure(&measure_in_child(&size.to_string()))
        })
    });
    let candidates = candidates.collect();
    bench.table(name, title, unit, candidates);
}
