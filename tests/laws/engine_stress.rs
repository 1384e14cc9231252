//! The engine under many threads: no wake-up is lost, however the threads meet.
//!
//! `SKEP_REPEATS=200 cargo test --test laws stress` looks longer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use skep::Runtime;
use skep::testing::Colony;

use crate::hops::{Alpha, Gamma, Hop, hoppers};
use crate::worker::{Note, NoteSlowly, Noting, Worker};
use crate::{on_a_task, repeats};

const SENDERS: u64 = 6;

/// Looks at the statistics until it is told to end.
fn onlooker(runtime: Runtime, over: Arc<AtomicBool>) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        while !over.load(Ordering::Relaxed) {
            assert_eq!(runtime.stats().len(), 1);
        }
    })
}

async fn note(runtime: Runtime, sender: u64) {
    let noting = runtime.get::<Noting>();
    for number in 0..50 {
        noting.ask(Note { sender, number }).await.expect("a reply");
        noting
            .ask(NoteSlowly { sender, number })
            .await
            .expect("a reply");
        noting.tell(Note { sender, number }).await.expect("room");
    }
}

#[skep::test(real_time)]
async fn stress_onlookers_do_not_make_an_actor_miss_its_wake_up(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    for round in 1..=repeats(10) as u64 {
        let over = Arc::new(AtomicBool::new(false));
        let onlooker = onlooker(runtime.clone(), Arc::clone(&over));
        join_all((0..SENDERS).map(|sender| on_a_task(note(runtime.clone(), sender)))).await;
        over.store(true, Ordering::Relaxed);
        onlooker.join().expect("the onlooker does not panic");
        assert!(
            runtime.settled(Duration::from_secs(5)).await,
            "{:?}",
            runtime.stats()
        );
        assert_eq!(runtime.stats()[0].num_turns, round * SENDERS * 150);
    }
}

/// A refused call looks at the actor and queues nothing: whoever else came at that moment must not be forgotten.
#[skep::test(real_time)]
async fn stress_refused_calls_do_not_make_an_actor_miss_its_wake_up(colony: Colony) {
    let runtime = hoppers(colony).start().await;
    for _ in 0..repeats(10) {
        let cycles = (0..SENDERS).map(|sender| {
            let alpha = runtime.get::<Alpha>();
            on_a_task(async move {
                for number in 0..50 {
                    let path: &[&str] = if (sender + number) % 2 == 0 {
                        &["alpha"]
                    } else {
                        &[]
                    };
                    let answer = alpha.ask(Hop::along(path)).await;
                    let answer = answer.map_err(|error| error.domain().cloned());
                    assert!(matches!(answer, Ok(0) | Err(Some(_))), "{answer:?}");
                }
            })
        });
        join_all(cycles).await;
    }
}

#[skep::test(real_time)]
async fn stress_a_storm_during_passivation_meets_one_actor_per_key(colony: Colony) {
    let colony = hoppers(colony).set("capabilities.gamma.idle_after=1ms");
    let runtime = colony.start().await;
    for _ in 0..repeats(5) {
        let asks = (0..SENDERS).map(|_| {
            let gamma = runtime.get::<Gamma>();
            on_a_task(async move {
                for number in 0..200_u64 {
                    let answer = gamma.key(number % 5).ask(Hop::default()).await;
                    assert_eq!(answer, Ok(0));
                }
            })
        });
        join_all(asks).await;
    }
}

#[skep::test(real_time)]
async fn stress_start_and_stop(colony: Colony) {
    let colony = hoppers(colony).set("runtime.arbiters=2");
    for _ in 0..repeats(10) {
        let runtime = colony.start().await;
        let path = ["beta", "gamma[1]", "gamma[2]", "delta"];
        let asks = (0..SENDERS).map(|_| {
            let alpha = runtime.get::<Alpha>();
            on_a_task(async move { alpha.ask(Hop::along(&path)).await })
        });
        assert_eq!(join_all(asks).await, vec![Ok(4); SENDERS as usize]);
        runtime.stop().await;
    }
}
