//! Law 5: every queue is bounded; full means that the sender waits, or gets its message back.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::poll;
use skep::testing::Colony;
use skep::{AskError, CallError, Delivery, Ref, Runtime};

use crate::city::{lasted, until};
use crate::gate::Gate;
use crate::worker::{Note, Notes, Noting, Pass, Worker};

const BOUND: u64 = 2;

/// A worker that stands at a gate, with a full mailbox.
async fn full(colony: Colony) -> (Runtime, Ref<Noting>, Gate) {
    let bound = format!("capabilities.noting.mailbox={BOUND}");
    let runtime = colony.with::<Worker>().set(bound).start().await;
    let noting = runtime.get::<Noting>();
    let gate = Gate::new();
    noting
        .tell(Pass {
            gate: gate.name.clone(),
        })
        .await
        .expect("room");
    gate.arrived().await;
    for number in 0..BOUND {
        noting.try_tell(Note { sender: 0, number }).expect("room");
    }
    (runtime, noting, gate)
}

fn note(sender: u64) -> Note {
    Note { sender, number: 0 }
}

fn is_overloaded(error: &CallError) -> bool {
    matches!(error, CallError::Overloaded { capability } if capability == "noting")
}

#[skep::test]
async fn a_full_mailbox_gives_a_tried_message_back(colony: Colony) {
    let (_runtime, noting, _gate) = full(colony).await;
    let refused = noting.try_tell(note(7)).expect_err("it is full");
    assert_eq!(refused.message, note(7));
    assert!(is_overloaded(&refused.error), "{}", refused.error);
    assert_eq!(refused.error.delivery(), Delivery::NotDelivered);
}

#[skep::test]
async fn a_full_mailbox_makes_tell_wait_until_its_deadline(colony: Colony) {
    let placement = colony.placement();
    let (_runtime, noting, _gate) = full(colony).await;
    let asked = tokio::time::Instant::now();
    let error = noting.tell(note(7)).deadline(Duration::from_secs(1)).await;
    let error = error.expect_err("it is full");
    assert!(is_overloaded(&error), "{error}");
    let passed = asked.elapsed();
    assert!(lasted(placement, passed, 1), "{passed:?}");
}

#[skep::test]
async fn a_full_mailbox_makes_ask_wait_until_its_deadline(colony: Colony) {
    let (_runtime, noting, gate) = full(colony).await;
    let error = noting
        .ask(note(7))
        .deadline(Duration::from_millis(300))
        .await;
    let error = error.expect_err("it is full");
    let error = error.call().expect("a call error");
    assert!(is_overloaded(error), "{error}");
    assert_eq!(error.delivery(), Delivery::NotDelivered);
    gate.open();
    let notes = noting.ask(Notes {}).await.expect("the notes");
    assert!(!notes.contains(&(7, 0)), "it was not handled later either");
}

#[skep::test]
async fn a_sender_that_waits_is_served_when_there_is_room(colony: Colony) {
    let (_runtime, noting, gate) = full(colony).await;
    let mut ask = pin!(noting.ask(note(7)));
    assert!(poll!(ask.as_mut()).is_pending());
    gate.open();
    assert_eq!(ask.await, Ok(BOUND + 1));
}

#[skep::test]
async fn senders_that_wait_are_served_first_come_first_served(colony: Colony) {
    let (_runtime, noting, gate) = full(colony).await;
    let mut asks: Vec<_> = (1..=9)
        .map(|sender| Box::pin(noting.ask(note(sender))))
        .collect();
    for ask in &mut asks {
        assert!(poll!(ask).is_pending());
    }
    gate.open();
    // Polled last to first: who came first is not decided by who is looked at first.
    asks.reverse();
    join_all(asks).await;
    let notes = noting.ask(Notes {}).await.expect("the notes");
    let senders: Vec<u64> = notes.iter().map(|(sender, _)| *sender).skip(2).collect();
    assert_eq!(senders, (1..=9).collect::<Vec<_>>());
}

#[skep::test]
async fn a_waiting_sender_that_goes_gives_its_place_back(colony: Colony) {
    let (_runtime, noting, gate) = full(colony).await;
    let mut gone: Vec<_> = (1..=5)
        .map(|sender| Box::pin(noting.ask(note(sender))))
        .collect();
    for ask in &mut gone {
        assert!(poll!(ask).is_pending());
    }
    gate.open();
    let _ = noting.tell(note(9)).await;
    drop(gone);
    // As many places as there ever were: the worker stands at a gate again, and its mailbox fills up.
    noting
        .tell(Pass {
            gate: gate.name.clone(),
        })
        .await
        .expect("room");
    gate.arrived().await;
    for number in 0..BOUND {
        noting.try_tell(Note { sender: 8, number }).expect("room");
    }
    assert!(noting.try_tell(note(8)).is_err());
}

#[skep::test]
async fn a_mailbox_counts_what_waits_and_not_what_runs(colony: Colony) {
    let (runtime, _noting, _gate) = full(colony).await;
    until(|| runtime.stats()[0].num_queued as u64 == BOUND).await;
}

#[skep::test]
async fn an_ask_that_expired_in_the_queue_is_answered_before_its_place_is_free(colony: Colony) {
    let colony = colony.set("capabilities.noting.mailbox=2").with::<Worker>();
    let runtime = colony.start().await;
    let noting = runtime.get::<Noting>();
    let gate = Gate::new();
    noting
        .tell(Pass {
            gate: gate.name.clone(),
        })
        .await
        .expect("room");
    gate.arrived().await;
    let answer = noting
        .ask(note(1))
        .deadline(Duration::from_millis(10))
        .await;
    let Err(AskError::Call(CallError::DeadlineExceeded { started: false, .. })) = answer else {
        panic!("another answer: {answer:?}");
    };
}
