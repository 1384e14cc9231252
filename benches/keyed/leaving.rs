//! Actors that go because nobody asks them, and durable ones that come back with what they have kept.

use std::hint::black_box;
use std::time::Duration;

use benches::peers::sources;
use benches::threads::on_one_thread;
use benches::{Bench, Candidate, Role, Unit, nanos_each, now};
use futures_util::StreamExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Cx, Message, Ref, Runtime, StartError, Table};

/// Actors of a full round.
const ACTORS: u64 = 20_000;
/// Turns that share syncs while rows are written.
const IN_FLIGHT: usize = 256;
/// How often it is looked whether they are gone.
const LOOK: Duration = Duration::from_millis(1);

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
}

/// Measures both tables.
pub(crate) fn measure(bench: &mut Bench) {
    let actors = bench.options().scale(ACTORS);
    let name = format!("{actors} durable actors");
    let leave = move || passed_through(actors).0;
    let candidates = vec![Candidate::new(&name, Role::Skep, leave)];
    let title = "an idle actor goes: from when all were there until none was, for each";
    bench.table("passivation", title, Unit::Nanos, candidates);
    let come_back = move || passed_through(actors).1;
    let candidates = vec![Candidate::new(&name, Role::Skep, come_back)];
    let title = "it comes back: the first ask, with its start and the row it reads (fjall)";
    bench.table("reactivation", title, Unit::Nanos, candidates);
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
        // All were asked in the same moment, and so all go in the same one.
        ask_all(&drawers, actors).await;
        let going = gone(&runtime, actors).await;
        let begin = now();
        ask_all(&drawers, actors).await;
        let coming = begin.elapsed();
        runtime.stop().await;
        drop(folder);
        (nanos_each(going, actors), nanos_each(coming, actors))
    })
}

async fn keep(drawers: &Ref<Drawers>, number: u64) {
    let drawer = drawers.key(number.to_string());
    drawer.ask(Keep { number }).await.expect("a reply");
}

async fn ask_all(drawers: &Ref<Drawers>, actors: u64) {
    for number in 0..actors {
        let kept = drawers.key(number.to_string()).ask(Kept {}).await;
        assert_eq!(black_box(kept).ok(), Some(number), "what it has kept");
    }
}

/// Waits until all have gone; how long that took since all of them were seen, to a millisecond.
async fn gone(runtime: &Runtime, actors: u64) -> Duration {
    let mut all_there = now();
    loop {
        let looked = now();
        let stats = runtime.stats();
        let there = stats
            .iter()
            .map(|stats| stats.num_actors as u64)
            .sum::<u64>();
        if there == 0 {
            return all_there.elapsed();
        }
        if there == actors {
            all_there = looked;
        }
        tokio::time::sleep(LOOK).await;
    }
}
