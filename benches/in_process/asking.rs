//! One actor is asked, in every way.

use std::future::Future;
use std::hint::black_box;

use benches::peers::{Asked, Chained, Peer, Skep};
use benches::threads::{CALLERS, Threads, play, spawn};
use benches::{Bench, Candidate, Figure, Role, Unit, nanos_each, now};
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use tokio::runtime::Handle;

use crate::{Workload, candidates, table};

/// Operations before the clock runs.
const WARM: u64 = 1000;
/// Asks under way at a time.
const IN_FLIGHT: usize = 64;

/// Measures all tables of this file.
pub(crate) fn measure(bench: &mut Bench) {
    sequential(bench);
    table::<InFlight>(bench);
    table::<Tasks>(bench);
    table::<Apart>(bench);
    table::<ApartInFlight>(bench);
    table::<Callers>(bench);
    table::<Busy>(bench);
    table::<Chain>(bench);
    table::<Tell>(bench);
}

/// Everybody's handler adds at once; one of skep's waits first, for what is there already.
fn sequential(bench: &mut Bench) {
    let operations = bench.options().scale(Sequential::OPERATIONS);
    let mut candidates = candidates::<Sequential>(operations);
    let waiting = Candidate::new("skep, its handler has an `.await`", Role::Skep, move || {
        play::<Skep, _, _>(Threads::One, move |peer| {
            let one = peer.one();
            timed(operations, move |number| {
                let one = one.clone();
                async move { Skep::ask_waiting(&one, number).await }
            })
        })
    });
    candidates.insert(1, waiting);
    bench.table(Sequential::NAME, Sequential::TITLE, Unit::Nanos, candidates);
}

struct Sequential;
struct InFlight;
struct Tasks;
struct Apart;
struct ApartInFlight;
struct Callers;
struct Busy;
struct Chain;
struct Tell;

impl Workload for Sequential {
    const NAME: &'static str = "ask-sequential";
    const TITLE: &'static str = "ask, one after the other; caller and actor on one thread";
    const OPERATIONS: u64 = 200_000;

    fn play<P: Peer>(operations: u64) -> Figure {
        one_after_the_other::<P>(Threads::One, operations)
    }
}

impl Workload for InFlight {
    const NAME: &'static str = "ask-64";
    const TITLE: &'static str = "ask, 64 under way; caller and actor on one thread";
    const OPERATIONS: u64 = 200_000;

    fn play<P: Peer>(operations: u64) -> Figure {
        side_by_side::<P>(Threads::One, operations)
    }
}

impl Workload for Tasks {
    const NAME: &'static str = "ask-64-tasks";
    const TITLE: &'static str =
        "ask, 64 tasks that ask one after the other each; callers and actor on one thread";
    const OPERATIONS: u64 = 200_000;

    fn play<P: Peer>(operations: u64) -> Figure {
        play::<P, _, _>(Threads::One, move |peer| {
            let one = peer.one();
            callers(IN_FLIGHT as u64, operations, move |number| {
                let one = one.clone();
                async move { one.ask(number).await }
            })
        })
    }
}

impl Workload for Apart {
    const NAME: &'static str = "ask-other-thread";
    const TITLE: &'static str = "ask, one after the other; the actor lives on another thread";
    const OPERATIONS: u64 = 20_000;

    fn play<P: Peer>(operations: u64) -> Figure {
        one_after_the_other::<P>(Threads::Apart, operations)
    }
}

impl Workload for ApartInFlight {
    const NAME: &'static str = "ask-other-thread-64";
    const TITLE: &'static str = "ask, 64 under way; the actor lives on another thread";
    const OPERATIONS: u64 = 100_000;

    fn play<P: Peer>(operations: u64) -> Figure {
        side_by_side::<P>(Threads::Apart, operations)
    }
}

impl Workload for Callers {
    const NAME: &'static str = "ask-8-callers";
    const TITLE: &'static str = "ask, 8 callers of one actor; two threads";
    const OPERATIONS: u64 = 100_000;

