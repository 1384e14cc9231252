//! Group `keyed`: ten to a million actors of one keyed capability, each number in a process of its own.

mod actors;
mod by_hand;
mod departures;
mod durable;
mod leaving;
mod runs;

use std::process::ExitCode;

use benches::{Bench, Candidate, Role, Unit};

use runs::{Kind, Measured, Runs};

/// How many actors.
const SIZES: [u64; 4] = [10, 1_000, 100_000, 1_000_000];

fn main() -> ExitCode {
    benches::run(
        "keyed",
        "many actors of one capability, found by key",
        &["skep", "tokio", "fjall"],
        |bench| match bench.options().child.clone() {
            Some(work) => runs::work(&work),
            None => measure(bench),
        },
    )
}

fn measure(bench: &mut Bench) {
    let runs = Runs::default();
    activation(bench, &runs);
    ask(bench, &runs);
    bytes(bench, &runs);
    leaving(bench, &runs);
    durable::measure(bench);
}

fn activation(bench: &mut Bench, runs: &Runs) {
    let title = "a new key: the first ask, with the activation of its actor";
    let figure = |measured: Measured| measured.activation;
    by_size(bench, runs, Kind::Actors, ("activation", title), figure);
}

fn ask(bench: &mut Bench, runs: &Runs) {
    let title = "ask of one of so many actors, at random, one after the other";
    by_size(bench, runs, Kind::Actors, ("ask", title), |measured| {
        measured.ask
    });
    let title = "the same by hand: a hash map of mutexes around the same state, under a mutex";
    by_size(
        bench,
        runs,
        Kind::ByHand,
        ("ask by hand", title),
        |measured| measured.ask,
    );
    let title = "an ask, in asks by hand among as many";
    let largest = bench.options().scale(SIZES[SIZES.len() - 1]);
    let sizes = SIZES.into_iter().filter(|size| *size <= largest);
    let candidates = sizes.map(|size| {
        let (mut actors, mut by_hand) = (
            runs.one_by_one(Kind::Actors, size),
            runs.one_by_one(Kind::ByHand, size),
        );
        Candidate::new(&format!("{size} actors"), Role::Skep, move || {
            actors().ask / by_hand().ask
        })
    });
    let candidates = candidates.collect();
    bench.table("ask in asks by hand", title, Unit::Count, candidates);
}

fn bytes(bench: &mut Bench, runs: &Runs) {
    let title = "resident memory for each idle actor, besides its own state of 8 bytes";
    // Pages are too coarse to tell what a few actors take.
    let largest = bench.options().scale(SIZES[SIZES.len() - 1]);
    let sizes = [100_000, 1_000_000].into_iter();
    let sizes = sizes.filter(|size| *size <= largest);
    let actors = sizes.clone().map(|size| {
        let mut run = runs.one_by_one(Kind::Actors, size);
        Candidate::new(&format!("{size} actors"), Role::Skep, move || run().bytes)
    });
    let by_hand = sizes.map(|size| {
        let mut run = runs.one_by_one(Kind::ByHand, size);
        Candidate::new(&format!("{size} by hand"), Role::Skep, move || run().bytes)
    });
    let candidates = actors.chain(by_hand).collect();
    bench.table("bytes", title, Unit::Bytes, candidates);
}

fn leaving(bench: &mut Bench, runs: &Runs) {
    let title = "an idle actor goes: the time in which all went, without the pauses between rounds, for each";
    by_size(
        bench,
        runs,
        Kind::Leaving,
        ("passivation", title),
        |measured| measured.passivation,
    );
    let title = "it comes back: the first ask after all have gone";
    by_size(
        bench,
        runs,
        Kind::Leaving,
        ("reactivation", title),
        |measured| measured.activation,
    );
}

/// A table with a row for each number of actors.
fn by_size(
    bench: &mut Bench,
    runs: &Runs,
    kind: Kind,
    (name, title): (&str, &str),
    figure: impl Fn(Measured) -> f64 + Copy,
) {
    let largest = bench.options().scale(SIZES[SIZES.len() - 1]);
    let sizes = SIZES.into_iter().filter(|size| *size <= largest);
    let candidates = sizes.map(|size| {
        let mut run = runs.one_by_one(kind, size);
        let name = format!("{size} {}", kind.plural());
        Candidate::new(&name, Role::Skep, move || figure(run()))
    });
    let candidates = candidates.collect();
    bench.table(name, title, Unit::Nanos, candidates);
}
