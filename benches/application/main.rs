//! Group `application`: a hotel whose capabilities are written once, and run in one process, split over NATS, and as services that talk HTTP or
//! gRPC; what a thousand requests of guests cost in each way, how long they take, and how many a second there can be.

mod hotel;
mod load;
mod part;
mod process;
mod replay;
mod rounds;
mod variant;
mod ways;

use std::process::ExitCode;

use benches::{Bench, Candidate, Figure, Unit};

use crate::rounds::{BUSY, Measured, QUIET, Rounds};
use crate::variant::Variant;

fn main() -> ExitCode {
    benches::run(
        "application",
        "a hotel in one process, split over NATS, and as HTTP and gRPC services",
        &["skep", "actix-web", "reqwest", "tonic", "async-nats"],
        |bench| match bench.options().child.clone() {
            Some(part) => part::be(&part),
            None => measure(bench),
        },
    )
}

fn measure(bench: &mut Bench) {
    let rounds = &Rounds::new(bench.options());
    let place = rounds.place();
    for (name, rate) in [("busy", BUSY), ("quiet", QUIET)] {
        at(bench, name, rate, rounds);
    }
    table(
        bench,
        "most",
        &format!("the most requests a second of which 99 of 100 take less than 50 ms; {place}"),
        Unit::PerSecond,
        &Variant::ALL,
        |variant, round| rounds.most(variant, round).into(),
    );
}

/// The tables of one rate.
fn at(bench: &mut Bench, name: &str, rate: u32, rounds: &Rounds) {
    let place = rounds.place();
    table(
        bench,
        &format!("{name}-cpu"),
        &format!("CPU time of 1,000 requests, all processes, at {rate} a second; {place}"),
        Unit::Millis,
        &Variant::ALL,
        |variant, round| cost(&rounds.measured(variant, rate, round)),
    );
    table(
        bench,
        &format!("{name}-behind-the-door"),
        "the same without what the door alone costs in the same round",
        Unit::Millis,
        &Variant::ALL[..Variant::ALL.len() - 1],
        |variant, round| {
            let door = rounds.measured(Variant::Alone, rate, round).cpu_ms;
            (rounds.measured(variant, rate, round).cpu_ms - door).into()
        },
    );
    table(
        bench,
        &format!("{name}-latency"),
        &format!("how long guests wait, at {rate} a second; {place}"),
        Unit::Micros,
        &Variant::ALL,
        |variant, round| latency(&rounds.measured(variant, rate, round)),
    );
}

fn cost(measured: &Measured) -> Figure {
    Figure {
        value: measured.cpu_ms,
        note: measured.note(),
        ..Figure::default()
    }
}

fn latency(measured: &Measured) -> Figure {
    Figure {
        value: measured.heard.p50_us,
        p99: Some(measured.heard.p99_us),
        note: String::new(),
    }
}

fn table(
    bench: &mut Bench,
    name: &str,
    title: &str,
    unit: Unit,
    variants: &[Variant],
    figure: impl Fn(Variant, usize) -> Figure,
) {
    let figure = &figure;
    let candidates = variants.iter().map(|&variant| {
        let mut round = 0;
        Candidate::new(variant.name(), variant.role(), move || {
            round += 1;
            figure(variant, round - 1)
        })
    });
    let candidates = candidates.collect();
    bench.table(name, title, unit, candidates);
}
