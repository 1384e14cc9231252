//! Group `observing`: what it costs to be looked at – `ask` and `emit` with metrics, traces and the event log on and off.
//!
//! One application, started once for each way, in one process.

use std::hint::black_box;
use std::process::ExitCode;

use benches::{Bench, Candidate, Role, Unit, nanos_each, now};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::config::Sources;
use skep::{Cx, Event, Message, Ref, Runtime};

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

fn main() -> ExitCode {
    benches::run(
        "observing",
        "what metrics, traces and the log of events cost",
        &["skep", "tokio"],
        measure,
    )
}

fn measure(bench: &mut Bench) {
    let executor = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("an executor");
    table(
        bench,
        &executor,
        ("asking", "ask, one caller, one thread"),
        ASKING,
        ASKS,
        &async |counting: &Ref<Counting>| {
            black_box(counting.ask(Add { number: 1 }).await.expect("a sum"));
        },
    );
    table(
        bench,
        &executor,
        ("emitting", "ask that emits an event nobody listens to"),
        EMITTING,
        EMITS,
        &async |counting: &Ref<Counting>| {
            black_box(counting.ask(Tell { number: 1 }).await.expect("a sum"));
        },
    );
}

fn table(
    bench: &mut Bench,
    executor: &tokio::runtime::Runtime,
    (name, title): (&str, &str),
    ways: &[(&str, &[&str])],
    operations: u64,
    ask: &impl AsyncFn(&Ref<Counting>),
) {
    if !bench.options().wants(name) {
        return;
    }
    let operations = bench.options().scale(operations);
    let runtimes: Vec<_> = ways
        .iter()
        .map(|(way, settings)| (*way, start(executor, settings)))
        .collect();
    let candidate = |(way, runtime): &(&str, Runtime)| {
        let counting: Ref<Counting> = runtime.get();
        Candidate::new(way, Role::Skep, move || {
            executor.block_on(async {
                let begin = now();
                for _ in 0..operations {
                    ask(&counting).await;
                }
                nanos_each(begin.elapsed(), operations)
            })
        })
    };
    let candidates = runtimes.iter().map(candidate).collect();
    bench.table(name, title, Unit::Nanos, candidates);
    for (_, runtime) in runtimes {
        executor.block_on(runtime.stop());
    }
}

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
