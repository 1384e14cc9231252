//! Group `allocations`: how often memory is taken for one operation, and how much one actor keeps, counted by the allocator.
//!
//! A program of its own: counting costs time, which no other group shall pay.

use std::alloc::System;
use std::future::Future;
use std::hint::black_box;
use std::marker::PhantomData;
use std::process::ExitCode;

use benches::peers::{Actix, Asked, Chained, Channels, Kameo, Locks, Peer, Ractor, Skep, Xtra};
use benches::threads::{Threads, play};
use benches::{Bench, Candidate, Figure, Unit, allocations_since};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Operations before it is counted: what is taken once is not counted.
const WARM: u64 = 1000;
/// Operations that are counted.
const OPERATIONS: u64 = 10_000;

fn main() -> ExitCode {
    benches::run(
        "allocations",
        "how often memory is taken, and how much of it is kept",
        &["skep", "actix", "kameo", "ractor", "xtra", "tokio"],
        |bench| {
            table::<Each<Ask>>(bench);
            table::<Each<AskYielding>>(bench);
            table::<Each<Tell>>(bench);
            table::<Chain>(bench);
            table::<Kept>(bench);
        },
    )
}

/// What is counted.
trait Workload {
    const NAME: &'static str;
    const TITLE: &'static str;
    const UNIT: Unit;

    fn count<P: Peer>(operations: u64) -> Figure;
}

/// An operation on one actor.
trait Operation: 'static {
    const NAME: &'static str;
    const TITLE: &'static str;

    fn once<A: Asked>(one: &A, number: u64) -> impl Future<Output = ()> + Send;
}

struct Ask;
struct AskYielding;
struct Tell;
struct Each<O>(PhantomData<O>);
struct Chain;
struct Kept;

fn table<W: Workload>(bench: &mut Bench) {
    let operations = bench.options().scale(OPERATIONS);
    let candidates = vec![
        candidate::<W, Skep>(operations),
        candidate::<W, Actix>(operations),
        candidate::<W, Kameo>(operations),
        candidate::<W, Ractor>(operations),
        candidate::<W, Xtra>(operations),
        candidate::<W, Channels>(operations),
        candidate::<W, Locks>(operations),
    ];
    bench.table(W::NAME, W::TITLE, W::UNIT, candidates);
}

fn candidate<W: Workload, P: Peer>(operations: u64) -> Candidate<'static> {
    Candidate::new(P::NAME, P::ROLE, move || W::count::<P>(operations))
}

impl Operation for Ask {
    const NAME: &'static str = "ask";
    const TITLE: &'static str = "allocations of an ask of an idle actor";

    async fn once<A: Asked>(one: &A, number: u64) {
        black_box(one.ask(number).await);
    }
}

impl Operation for AskYielding {
    const NAME: &'static str = "ask-yielding";
    const TITLE: &'static str = "allocations of an ask whose turn lets others go first";

    async fn once<A: Asked>(one: &A, number: u64) {
        black_box(one.ask_yielding(number).await);
    }
}

impl Operation for Tell {
    const NAME: &'static str = "tell";
    const TITLE: &'static str = "allocations of a tell";

    async fn once<A: Asked>(one: &A, number: u64) {
        one.tell(number).await;
    }
}

impl<O: Operation> Workload for Each<O> {
    const NAME: &'static str = O::NAME;
    const TITLE: &'static str = O::TITLE;
    const UNIT: Unit = Unit::Count;

    fn count<P: Peer>(operations: u64) -> Figure {
        play::<P, _, _>(Threads::One, move |peer| async move {
            let one = peer.one();
            for number in 0..WARM {
                O::once(&one, number).await;
            }
            // Whatever was told has been handled.
            black_box(one.ask(0).await);
            let before = COUNTED.stats();
            for number in 0..operations {
                O::once(&one, number).await;
            }
            black_box(one.ask(0).await);
            allocations_since(before, COUNTED, operations).into()
        })
    }
}

impl Workload for Chain {
    const NAME: &'static str = "chain-of-5";
    const TITLE: &'static str = "allocations of an ask through a chain of 5 actors";
    const UNIT: Unit = Unit::Count;

    fn count<P: Peer>(operations: u64) -> Figure {
        play::<P, _, _>(Threads::One, move |peer| async move {
            let chain = peer.chain();
            for _ in 0..WARM {
                black_box(chain.pass().await);
            }
            let before = COUNTED.stats();
            for _ in 0..operations {
                black_box(chain.pass().await);
            }
            allocations_since(before, COUNTED, operations).into()
        })
    }
}

impl Workload for Kept {
    const NAME: &'static str = "kept";
    const TITLE: &'static str =
        "bytes that an idle actor and a reference to it keep, its own state of 8 bytes included";
    const UNIT: Unit = Unit::Bytes;

    fn count<P: Peer>(operations: u64) -> Figure {
        play::<P, _, _>(Threads::One, move |peer| async move {
            black_box(peer.many(u64::MAX).ask(0).await);
            let mut actors = Vec::with_capacity(usize::try_from(operations).unwrap_or(0));
            let before = COUNTED.stats();
            for number in 0..operations {
                let actor = peer.many(number);
                black_box(actor.ask(1).await);
                actors.push(actor);
            }
            let since = COUNTED.stats() - before;
            drop(actors);
            // A block that grew is counted as a new one and an old one that was given back.
            #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
            let each =
                (since.bytes_allocated as f64 - since.bytes_deallocated as f64) / operations as f64;
            each.into()
        })
    }
}
