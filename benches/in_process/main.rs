//! Group `in-process`: skep beside actix, kameo, ractor and xtra, and above the floors of a bare channel and a bare lock.

mod asking;
mod fairness;
mod spreading;

use std::process::ExitCode;

use benches::peers::{Actix, Channels, Kameo, Locks, Peer, Ractor, Skep, Xtra};
use benches::{Bench, Candidate, Figure, Unit};

/// Packages that take part.
const PACKAGES: &[&str] = &["skep", "actix", "kameo", "ractor", "xtra", "tokio"];

fn main() -> ExitCode {
    benches::run(
        "in-process",
        "messages between actors of one process",
        PACKAGES,
        |bench| {
            asking::measure(bench);
            spreading::measure(bench);
            fairness::measure(bench);
        },
    )
}

/// What is done in one round, by whichever peer; returns a figure.
trait Workload {
    /// As in an earlier run.
    const NAME: &'static str;
    /// For people.
    const TITLE: &'static str;
    /// Operations of a full round.
    const OPERATIONS: u64;

    /// Does so many operations; nanoseconds each.
    fn play<P: Peer>(operations: u64) -> Figure;
}

/// Measures a workload with everybody.
fn table<W: Workload>(bench: &mut Bench) {
    let operations = bench.options().scale(W::OPERATIONS);
    bench.table(W::NAME, W::TITLE, Unit::Nanos, candidates::<W>(operations));
}

fn candidates<W: Workload>(operations: u64) -> Vec<Candidate<'static>> {
    vec![
        candidate::<W, Skep>(operations),
        candidate::<W, Actix>(operations),
        candidate::<W, Kameo>(operations),
        candidate::<W, Ractor>(operations),
        candidate::<W, Xtra>(operations),
        candidate::<W, Channels>(operations),
        candidate::<W, Locks>(operations),
    ]
}

fn candidate<W: Workload, P: Peer>(operations: u64) -> Candidate<'static> {
    Candidate::new(P::NAME, P::ROLE, move || W::play::<P>(operations))
}
