//! What it costs to be looked at: `ask` and `emit` with metrics, traces and the event log on and off.
//!
//! `cargo bench --package benches --bench observing`. One application, started once for each way, in one process; every
//! way has its turn in every round.

use std::hint::black_box;
use std::time::Instant;

use benches::Group;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::config::Sources;
use skep::{Cx, Event, Message, Ref, Runtime};

/// Rounds in which every candidate has its turn.
const ROUNDS: usize = 9;
/// Asks a candidate makes in one round.
const ASKS: u64 = 100_000;
/// Emitting asks a candidate makes in one round.
const EMITS: u64 = 20_000;

#[derive(Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
struct Add {
    number: u64,
}

/// Adds, and makes it known.
#[derive(Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
struct Tell {
    number: u64,
}

#[derive(Serialize, Deserialize, JsonSchema, Event)]
struct Told {
    total: u64,
}

skep::contract! { Counting v1 { Add, Tell; emits Told } }

#[derive(Default)]
struct Counter {
    total: u64,
}

#[skep::capability(contract = Counting)]
impl Counter {
    #[handle]
    async fn add(&mut self, m: Add) -> u64 {
        self.total += m.number;
        self.total
    }

    #[handle]
    async fn tell(&mut self, m: Tell, cx: &mut Cx<Self>) -> u64 {
        self.total += m.number;
        cx.emit(Told { total: self.total });
        self.total
    }
}

const OFF: &str = "metrics.enabled=false";
const UNTRACED: &str = "trace.sample=0";
const UNLOGGED: &str = "defaults.event_log=0";

/// Ways of asking, and what is set for them.
const ASKING: &[(&str, &[&str])] = &[
    ("nothing is looked at", &[OFF, UNTRACED]),
    ("metrics", &[UNTRACED]),
    ("metrics, one trace of 100 (default)", &[]),
    ("metrics, every call traced", &["trace.sample=1"]),
];

/// Ways of emitting.
const EMITTING: &[(&str, &[&str])] = &[
    ("without an event log", &[UNLOGGED]),
    ("with an event log (default)", &[]),
];

fn start(executor: &tokio::runtime::Runtime, settings: &[&str]) -> Runtime {
    let sources = settings
        .iter()
        .fold(Sources::of("benches"), |sources, setting| {
            sources.set(*setting)
        });
    let builder = Runtime::builder().sources(sources).with::<Counter>();
    executor
        .block_on(builder.start())
        .expect("the application starts")
}

fn measure(
    executor: &tokio::runtime::Runtime,
    title: &str,
    ways: &[(&str, &[&str])],
    number: u64,
    ask: &impl AsyncFn(&Ref<Counting>),
) {
    let runtimes: Vec<_> = ways
        .iter()
        .map(|(name, settings)| (*name, start(executor, settings)))
        .collect();
    let mut group = Group::new(title);
    for _ in 0..ROUNDS {
        for (name, runtime) in &runtimes {
            let counting: Ref<Counting> = runtime.get();
            let nanos = executor.block_on(async {
                #[allow(clippy::disallowed_methods, reason = "a benchmark measures real time")]
                let begin = Instant::now();
                for _ in 0..number {
                    ask(&counting).await;
                }
                begin.elapsed().as_nanos()
            });
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52 ns")]
            group.add(name, nanos as f64 / number as f64);
        }
    }
    #[allow(clippy::print_stdout, reason = "a benchmark prints its table")]
    {
        println!("{}", group.table(ways[0].0));
    }
    for (_, runtime) in runtimes {
        executor.block_on(runtime.stop());
    }
}

fn main() {
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("an executor");
    measure(
        &executor,
        "ask, one caller, one thread",
        ASKING,
        ASKS,
        &async |counting: &Ref<Counting>| {
            black_box(counting.ask(Add { number: 1 }).await.expect("a sum"));
        },
    );
    measure(
        &executor,
        "ask that emits an event nobody listens to",
        EMITTING,
        EMITS,
        &async |counting: &Ref<Counting>| {
            black_box(counting.ask(Tell { number: 1 }).await.expect("a sum"));
        },
    );
}
