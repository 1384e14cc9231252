//! Durable actors that go because nobody asks them, and come back with what they have kept.

use std::hint::black_box;

use benches::peers::sources;
use benches::threads::on_one_thread;
use benches::{Bench, Candidate, Role, Unit, nanos_each, now};
use futures_util::StreamExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Cx, Message, Ref, Runtime, StartError, Table};

use crate::departures;

/// Actors of a full round.
const ACTORS: u64 = 20_000;
/// Turns that share syncs while rows are written.
const IN_FLIGHT: usize = 256;

/// Keeps a number.
#[derive(Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
struct Keep {
    number: u64,
}

/// What is kept?
#[derive(Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
struct Kept {}

skep::contract! { Drawers v1 keyed by name { Keep, Kept } }

struct Drawer {
    numbers: Table<u64, u64>,
    kept: u64,
}

#[skep::capability(contract = Drawers, durable)]
impl Drawer {
    #[start]
    async fn open(cx: &mut Cx<Self>) -> Result<Self, StartError> {
        let numbers = cx.table("numbers");
        Ok(Self {
            kept: numbers.get(&0).unwrap_or_default(),
            numbers,
        })
    }

    #[handle]
    async fn keep(&mut self, m: Keep) -> u64 {
        self.numbers.insert(&0, &m.number);
        self.kept = m.number;
        self.kept
    }

    #[handle]
    async fn kept(&mut self, _: Kept) -> u64 {
        self.kept
    }

    #[stop]
    async fn close(&mut self, _: &mut Cx<Self>) {
        departures::note();
    }
}

/// Measures both tables.
pub(crate) fn measure(bench: &mut Bench) {
    let actors = bench.options().scale(ACTORS);
    let name = format!("{actors} durable actors");
    let leave = move || passed_through(actors).0;
    let candidates = vec![Candidate::new(&name, Role::Skep, leave)];
    let title = "an idle durable actor goes: the time in which all went, without the pauses between rounds, for each";
    bench.table("durable passivation", title, Unit::Nanos, candidates);
    let come_back = move || passed_through(actors).1;
    let candidates = vec![Candidate::new(&name, Role::Skep, come_back)];
    let title = "it comes back: the first ask, with its start and the row it reads (fjall)";
    bench.table("durable reactivation", title, Unit::Nanos, candidates);
}

/// Nanoseconds for each actor to go, and to come back.
fn passed_through(actors: u64) -> (f64, f64) {
    let program = std::env::current_exe().expect("a program knows where it is");
    let beside = program.parent().expect("a program lies in a folder");
    let folder = tempfile::Builder::new()
        .prefix("bench-data-")
        .tempdir_in(beside);
    let folder = folder.expect("a folder beside the program");
    let settings = sources()
        .set("store.engine=fjall")
        .set("defaults.idle_after=2s")
        .flag(
            "store.path",
            folder.path().join("data").display().to_string(),
            "the benchmark",
        );
    on_one_thread(async move {
        let builder = Runtime::builder().sources(settings).with::<Drawer>();
        let runtime = builder.start().await.expect("skep starts");
        let drawers: Ref<Drawers> = runtime.get();
        let keep = |number| keep(&drawers, number);
        let kept = futures_util::stream::iter(0..actors).map(keep);
        kept.buffer_unordered(IN_FLIGHT)
            .for_each(async |()| ())
            .await;
        let passivation = departures::all_gone(actors).await;
        let begin = now();
        for number in 0..actors {
            let kept = drawers.key(number.to_string()).ask(Kept {}).await;
            assert_eq!(black_box(kept).ok(), Some(number), "what it has kept");
        }
        let reactivation = nanos_each(begin.elapsed(), actors);
        runtime.stop().await;
        departures::all_gone(actors).await;
        drop(folder);
        (passivation, reactivation)
    })
}

async fn keep(drawers: &Ref<Drawers>, number: u64) {
    let drawer = drawers.key(number.to_string());
    drawer.ask(Keep { number }).await.expect("a reply");
}
