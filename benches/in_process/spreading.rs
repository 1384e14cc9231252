//! Many actors: one caller of 64, one emitter with eight listeners, actors that are made.

use std::hint::black_box;

use benches::peers::{Asked, Emitting, HEARD, Peer};
use benches::threads::{Threads, play};
use benches::{Bench, Figure, nanos_each, now};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::{Workload, table};

/// Actors that one caller asks at once.
const ACTORS: u64 = 64;
/// Who hears what is announced.
const LISTENERS: u64 = 8;

/// Measures all tables of this file.
pub(crate) fn measure(bench: &mut Bench) {
    table::<Many>(bench);
    table::<FanOut>(bench);
    table::<Spawn>(bench);
}

struct Many;
struct FanOut;
struct Spawn;

impl Workload for Many {
    const NAME: &'static str = "ask-64-actors";
    const TITLE: &'static str =
        "ask, one caller of 64 actors with one ask to each under way (skep: keyed); two threads";
    const OPERATIONS: u64 = 100_000;

    fn play<P: Peer>(operations: u64) -> Figure {
        play::<P, _, _>(Threads::Two, move |peer| async move {
            let actors: Vec<P::Many> = (0..ACTORS).map(|number| peer.many(number)).collect();
            for actor in &actors {
                black_box(actor.ask(0).await);
            }
            let begin = now();
            let mut left = operations - operations % ACTORS;
            let mut under_way: FuturesUnordered<_> = actors.iter().map(asked).collect();
            while let Some(actor) = under_way.next().await {
                left -= 1;
                if left >= ACTORS {
                    under_way.push(asked(actor));
                }
            }
            nanos_each(begin.elapsed(), operations - operations % ACTORS).into()
        })
    }
}

/// Asks, and returns whom.
async fn asked<A: Asked>(actor: &A) -> &A {
    black_box(actor.ask(1).await);
    actor
}

impl Workload for FanOut {
    const NAME: &'static str = "fan-out-8";
    const TITLE: &'static str = "one message to each of 8 listeners (skep: a logged event with retries; others: a loop of tells), per announcement until all have heard; two threads";
    const OPERATIONS: u64 = 5000;

    fn play<P: Peer>(operations: u64) -> Figure {
        play::<P, _, _>(Threads::Two, move |peer| async move {
            let emitter = peer.emitter();
            HEARD.expect(LISTENERS);
            emitter.announce().await;
            HEARD.all().await;
            HEARD.expect(LISTENERS * operations);
            let begin = now();
            for _ in 0..operations {
                emitter.announce().await;
            }
            HEARD.all().await;
            nanos_each(begin.elapsed(), operations).into()
        })
    }
}

impl Workload for Spawn {
    const NAME: &'static str = "spawn";
    const TITLE: &'static str = "a new actor and the first ask to it (skep: a new key); one thread";
    const OPERATIONS: u64 = 20_000;

    fn play<P: Peer>(operations: u64) -> Figure {
        play::<P, _, _>(Threads::One, move |peer| async move {
            black_box(peer.many(u64::MAX).ask(0).await);
            let mut actors = Vec::with_capacity(usize::try_from(operations).unwrap_or(0));
            let begin = now();
            for number in 0..operations {
                let actor = peer.many(number);
                black_box(actor.ask(1).await);
                actors.push(actor);
            }
            let figure = nanos_each(begin.elapsed(), operations);
            drop(actors);
            figure.into()
        })
    }
}
