//! Law 10: circuit breaker, bound on calls and retries are off unless the configuration wants them, and then the same everywhere.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{join, poll};
use skep::testing::Colony;
use skep::{AskError, CallError, Delivery, GuardReading, NamedAsk, NamedReply, Ref, Runtime};

use crate::counter::{Add, Counter, Counting, Echo, Odd};
use crate::frail::{Frail, Frailty, Look, Step};
use crate::gate::{Fuse, Gate};
use crate::hops::{Alpha, Hop, hoppers};
use crate::worker::{Boom, Note, Notes, Noting, Pass, Worker};

/// Longer than any test takes.
const LONG: &str = "1h";

fn named(capability: &str, message: &str, body: &str) -> NamedAsk {
    NamedAsk {
        capability: capability.to_owned(),
        message: message.to_owned(),
        key: None,
        body: body.as_bytes().to_vec(),
        deadline: None,
        id: None,
        trace: None,
    }
}

fn note(sender: u64) -> Note {
    Note { sender, number: 0 }
}

fn is_refused_by_the_breaker(error: &CallError) -> bool {
    let is_breaker =
        matches!(error, CallError::Down { reason, .. } if reason.contains("circuit breaker"));
    is_breaker && error.delivery() == Delivery::NotDelivered
}

fn is_overloaded(error: &CallError) -> bool {
    matches!(error, CallError::Overloaded { .. }) && error.delivery() == Delivery::NotDelivered
}

fn is_panic<T, E>(answer: &Result<T, AskError<E>>) -> bool {
    matches!(answer, Err(AskError::Call(CallError::Panicked { .. })))
}

/// The guard of the capability, as the caller's process tells of it.
fn guard(runtime: &Runtime) -> GuardReading {
    let guards = runtime.guards();
    let [guard] = guards[..] else {
        panic!("one guard, not {guards:?}");
    };
    guard
}

fn is_open(runtime: &Runtime) -> bool {
    guard(runtime).breaker.expect("a breaker").is_open
}

/// A worker behind a breaker that opens at so many failures.
async fn behind_a_breaker(colony: Colony, failures: u32, open_for: &str) -> Runtime {
    let breaker = "capabilities.noting.breaker";
    let colony = colony
        .with::<Worker>()
        .set(format!("{breaker}.failures={failures}"))
        .set(format!("{breaker}.open_for={open_for}"));
    colony.start().await
}

async fn fail_times(noting: &Ref<Noting>, times: u32) {
    for _ in 0..times {
        let answer = noting.ask(Boom {}).await;
        assert!(is_panic(&answer), "{answer:?}");
    }
}

async fn pause(duration: Duration) {
    tokio::time::sleep_until(tokio::time::Instant::now() + duration).await;
}

#[skep::test]
async fn nothing_stands_before_a_capability_when_nothing_is_said(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    fail_times(&runtime.get::<Noting>(), 5).await;
    assert_eq!(runtime.get::<Noting>().ask(Notes {}).await, Ok(Vec::new()));
    assert_eq!(runtime.guards(), []);
}

#[skep::test]
async fn so_many_failed_calls_open_the_breaker(colony: Colony) {
    let runtime = behind_a_breaker(colony, 3, LONG).await;
    let noting = runtime.get::<Noting>();
    fail_times(&noting, 2).await;
    assert_eq!(noting.ask(Notes {}).await, Ok(Vec::new()));
    assert!(!is_open(&runtime));
    fail_times(&noting, 1).await;
    let error = noting.ask(Notes {}).await.expect_err("the breaker is open");
    let error = error.call().expect("a call error");
    assert!(is_refused_by_the_breaker(error), "{error}");
    assert!(is_open(&runtime));
}

#[skep::test]
async fn an_open_breaker_refuses_whichever_way_a_message_comes(colony: Colony) {
    let runtime = behind_a_breaker(colony, 1, LONG).await;
    let noting = runtime.get::<Noting>();
    fail_times(&noting, 1).await;
    let told = noting.tell(note(7)).await.expect_err("it is open");
    let asked = runtime.ask_by_name(named("noting", "notes", "{}")).await;
    let asked = asked.expect_err("it is open");
    let tried = noting.try_tell(note(7)).expect_err("it is open");
    assert_eq!(tried.message, note(7), "it is given back");
    let errors = [told, asked, tried.error];
    assert!(errors.iter().all(is_refused_by_the_breaker), "{errors:?}");
    let refused = guard(&runtime).breaker.expect("a breaker").num_refused;
    assert_eq!(refused, 3);
}