    fn play<P: Peer>(operations: u64) -> Figure {
        play::<P, _, _>(Threads::Two, move |peer| {
            let one = peer.one();
            callers(CALLERS, operations, move |number| {
                let one = one.clone();
                async move { one.ask(number).await }
            })
        })
    }
}

impl Workload for Busy {
    const NAME: &'static str = "ask-busy";
    const TITLE: &'static str = "ask, 8 callers of an actor that lets others go first in each turn (the queued path); two threads";
    const OPERATIONS: u64 = 50_000;

    fn play<P: Peer>(operations: u64) -> Figure {
        play::<P, _, _>(Threads::Two, move |peer| {
            let one = peer.one();
            callers(CALLERS, operations, move |number| {
                let one = one.clone();
                async move { one.ask_yielding(number).await }
            })
        })
    }
}

impl Workload for Chain {
    const NAME: &'static str = "chain-of-5";
    const TITLE: &'static str = "ask through a chain of 5 actors, one after the other; one thread";
    const OPERATIONS: u64 = 40_000;

    fn play<P: Peer>(operations: u64) -> Figure {
        play::<P, _, _>(Threads::One, move |peer| {
            let chain = peer.chain();
            timed(operations, move |_| {
                let chain = chain.clone();
                async move { chain.pass().await }
            })
        })
    }
}

impl Workload for Tell {
    const NAME: &'static str = "tell";
    const TITLE: &'static str = "tell, until all are handled; one thread";
    const OPERATIONS: u64 = 200_000;

    fn play<P: Peer>(operations: u64) -> Figure {
        play::<P, _, _>(Threads::One, move |peer| async move {
            let one = peer.one();
            one.ask(0).await;
            let begin = now();
            for number in 0..operations {
                one.tell(number).await;
            }
            black_box(one.ask(0).await);
            nanos_each(begin.elapsed(), operations).into()
        })
    }
}

fn one_after_the_other<P: Peer>(threads: Threads, operations: u64) -> Figure {
    play::<P, _, _>(threads, move |peer| async move {
        let one = peer.one();
        for number in 0..WARM {
            black_box(one.ask(number).await);
        }
        let begin = now();
        for number in 0..operations {
            black_box(one.ask(number).await);
        }
        nanos_each(begin.elapsed(), operations).into()
    })
}

fn side_by_side<P: Peer>(threads: Threads, operations: u64) -> Figure {
    play::<P, _, _>(threads, move |peer| async move {
        let one = peer.one();
        for number in 0..WARM {
            black_box(one.ask(number).await);
        }
        let begin = now();
        let mut numbers = 0..operations;
        let first = numbers.by_ref().take(IN_FLIGHT);
        let mut under_way: FuturesUnordered<_> = first.map(|number| one.ask(number)).collect();
        while let Some(total) = under_way.next().await {
            black_box(total);
            under_way.extend(numbers.next().map(|number| one.ask(number)));
        }
        nanos_each(begin.elapsed(), operations).into()
    })
}

/// Warms up, then times one after the other.
async fn timed<F: Future<Output = u64>>(operations: u64, ask: impl Fn(u64) -> F) -> Figure {
    for number in 0..WARM {
        black_box(ask(number).await);
    }
    let begin = now();
    for number in 0..operations {
        black_box(ask(number).await);
    }
    nanos_each(begin.elapsed(), operations).into()
}

/// Times so many tasks that ask one after the other, all of them at once.
async fn callers<F>(
    num: u64,
    operations: u64,
    ask: impl Fn(u64) -> F + Clone + Send + 'static,
) -> Figure
where
    F: Future<Output = u64> + Send + 'static,
{
    let each = operations.div_ceil(num);
    black_box(ask(0).await);
    let begin = now();
    let tasks = (0..num).map(|_| {
        let ask = ask.clone();
        spawn(&Handle::current(), async move {
            for number in 0..each {
                black_box(ask(number).await);
            }
        })
    });
    for ended in join_all(tasks).await {
        ended.expect("a caller ends");
    }
    nanos_each(begin.elapsed(), each * num).into()
}
