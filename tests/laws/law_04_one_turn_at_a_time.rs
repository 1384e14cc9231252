//! Law 4: an actor runs one turn at a time, in the order of each sender, and never waits for itself.

use futures_util::future::join_all;
use skep::testing::Colony;
use skep::{AskError, CallError, Ref, Runtime};

use crate::gate::Gate;
use crate::hops::{Alpha, Delta, Gamma, Hop, Stuck, hoppers};
use crate::worker::{Note, NoteSlowly, Notes, Noting, Pass, Worker};

const SENDERS: u64 = 8;
const MESSAGES: u64 = 60;

#[skep::test]
async fn concurrent_asks_are_handled_one_after_the_other(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let noting = runtime.get::<Noting>();
    let asks = (0..40).map(|number| noting.ask(NoteSlowly { sender: 0, number }));
    let mut replies: Vec<u64> = join_all(asks).await.into_iter().flatten().collect();
    replies.sort_unstable();
    assert_eq!(replies, (1..=40).collect::<Vec<_>>());
}

/// One sender's mixture of `ask`, `tell` and `try_tell`, in a sequence that its number decides.
async fn send(noting: Ref<Noting>, sender: u64) {
    for number in 0..MESSAGES {
        let (note, slow) = (Note { sender, number }, NoteSlowly { sender, number });
        match (sender * 7 + number * 5 + number / 3) % 5 {
            0 => drop(noting.ask(note).await.expect("a reply")),
            1 => drop(noting.ask(slow).await.expect("a reply")),
            2 => noting.tell(note).await.expect("room"),
            3 => noting.tell(slow).await.expect("room"),
            _ => {
                if let Err(refused) = noting.try_tell(note) {
                    noting.tell(refused.message).await.expect("room");
                }
            }
        }
    }
}

fn in_order_of_each_sender(notes: &[(u64, u64)]) {
    for sender in 0..SENDERS {
        let numbers: Vec<u64> = notes
            .iter()
            .filter(|(of, _)| *of == sender)
            .map(|(_, number)| *number)
            .collect();
        assert_eq!(
            numbers,
            (0..MESSAGES).collect::<Vec<_>>(),
            "sender {sender}"
        );
    }
}

async fn noted(runtime: &Runtime) -> Vec<(u64, u64)> {
    runtime
        .get::<Noting>()
        .ask(Notes {})
        .await
        .expect("the notes")
}

#[skep::test]
async fn each_sender_is_handled_in_order(colony: Colony) {
    let colony = colony.with::<Worker>().set("capabilities.noting.mailbox=3");
    let runtime = colony.start().await;
    join_all((0..SENDERS).map(|sender| send(runtime.get(), sender))).await;
    in_order_of_each_sender(&noted(&runtime).await);
}

#[skep::test(real_time)]
async fn each_sender_is_handled_in_order_across_threads(colony: Colony) {
    let colony = colony.with::<Worker>().set("capabilities.noting.mailbox=3");
    for _ in 0..crate::repeats(5) {
        let runtime = colony.start().await;
        let senders = (0..SENDERS).map(|sender| crate::on_a_task(send(runtime.get(), sender)));
        join_all(senders).await;
        in_order_of_each_sender(&noted(&runtime).await);
        runtime.stop().await;
    }
}

#[skep::test]
async fn an_ask_dropped_half_way_does_not_cancel_its_turn(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let noting = runtime.get::<Noting>();
    let gate = Gate::new();
    {
        let mut ask = std::pin::pin!(noting.ask(Pass {
            gate: gate.name.clone()
        }));
        assert!(futures_util::poll!(ask.as_mut()).is_pending());
        gate.arrived().await;
    }
    gate.open();
    let reply = noting
        .ask(Note {
            sender: 0,
            number: 0,
        })
        .await;
    assert_eq!(
        reply,
        Ok(1),
        "the turn before has ended, or this one would not have begun"
    );
}

fn cycle(answer: Result<u32, AskError<Stuck>>) -> Vec<String> {
    let error = match answer.expect_err("a cycle") {
        AskError::Domain(stuck) => stuck.call_error(),
        AskError::Call(error) => error,
    };
    match error {
        CallError::Cycle { path } => path,
        other => panic!("another error: {other}"),
    }
}