#[skep::test]
async fn calls_by_name_that_fail_open_the_breaker_too(colony: Colony) {
    let runtime = behind_a_breaker(colony, 1, LONG).await;
    let failed = runtime.ask_by_name(named("noting", "boom", "{}")).await;
    assert!(
        matches!(failed, Err(CallError::Panicked { .. })),
        "{failed:?}"
    );
    assert!(is_open(&runtime));
}

#[skep::test]
async fn refusals_of_the_domain_and_mistakes_of_the_caller_do_not_open_the_breaker(colony: Colony) {
    let colony = colony
        .with::<Counter>()
        .set("capabilities.counting.breaker.failures=1")
        .set("capabilities.counting.message_size=1KiB");
    let runtime = colony.start().await;
    let counting = runtime.get::<Counting>();
    let refused = counting.ask(Add { number: 13 }).await;
    assert_eq!(refused, Err(AskError::Domain(Odd { number: 13 })));
    for (text, times) in [("x".repeat(2000), 0), ("x".to_owned(), 2000)] {
        let answer = counting.ask(Echo { text, times }).await;
        let error = answer.expect_err("it is too large");
        assert!(
            matches!(error.call(), Some(CallError::TooLarge { .. })),
            "{error}"
        );
    }
    let unknown = runtime.ask_by_name(named("counting", "nonsense", "{}"));
    assert!(matches!(
        unknown.await,
        Err(CallError::UnknownMessage { .. })
    ));
    assert!(!is_open(&runtime));
}

#[skep::test]
async fn an_open_breaker_lets_one_call_try_after_open_for_and_closes_when_it_is_handled(
    colony: Colony,
) {
    let runtime = behind_a_breaker(colony, 1, "400ms").await;
    let noting = runtime.get::<Noting>();
    fail_times(&noting, 1).await;
    pause(Duration::from_millis(450)).await;
    let gate = Gate::new();
    let tries = Pass {
        gate: gate.name.clone(),
    };
    let mut tries = pin!(noting.ask(tries));
    assert!(poll!(tries.as_mut()).is_pending());
    gate.arrived().await;
    let error = noting.ask(Notes {}).await.expect_err("another one tries");
    assert!(
        error.call().is_some_and(is_refused_by_the_breaker),
        "{error}"
    );
    gate.open();
    assert_eq!(tries.await, Ok(0));
    assert!(!is_open(&runtime));
    assert_eq!(noting.ask(Notes {}).await, Ok(Vec::new()));
}

#[skep::test]
async fn a_call_that_tries_and_fails_keeps_the_breaker_open(colony: Colony) {
    let runtime = behind_a_breaker(colony, 1, "2s").await;
    let noting = runtime.get::<Noting>();
    fail_times(&noting, 1).await;
    pause(Duration::from_millis(2050)).await;
    fail_times(&noting, 1).await;
    let error = noting.ask(Notes {}).await.expect_err("it is open");
    assert!(
        error.call().is_some_and(is_refused_by_the_breaker),
        "{error}"
    );
}

#[skep::test]
async fn a_call_that_tries_and_is_given_up_leaves_it_to_the_next(colony: Colony) {
    let runtime = behind_a_breaker(colony, 1, "10ms").await;
    let noting = runtime.get::<Noting>();
    fail_times(&noting, 1).await;
    pause(Duration::from_millis(50)).await;
    let gate = Gate::new();
    let mut tries = Box::pin(noting.ask(Pass {
        gate: gate.name.clone(),
    }));
    assert!(poll!(tries.as_mut()).is_pending());
    gate.arrived().await;
    drop(tries);
    gate.open();
    assert_eq!(noting.ask(Notes {}).await, Ok(Vec::new()));
    assert!(!is_open(&runtime));
}

#[skep::test(in_process = "between two calls lies more time than any that could be waited for")]
async fn failures_that_are_further_apart_than_within_do_not_open_the_breaker(colony: Colony) {
    let colony = colony.set("capabilities.noting.breaker.within=60s");
    let runtime = behind_a_breaker(colony, 2, LONG).await;
    let noting = runtime.get::<Noting>();
    for _ in 0..5 {
        fail_times(&noting, 1).await;
        tokio::time::advance(Duration::from_secs(61)).await;
    }
    assert!(!is_open(&runtime));
    fail_times(&noting, 1).await;
    tokio::time::advance(Duration::from_secs(59)).await;
    fail_times(&noting, 1).await;
    assert!(is_open(&runtime));
}

