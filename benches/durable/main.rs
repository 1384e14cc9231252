//! Group `durable`: asks whose turns write a row and are on disk before the reply, beside the store with the same batches and nothing
//! above it, and beside the bare engine.

mod alone;
mod bare;
mod folder;
mod keeping;

use std::cell::Cell;
use std::process::ExitCode;
use std::time::Duration;

use benches::{Bench, Candidate, Figure, Role, Unit, file_system};
use skep::store::Engine;

use crate::folder::Folder;

/// Turns under way at a time.
const IN_FLIGHT: [usize; 3] = [1, 64, 1024];
/// How long a candidate works in one round.
const ROUND_MS: u64 = 1000;

fn main() -> ExitCode {
    benches::run(
        "durable",
        "turns that are on disk before their reply; the store alone with the same batches; the bare engine with the same syncs",
        &["skep", "sled", "fjall", "tokio"],
        measure,
    )
}

/// One table's work.
#[derive(Debug, Clone, Copy)]
struct Work {
    engine: Engine,
    in_flight: usize,
    /// How long.
    time: Duration,
}

/// What came of it.
#[derive(Debug, Clone, Copy)]
struct Done {
    turns: u64,
    syncs: u64,
    took: Duration,
}

fn measure(bench: &mut Bench) {
    let time = Duration::from_millis(bench.options().scale(ROUND_MS));
    let file_system = file_system(Folder::new().path());
    for engine in [Engine::Sled, Engine::Fjall] {
        for in_flight in IN_FLIGHT {
            let work = Work {
                engine,
                in_flight,
                time,
            };
            let name = format!("{}-{in_flight}", engine.name());
            let title = format!(
                "durable asks, {in_flight} under way; {} on {file_system}",
                engine.name()
            );
            table(bench, &name, &title, work);
        }
    }
}

fn table(bench: &mut Bench, name: &str, title: &str, work: Work) {
    // What a turn of skep writes, the others write as well; it has the first turn of the first round.
    let turn_bytes = Cell::new(0);
    let turn_bytes = &turn_bytes;
    let candidates = vec![
        Candidate::new("skep", Role::Skep, move || {
            let (done, bytes) = keeping::work(work);
            turn_bytes.set(bytes);
            figure(done)
        }),
        Candidate::new("the store alone", Role::Peer, move || {
            figure(alone::work(work, turn_bytes.get()))
        }),
        Candidate::new("the bare engine", Role::Floor, move || {
            figure(bare::work(work, turn_bytes.get()))
        }),
    ];
    bench.table(name, title, Unit::PerSecond, candidates);
}

fn figure(done: Done) -> Figure {
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    let (turns, syncs) = (done.turns as f64, done.syncs as f64);
    let seconds = done.took.as_secs_f64();
    Figure {
        value: turns / seconds,
        p99: None,
        note: format!("{:.0} syncs a second", syncs / seconds),
    }
}