#[skep::test]
async fn an_actor_that_asks_itself_is_refused_at_once(colony: Colony) {
    let runtime = hoppers(colony).start().await;
    let answer = runtime.get::<Alpha>().ask(Hop::along(&["alpha"])).await;
    assert_eq!(cycle(answer), ["alpha", "alpha"]);
}

#[skep::test]
async fn a_cycle_is_refused_with_its_path(colony: Colony) {
    let runtime = hoppers(colony).start().await;
    let path = ["beta", "gamma[1]", "alpha"];
    let answer = runtime.get::<Alpha>().ask(Hop::along(&path)).await;
    assert_eq!(cycle(answer), ["alpha", "beta", "gamma[1]", "alpha"]);
}

#[skep::test]
async fn the_path_of_a_cycle_begins_where_the_cycle_does(colony: Colony) {
    let runtime = hoppers(colony).start().await;
    let path = ["beta", "gamma[1]", "beta"];
    let answer = runtime.get::<Alpha>().ask(Hop::along(&path)).await;
    assert_eq!(cycle(answer), ["beta", "gamma[1]", "beta"]);
}

#[skep::test]
async fn a_cycle_through_a_key_is_one_only_for_the_same_key(colony: Colony) {
    let runtime = hoppers(colony).start().await;
    let first = runtime.get::<Gamma>().key("1");
    let answer = first.ask(Hop::along(&["beta", "gamma[1]"])).await;
    assert_eq!(cycle(answer), ["gamma[1]", "beta", "gamma[1]"]);
    assert_eq!(first.ask(Hop::along(&["beta", "gamma[2]"])).await, Ok(2));
}

#[skep::test]
async fn a_cycle_leaves_everybody_free(colony: Colony) {
    let runtime = hoppers(colony).start().await;
    cycle(
        runtime
            .get::<Alpha>()
            .ask(Hop::along(&["beta", "alpha"]))
            .await,
    );
    assert_eq!(
        runtime.get::<Alpha>().ask(Hop::along(&["beta"])).await,
        Ok(1)
    );
}

#[skep::test]
async fn stateless_actors_may_call_each_other_until_all_of_them_wait(colony: Colony) {
    let colony = hoppers(colony).set("capabilities.delta.instances=3");
    let runtime = colony.start().await;
    let delta = runtime.get::<Delta>();
    assert_eq!(delta.ask(Hop::along(&["delta", "delta"])).await, Ok(2));
    let answer = delta.ask(Hop::along(&["delta", "delta", "delta"])).await;
    assert_eq!(cycle(answer).len(), 4);
}

/// With the other actor busy, the call must wait for that one, and not behind its own caller.
#[skep::test]
async fn a_stateless_actor_does_not_queue_behind_the_turn_that_waits_for_it(colony: Colony) {
    let colony = hoppers(colony).set("capabilities.delta.instances=2");
    let runtime = colony.start().await;
    let delta = runtime.get::<Delta>();
    let gate = Gate::new();
    let wait = Hop {
        path: Vec::new(),
        gate: Some(gate.name.clone()),
    };
    let mut busy = std::pin::pin!(delta.ask(wait));
    assert!(futures_util::poll!(busy.as_mut()).is_pending());
    gate.arrived().await;
    let mut ask = std::pin::pin!(delta.ask(Hop::along(&["delta"])));
    assert!(futures_util::poll!(ask.as_mut()).is_pending());
    gate.open();
    assert_eq!(busy.await, Ok(0));
    assert_eq!(ask.await, Ok(1));
}

#[skep::test]
async fn a_chain_deeper_than_the_stack_bound_works(colony: Colony) {
    let runtime = hoppers(colony).start().await;
    let path: Vec<String> = (0..60).map(|key| format!("gamma[{key}]")).collect();
    let hop = Hop { path, gate: None };
    assert_eq!(runtime.get::<Alpha>().ask(hop.clone()).await, Ok(60));
    assert_eq!(
        runtime.get::<Alpha>().ask(hop).await,
        Ok(60),
        "with all of them idle"
    );
}
