//! Law 10: without configuration there are bounds, deadlines, memory of what was handled, and an orderly end.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{join, poll};
use skep::store::MemoryStore;
use skep::testing::{Colony, Probe};
use skep::{AskError, CallError, Health};

use crate::city::{House, Houses, Ring, Rings, lasted};
use crate::counter::{Add, Counted, Counter, Counting, Read};
use crate::gate::Gate;
use crate::hops::{Alpha, Hop, hoppers};
use crate::on_a_task;
use crate::worker::{Note, Notes, Noting, Pass, Worker};

const MINUTE: Duration = Duration::from_secs(60);

fn pass(gate: &Gate) -> Pass {
    Pass {
        gate: gate.name.clone(),
    }
}

#[skep::test]
async fn a_mailbox_holds_64_messages_when_nothing_is_said(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let noting = runtime.get::<Noting>();
    let gate = Gate::new();
    noting.tell(pass(&gate)).await.expect("room");
    gate.arrived().await;
    let taken = (0..100).take_while(|number| {
        noting
            .try_tell(Note {
                sender: 0,
                number: *number,
            })
            .is_ok()
    });
    assert_eq!(taken.count(), 64);
}

#[skep::test]
async fn a_message_of_a_megabyte_is_too_large_when_nothing_is_said(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let text = "x".repeat(1024 * 1024);
    let answer = runtime
        .get::<Counting>()
        .ask(crate::counter::Echo { text, times: 0 })
        .await;
    assert!(matches!(
        answer,
        Err(AskError::Call(CallError::TooLarge { .. }))
    ));
}

#[skep::test]
async fn a_runtime_that_stops_finishes_what_it_has_accepted(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let noting = runtime.get::<Noting>();
    let gate = Gate::new();
    let mut slow = pin!(noting.ask(pass(&gate)).deadline(MINUTE));
    assert!(poll!(slow.as_mut()).is_pending());
    gate.arrived().await;
    let mut queued = pin!(
        noting
            .ask(Note {
                sender: 0,
                number: 0
            })
            .deadline(MINUTE)
    );
    assert!(poll!(queued.as_mut()).is_pending());
    let mut stop = pin!(runtime.stop());
    assert!(poll!(stop.as_mut()).is_pending());
    gate.open();
    let (slow, queued, ()) = join!(slow, queued, stop);
    assert_eq!((slow, queued), (Ok(0), Ok(1)));
}

#[skep::test]
async fn a_runtime_that_stops_takes_nothing_new(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let noting = runtime.get::<Noting>();
    let gate = Gate::new();
    noting.tell(pass(&gate)).await.expect("room");
    gate.arrived().await;
    let mut stop = pin!(runtime.stop());
    assert!(poll!(stop.as_mut()).is_pending());
    assert_eq!(runtime.health(), Health::Stopping);
    let error = noting.ask(Notes {}).await.expect_err("it stops");
    assert!(
        matches!(error.call(), Some(CallError::Stopping { .. })),
        "{error}"
    );
    gate.open();
    stop.await;
}

#[skep::test]
async fn a_turn_may_ask_others_while_the_runtime_stops(colony: Colony) {
    let runtime = hoppers(colony).with::<Worker>().start().await;
    let gate = Gate::new();
    let noting = runtime.get::<Noting>();
    noting.tell(pass(&gate)).await.expect("room");
    gate.arrived().await;
    let path = ["beta", "gamma[1]", "delta", "gamma[2]"];
    let alpha = runtime.get::<Alpha>();
    let mut ask = pin!(alpha.ask(Hop::along(&path)));
    let first = poll!(ask.as_mut());
    let mut stop = pin!(runtime.stop());
    assert!(poll!(stop.as_mut()).is_pending());
    let answer = match first {
        std::task::Poll::Ready(answer) => answer,
        std::task::Poll::Pending => ask.await,
    };
    assert_eq!(answer, Ok(4));
    gate.open();
    stop.await;
}