/// A worker that may be called once at a time, and whose one call stands at the gate.
async fn one_at_a_time(colony: Colony) -> (Runtime, Gate) {
    let colony = colony.with::<Worker>();
    let runtime = colony.set("capabilities.noting.calls_at_once=1");
    (runtime.start().await, Gate::new())
}

fn pass(gate: &Gate) -> Pass {
    Pass {
        gate: gate.name.clone(),
    }
}

#[skep::test]
async fn more_calls_than_calls_at_once_wait_with_their_callers(colony: Colony) {
    let (runtime, gate) = one_at_a_time(colony).await;
    let noting = runtime.get::<Noting>();
    let mut first = pin!(noting.ask(pass(&gate)));
    assert!(poll!(first.as_mut()).is_pending());
    gate.arrived().await;
    let mut second = pin!(noting.ask(note(1)));
    assert!(poll!(second.as_mut()).is_pending());
    let tried = noting.try_tell(note(7)).expect_err("there is no room");
    assert_eq!(tried.message, note(7), "it is given back");
    assert!(is_overloaded(&tried.error), "{}", tried.error);
    assert_eq!(runtime.stats()[0].num_queued, 0);
    assert_eq!(guard(&runtime).num_under_way, Some(1));
    gate.open();
    assert_eq!(join!(first, second), (Ok(0), Ok(1)));
    assert_eq!(guard(&runtime).num_under_way, Some(0));
}

#[skep::test]
async fn a_call_waits_for_others_to_end_until_its_deadline(colony: Colony) {
    let (runtime, gate) = one_at_a_time(colony).await;
    let noting = runtime.get::<Noting>();
    let mut first = pin!(noting.ask(pass(&gate)));
    assert!(poll!(first.as_mut()).is_pending());
    gate.arrived().await;
    let short = Duration::from_millis(50);
    let error = noting.tell(note(7)).deadline(short).await;
    let error = error.expect_err("there is no room");
    assert!(is_overloaded(&error), "{error}");
    let named = NamedAsk {
        deadline: Some(short),
        ..named("noting", "notes", "{}")
    };
    let error = runtime.ask_by_name(named).await;
    let error = error.expect_err("there is no room");
    assert!(is_overloaded(&error), "{error}");
    gate.open();
    assert_eq!(first.await, Ok(0));
    assert_eq!(noting.ask(Notes {}).await, Ok(Vec::new()));
}

#[skep::test]
async fn calls_that_wait_for_others_to_end_keep_their_order(colony: Colony) {
    let (runtime, gate) = one_at_a_time(colony).await;
    let noting = runtime.get::<Noting>();
    let mut first = Box::pin(noting.ask(pass(&gate)));
    assert!(poll!(first.as_mut()).is_pending());
    gate.arrived().await;
    let mut asks: Vec<_> = (1..=9)
        .map(|sender| Box::pin(noting.ask(note(sender))))
        .collect();
    for ask in &mut asks {
        assert!(poll!(ask).is_pending());
    }
    gate.open();
    // Polled last to first: who came first is not decided by who is looked at first.
    asks.reverse();
    let (passed, noted) = join!(first, join_all(asks));
    assert_eq!(passed, Ok(0));
    assert!(noted.iter().all(Result::is_ok), "{noted:?}");
    let notes = noting.ask(Notes {}).await.expect("the notes");
    let senders: Vec<u64> = notes.iter().map(|(sender, _)| *sender).collect();
    assert_eq!(senders, (1..=9).collect::<Vec<_>>());
}

#[skep::test]
async fn a_call_that_would_wait_for_itself_is_refused_and_does_not_wait_for_room(colony: Colony) {
    let colony = hoppers(colony).set("defaults.calls_at_once=1");
    let runtime = colony.start().await;
    let alpha = runtime.get::<Alpha>();
    let answer = alpha.ask(Hop::along(&["beta", "gamma[1]", "beta"])).await;
    let Err(AskError::Domain(stuck)) = answer else {
        panic!("another answer: {answer:?}");
    };
    let path = ["beta", "gamma[1]", "beta"].map(str::to_owned).to_vec();
    assert_eq!(stuck.call_error(), CallError::Cycle { path });
}

