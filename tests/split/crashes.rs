//! Processes that are killed, turns that never end, and callers that go.

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::poll;
use skep::{AskError, CallError, Delivery, Runtime};

use crate::city::until;
use crate::counter::{Add, Counting, Read};
use crate::gate::Gate;
use crate::ledger::{Entries, Ledgers};
use crate::stage::{HANGS, Stage, beside, run};
use crate::worker::{Note, Notes, Noting, Pass};

/// Two nodes, and the test as their client.
fn split() -> Stage {
    let stage = Stage::new().hosts("worker", r#""noting", "counting""#);
    stage.hosts("rest", r#""*""#)
}

fn note(number: u64) -> Note {
    Note { sender: 0, number }
}

#[test]
fn a_node_that_is_killed_hurts_what_it_was_at_work_on_and_nothing_that_may_come_twice() {
    run(async {
        let stage = split();
        let rest = stage.node("rest").await;
        let client = stage.client().await;
        let mut worker = stage.node("worker").await;
        let adders = (0..4).map(|_| {
            let counting = client.get::<Counting>();
            beside(async move {
                for _ in 0..100 {
                    let added = counting.ask(Add { number: 1 }).deadline(HANGS).await;
                    added.expect("it is known again when it comes twice");
                    let read = counting.ask(Read {}).deadline(HANGS).await;
                    read.expect("it may come twice");
                }
            })
        });
        let adders: Vec<_> = adders.collect();
        for _ in 0..2 {
            let gate = Gate::new();
            let pass = Pass {
                gate: gate.name.clone(),
            };
            let noting = client.get::<Noting>();
            let asked = beside(async move { noting.ask(pass).await });
            gate.arrived().await;
            let killed = beside(async move { drop(worker) });
            let error = asked.await.expect("no panic").expect_err("it was killed");
            let error = error.call().expect("a call error").clone();
            assert!(
                matches!(
                    error,
                    CallError::Lost { .. } | CallError::DeadlineExceeded { started: true, .. }
                ),
                "{error}"
            );
            assert_eq!(error.delivery(), Delivery::Unknown);
            killed.await.expect("no panic");
            worker = stage.node("worker").await;
        }
        for adder in join_all(adders).await {
            adder.expect("every add succeeds");
        }
        assert_eq!(client.get::<Counting>().ask(Read {}).await, Ok(400));
        assert!(client.settled(HANGS).await);
        let entries = client.get::<Ledgers>().ask(Entries {}).await;
        assert_eq!(
            entries,
            Ok((1..=400).collect()),
            "every event, once, in order"
        );
        for runtime in [client, worker, rest] {
            runtime.stop().await;
        }
    });
}

#[test]
fn a_callee_that_never_replies_costs_its_caller_the_deadline() {
    run(async {
        let stage = split();
        let (worker, client) = (stage.node("worker").await, stage.client().await);
        let gate = Gate::new();
        let pass = Pass {
            gate: gate.name.clone(),
        };
        let noting = client.get::<Noting>();
        // Long enough to be asked in between whether anybody is at work on it.
        let asked = noting.ask(pass).deadline(Duration::from_secs(2)).await;
        let late = |started| CallError::DeadlineExceeded {
            capability: "noting".to_owned(),
            started,
        };
        assert_eq!(asked, Err(AskError::Call(late(true))));
        gate.open();
        assert_eq!(noting.ask(note(1)).await, Ok(1));
        client.stop().await;
        worker.stop().await;
    });
}

fn num_queued(runtime: &Runtime) -> usize {
    runtime.stats().iter().map(|stats| stats.num_queued).sum()
}

#[test]
fn an_ask_that_was_abandoned_is_not_begun() {
    run(async {
        let stage = split();
        let (worker, client) = (stage.node("worker").await, stage.client().await);
        let gate = Gate::new();
        let pass = Pass {
            gate: gate.name.clone(),
        };
        let noting = client.get::<Noting>();
        noting.tell(pass).await.expect("room");
        gate.arrived().await;
        {
            let mut ask = std::pin::pin!(noting.ask(note(1)));
            assert!(poll!(ask.as_mut()).is_pending());
            until(|| num_queued(&worker) == 1).await;
        }
        // Said before whatever is sent from here on, so that this is known when that is.
        assert_eq!(client.get::<Counting>().ask(Read {}).await, Ok(0));
        let mut notes = std::pin::pin!(noting.ask(Notes {}));
        assert!(poll!(notes.as_mut()).is_pending());
        until(|| num_queued(&worker) == 2).await;
        gate.open();
        assert_eq!(notes.await, Ok(Vec::new()));
        client.stop().await;
        worker.stop().await;
    });
}