#[skep::test]
async fn stopping_takes_no_longer_than_its_deadline(colony: Colony) {
    let placement = colony.placement();
    let colony = colony.with::<Worker>().set("runtime.shutdown_deadline=1s");
    let runtime = colony.start().await;
    let noting = runtime.get::<Noting>();
    let gate = Gate::new();
    let mut ask = pin!(noting.ask(pass(&gate)).deadline(MINUTE));
    assert!(poll!(ask.as_mut()).is_pending());
    gate.arrived().await;
    let mut queued = pin!(noting.ask(Notes {}).deadline(MINUTE));
    assert!(poll!(queued.as_mut()).is_pending());
    let begun = tokio::time::Instant::now();
    runtime.stop().await;
    let passed = begun.elapsed();
    assert!(
        lasted(placement, passed, 1),
        "and no second more: {passed:?}"
    );
    let error = ask.await.expect_err("it was let go of");
    assert!(
        matches!(
            error.call(),
            Some(CallError::DeadlineExceeded { started: true, .. })
        ),
        "{error}"
    );
    let error = queued.await.expect_err("it was never begun");
    assert!(
        matches!(error.call(), Some(CallError::Stopping { .. })),
        "{error}"
    );
}

#[skep::test(real_time)]
async fn callers_of_a_turn_that_never_ends_are_told_when_the_runtime_goes(colony: Colony) {
    let colony = colony
        .with::<Worker>()
        .set("runtime.shutdown_deadline=50ms");
    for is_stopped in [true, false] {
        let runtime = colony.start().await;
        let noting = runtime.get::<Noting>();
        let gate = Gate::new();
        let mut ask = pin!(noting.ask(pass(&gate)).deadline(MINUTE));
        assert!(poll!(ask.as_mut()).is_pending());
        gate.arrived().await;
        let mut queued = pin!(noting.ask(Notes {}).deadline(MINUTE));
        assert!(poll!(queued.as_mut()).is_pending());
        if is_stopped {
            runtime.stop().await;
        }
        drop(runtime);
        assert!(ask.await.is_err());
        assert!(queued.await.is_err());
    }
}

/// Whoever waits with the runtime's clock may be looked at again after the runtime has gone.
#[skep::test(real_time)]
async fn a_wait_outlives_the_runtime_it_waits_for(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let gate = Gate::new();
    runtime
        .get::<Noting>()
        .tell(pass(&gate))
        .await
        .expect("room");
    gate.arrived().await;
    let mut settled = pin!(runtime.settled(MINUTE));
    assert!(poll!(settled.as_mut()).is_pending());
    gate.open();
    runtime.stop().await;
    assert!(settled.await);
}

#[skep::test]
async fn every_actor_is_told_to_stop(colony: Colony) {
    let colony = colony.with::<House>();
    let runtime = colony.start().await;
    for house in ["a", "b"] {
        let rung = runtime
            .get::<Houses>()
            .key(house)
            .ask(Ring { number: 0 })
            .await;
        rung.expect("a reply");
    }
    runtime.stop().await;
    let runtime = colony.start().await;
    for house in ["a", "b"] {
        assert_eq!(
            runtime.get::<Houses>().key(house).ask(Rings {}).await,
            Ok((1, 1))
        );
    }
}

#[skep::test]
async fn stopping_twice_is_stopping_once(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let other = runtime.clone();
    join!(runtime.stop(), other.stop());
    runtime.stop().await;
    assert_eq!(other.health(), Health::Stopped);
}

