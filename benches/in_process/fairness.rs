//! Whether an actor that does not let go of its thread slows the others: latencies of asks to eight actors, first alone, then while
//! another actor spins for a millisecond in each of its turns.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use benches::peers::{Actix, Asked, Channels, Kameo, Locks, Peer, Ractor, Skep, Xtra};
use benches::threads::{Threads, play, spawn};
use benches::{Bench, Candidate, Figure, Latencies, Role, Unit, now};
use tokio::runtime::Handle;

/// Actors that want to answer.
const ACTORS: u64 = 8;
/// Asks of a full round.
const ASKS: u64 = 20_000;

/// Measures both tables.
pub(crate) fn measure(bench: &mut Bench) {
    let asks = bench.options().scale(ASKS);
    bench.table(
        "fair-alone",
        "latency of asks to 8 idle actors, one after the other; two threads",
        Unit::Nanos,
        candidates(asks, false),
    );
    bench.table(
        "fair-beside-spinning",
        "the same while one more actor spins for 1 ms in each turn",
        Unit::Nanos,
        candidates(asks, true),
    );
}

fn candidates(asks: u64, is_spinning: bool) -> Vec<Candidate<'static>> {
    vec![
        spinning_itself::<Skep>(asks, is_spinning),
        Candidate::new("skep, spins as declared", Role::Skep, move || {
            play::<Skep, _, _>(Threads::Two, move |peer| async move {
                let mill = peer.mill();
                let grind = move |number| {
                    let mill = mill.clone();
                    async move { Skep::grind(&mill, number).await }
                };
                latencies(&peer, asks, is_spinning.then_some(grind)).await
            })
        }),
        spinning_itself::<Actix>(asks, is_spinning),
        spinning_itself::<Kameo>(asks, is_spinning),
        spinning_itself::<Ractor>(asks, is_spinning),
        spinning_itself::<Xtra>(asks, is_spinning),
        spinning_itself::<Channels>(asks, is_spinning),
        spinning_itself::<Locks>(asks, is_spinning),
    ]
}

/// The handler that spins is one like any other.
fn spinning_itself<P: Peer>(asks: u64, is_spinning: bool) -> Candidate<'static> {
    Candidate::new(P::NAME, P::ROLE, move || {
        play::<P, _, _>(Threads::Two, move |peer| async move {
            let one = peer.one();
            let spin = move |number| {
                let one = one.clone();
                async move { one.ask_spinning(number).await }
            };
            latencies(&peer, asks, is_spinning.then_some(spin)).await
        })
    })
}

/// Asks the eight in turn, while a task keeps the one that spins at work.
async fn latencies<P: Peer, F>(
    peer: &P,
    asks: u64,
    spin: Option<impl Fn(u64) -> F + Send + 'static>,
) -> Figure
where
    F: Future<Output = u64> + Send + 'static,
{
    let actors: Vec<P::Many> = (0..ACTORS).map(|number| peer.many(number)).collect();
    for actor in &actors {
        actor.ask(0).await;
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let spinner = spin.map(|spin| {
        let is_over = Arc::clone(&is_over);
        spawn(&Handle::current(), async move {
            while !is_over.load(Ordering::Relaxed) {
                spin(1).await;
            }
        })
    });
    let mut latencies = Latencies::default();
    for (actor, number) in actors.iter().cycle().zip(0..asks) {
        let begin = now();
        actor.ask(number).await;
        latencies.add(begin.elapsed());
        // What lives on this thread has its turn, as beside a caller that has more to do than to ask.
        tokio::task::yield_now().await;
    }
    is_over.store(true, Ordering::Relaxed);
    if let Some(spinner) = spinner {
        spinner.await.expect("the spinner ends");
    }
    latencies.nanos()
}