#[skep::test]
async fn a_call_on_behalf_of_one_under_way_needs_no_room_of_its_own(colony: Colony) {
    let colony = hoppers(colony).set("defaults.calls_at_once=1");
    let runtime = colony.start().await;
    let alpha = runtime.get::<Alpha>();
    let path = ["gamma[1]", "beta", "gamma[2]"];
    assert_eq!(alpha.ask(Hop::along(&path)).await, Ok(3));
}

/// A frail capability, whose calls are made again so many times, soon.
async fn retried(colony: Colony, retries: u32) -> Runtime {
    let colony = colony
        .with::<Frail>()
        .set(format!("capabilities.frailty.retries={retries}"))
        .set("capabilities.frailty.delivery.backoff_min=1ms")
        .set("capabilities.frailty.delivery.backoff_max=5ms")
        .set("capabilities.frailty.restart.backoff_max=5ms")
        .set("capabilities.frailty.restart.backoff_min=1ms");
    colony.start().await
}

fn look(fuse: &Fuse) -> Look {
    Look {
        fuse: fuse.name.clone(),
    }
}

fn step(fuse: &Fuse) -> Step {
    Step {
        fuse: fuse.name.clone(),
    }
}

#[skep::test]
async fn an_idempotent_message_is_sent_again_when_retries_says_so(colony: Colony) {
    let runtime = retried(colony, 2).await;
    let frailty = runtime.get::<Frailty>();
    let fuse = Fuse::new(2);
    assert_eq!(frailty.ask(look(&fuse)).await, Ok(()));
    assert_eq!(guard(&runtime).num_retried, Some(2));
    let fuse = Fuse::new(3);
    let answer = frailty.ask(look(&fuse)).await;
    assert!(is_panic(&answer), "it is not sent four times: {answer:?}");
    assert_eq!(
        frailty.ask(look(&fuse)).await,
        Ok(()),
        "the fuse is used up"
    );
}

#[skep::test]
async fn a_message_by_name_is_sent_again_as_well(colony: Colony) {
    let runtime = retried(colony, 2).await;
    let fuse = Fuse::new(2);
    let body = serde_json::to_string(&look(&fuse)).expect("JSON");
    let answer = runtime.ask_by_name(named("frailty", "look", &body)).await;
    assert_eq!(answer, Ok(NamedReply::Reply(b"null".to_vec())));
}

#[skep::test]
async fn a_message_with_an_id_is_sent_again_and_handled_once(colony: Colony) {
    let runtime = retried(colony, 2).await;
    let frailty = runtime.get::<Frailty>();
    let fuse = Fuse::new(2);
    for _ in 0..2 {
        let answer = frailty.ask(step(&fuse)).id("the one step").await;
        assert_eq!(answer, Ok(1));
    }
    assert_eq!(frailty.ask(step(&fuse)).await, Ok(2));
}

#[skep::test]
async fn a_message_that_could_be_handled_twice_is_not_sent_again(colony: Colony) {
    let runtime = retried(colony, 2).await;
    let frailty = runtime.get::<Frailty>();
    let fuse = Fuse::new(1);
    let answer = frailty.ask(step(&fuse)).await;
    assert!(is_panic(&answer), "{answer:?}");
    assert_eq!(guard(&runtime).num_retried, Some(0));
}

#[skep::test]
async fn nothing_is_sent_again_after_its_deadline(colony: Colony) {
    let colony = colony
        .with::<Frail>()
        .set("capabilities.frailty.retries=9")
        .set("capabilities.frailty.delivery.backoff_max=1h")
        .set("capabilities.frailty.delivery.backoff_min=1h");
    let runtime = colony.start().await;
    let fuse = Fuse::new(1);
    let answer = runtime.get::<Frailty>().ask(look(&fuse)).await;
    assert!(is_panic(&answer), "{answer:?}");
    assert_eq!(guard(&runtime).num_retried, Some(0));
}

#[skep::test]
async fn an_outcome_that_was_unknown_once_stays_unknown_when_a_retry_is_refused(colony: Colony) {
    let colony = colony
        .set("capabilities.frailty.breaker.failures=1")
        .set("capabilities.frailty.breaker.open_for=1h");
    let runtime = retried(colony, 2).await;
    let fuse = Fuse::new(1);
    let answer = runtime.get::<Frailty>().ask(look(&fuse)).await;
    assert!(is_panic(&answer), "{answer:?}");
    assert!(is_open(&runtime));
    assert_eq!(guard(&runtime).num_retried, Some(1));
}