/// Everything that holds on to a runtime's insides shows in how many hold on to its store.
#[skep::test]
async fn after_a_stop_nothing_holds_the_store_though_references_are_held(colony: Colony) {
    let store = Arc::new(MemoryStore::new());
    let colony = hoppers(colony).with::<Counter>().with::<House>();
    let colony = colony.store(Arc::<MemoryStore>::clone(&store));
    let before = Arc::strong_count(&store);
    let runtime = colony.start().await;
    let counting = runtime.get::<Counting>();
    let _probe = Probe::<Counted>::new(&runtime);
    counting.ask(Add { number: 1 }).await.expect("a reply");
    runtime
        .get::<Houses>()
        .key("a")
        .ask(Ring { number: 0 })
        .await
        .expect("a reply");
    runtime
        .get::<Alpha>()
        .ask(Hop::along(&["beta", "gamma[1]"]))
        .await
        .expect("a reply");
    runtime.stop().await;
    assert_eq!(Arc::strong_count(&store), before);
    assert!(counting.ask(Read {}).await.is_err());
}

#[skep::test]
async fn a_dropped_runtime_leaves_nothing_behind(colony: Colony) {
    let store = Arc::new(MemoryStore::new());
    let colony = colony.with::<Counter>().with::<House>();
    let colony = colony.store(Arc::<MemoryStore>::clone(&store));
    let before = Arc::strong_count(&store);
    let runtime = colony.start().await;
    let counting = runtime.get::<Counting>();
    counting.ask(Add { number: 1 }).await.expect("a reply");
    runtime
        .get::<Houses>()
        .key("a")
        .ask(Ring { number: 0 })
        .await
        .expect("a reply");
    drop(runtime);
    assert!(counting.ask(Read {}).await.is_err());
    while Arc::strong_count(&store) > before {
        tokio::task::yield_now().await;
    }
}

#[skep::test]
async fn a_turn_that_was_let_go_of_leaves_nothing_behind(colony: Colony) {
    let store = Arc::new(MemoryStore::new());
    let colony = colony
        .with::<crate::ledger::Ledger>()
        .set("runtime.shutdown_deadline=1s");
    let colony = colony.store(Arc::<MemoryStore>::clone(&store));
    let before = Arc::strong_count(&store);
    let runtime = colony.start().await;
    let gate = Gate::new();
    let ledgers = runtime.get::<crate::ledger::Ledgers>();
    let slacken = crate::ledger::Slacken {
        gate: Some(gate.name.clone()),
    };
    ledgers.ask(slacken).await.expect("a reply");
    ledgers
        .tell(crate::ledger::Enter { number: 1 })
        .await
        .expect("room");
    gate.arrived().await;
    runtime.stop().await;
    assert_eq!(Arc::strong_count(&store), before);
}

#[skep::test(real_time)]
async fn the_store_is_free_as_soon_as_the_runtime_has_stopped(colony: Colony) {
    let directory = tempfile::tempdir().expect("a directory");
    let colony = colony.with::<Counter>().on_disk(directory.path());
    let mut references = Vec::new();
    for round in 1..=4 {
        let runtime = colony.start().await;
        let counting = runtime.get::<Counting>();
        assert_eq!(counting.ask(Add { number: 1 }).await, Ok(round));
        runtime.stop().await;
        references.push((runtime, counting));
    }
}

#[skep::test(real_time)]
async fn a_stop_under_load_answers_every_call(colony: Colony) {
    let colony = hoppers(colony);
    for _ in 0..crate::repeats(5) {
        let runtime = colony.start().await;
        let asks = (0..6).map(|_| {
            let alpha = runtime.get::<Alpha>();
            on_a_task(async move {
                loop {
                    match alpha.ask(Hop::along(&["gamma[1]", "beta"])).await {
                        Ok(hops) => assert_eq!(hops, 2),
                        Err(error) => return error,
                    }
                }
            })
        });
        let asks = on_a_task(join_all(asks.collect::<Vec<_>>()));
        let (errors, ()) = join!(asks, async {
            while runtime.stats()[0].num_turns < 50 {
                tokio::task::yield_now().await;
            }
            runtime.stop().await;
        });
        for error in errors {
            assert!(
                matches!(error.call(), Some(CallError::Stopping { .. })),
                "{error}"
            );
        }
    }
}
