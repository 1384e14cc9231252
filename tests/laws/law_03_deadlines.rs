//! Law 3: every call has a deadline; it travels with the call, and expired work is not started.

use std::time::Duration;

use skep::testing::Colony;
use skep::{AskError, CallError, Cx, Delivery, Message, Never};
use tokio::time::Instant;

use crate::city::lasted;
use crate::counter::{Counter, Counting, Read, Slow};
use crate::gate::{self, Gate};
use crate::worker::{Note, Notes, Noting, Pass, TimeLeft, Worker};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

fn expired<E: std::fmt::Debug>(answer: Result<impl std::fmt::Debug, AskError<E>>) -> bool {
    match answer.expect_err("the deadline") {
        AskError::Call(CallError::DeadlineExceeded { started, .. }) => started,
        other => panic!("another error: {other}"),
    }
}

/// Sent to a capability that is busy, it comes back after this time: so much has passed then, whatever the clock.
const SHORT: Duration = Duration::from_millis(300);

/// How long it took until the deadline of a call that never ends passed.
async fn patience(ask: impl Future<Output = Result<u64, AskError<Never>>>) -> Duration {
    let asked = Instant::now();
    assert!(expired(ask.await), "its turn had begun");
    asked.elapsed()
}

#[skep::test]
async fn without_a_word_a_call_waits_five_seconds(colony: Colony) {
    let placement = colony.placement();
    let runtime = colony.with::<Worker>().start().await;
    let gate = Gate::new();
    let ask = runtime.get::<Noting>();
    let waited = patience(ask.ask(Pass {
        gate: gate.name.clone(),
    }))
    .await;
    assert!(lasted(placement, waited, 5), "{waited:?}");
}

#[skep::test]
async fn a_call_may_say_how_long_it_waits(colony: Colony) {
    let placement = colony.placement();
    let runtime = colony.with::<Worker>().start().await;
    let gate = Gate::new();
    let noting = runtime.get::<Noting>();
    let ask = noting.ask(Pass {
        gate: gate.name.clone(),
    });
    let waited = patience(ask.deadline(Duration::from_secs(2))).await;
    assert!(lasted(placement, waited, 2), "{waited:?}");
}

#[skep::test]
async fn a_capability_may_be_given_another_deadline(colony: Colony) {
    let placement = colony.placement();
    let colony = colony
        .with::<Worker>()
        .set("capabilities.noting.deadline=1s");
    let runtime = colony.start().await;
    let gate = Gate::new();
    let noting = runtime.get::<Noting>();
    let waited = patience(noting.ask(Pass {
        gate: gate.name.clone(),
    }))
    .await;
    assert!(lasted(placement, waited, 1), "{waited:?}");
}

#[skep::test]
async fn a_call_that_waits_behind_a_slow_turn_expires_unstarted(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let noting = runtime.get::<Noting>();
    let gate = Gate::new();
    noting
        .tell(Pass {
            gate: gate.name.clone(),
        })
        .await
        .expect("room");
    gate.arrived().await;
    let note = Note {
        sender: 0,
        number: 0,
    };
    let answer = noting.ask(note).deadline(SHORT).await;
    let error = answer.expect_err("the deadline");
    let error = error.call().expect("a call error");
    assert!(
        matches!(error, CallError::DeadlineExceeded { started: false, .. }),
        "{error}"
    );
    assert_eq!(error.delivery(), Delivery::NotDelivered);
    gate.open();
    assert_eq!(
        noting.ask(Notes {}).await,
        Ok(Vec::new()),
        "it was not handled later either"
    );
}

#[skep::test]
async fn what_expired_in_the_queue_is_not_started_though_its_caller_is_gone(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let noting = runtime.get::<Noting>();
    let gate = Gate::new();
    noting
        .tell(Pass {
            gate: gate.name.clone(),
        })
        .await
        .expect("room");
    gate.arrived().await;
    {
        let note = Note {
            sender: 0,
            number: 0,
        };
        let mut ask = std::pin::pin!(noting.ask(note).deadline(SHORT));
        assert!(futures_util::poll!(ask.as_mut()).is_pending());
    }
    assert!(!expired(noting.ask(Notes {}).deadline(SHORT).await));
    gate.open();
    assert_eq!(noting.ask(Notes {}).await, Ok(Vec::new()));
}

#[skep::test]
async fn a_tell_that_was_taken_never_expires(colony: Colony) {
    let colony = colony
        .with::<Worker>()
        .set("capabilities.noting.deadline=300ms");
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
    let note = Note {
        sender: 0,
        number: 0,
    };
    let tell = noting.tell(note.clone()).deadline(SHORT);
    tell.await.expect("room");
    noting.try_tell(note).expect("room");
    assert!(!expired(noting.ask(Notes {}).deadline(4 * SHORT).await));
    gate.open();
    let notes = noting.ask(Notes {}).deadline(Duration::from_secs(5)).await;
    assert_eq!(notes, Ok(vec![(0, 0); 2]));
}

#[skep::test]
async fn a_turn_knows_how_much_time_is_left(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let noting = runtime.get::<Noting>();
    let left = noting
        .ask(TimeLeft {})
        .deadline(Duration::from_secs(50))
        .await;
    assert!(matches!(left, Ok(Some(5_001..=50_000))), "{left:?}");
}

/// Waits at a gate, then asks the workers, and says what came of it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = String)]
pub(crate) struct Relay {
    /// Where it waits first.
    gate: Option<String>,
    /// Where the worker waits.
    far_gate: Option<String>,
    /// The deadline it gives, in milliseconds.
    deadline_ms: Option<u64>,
}

skep::contract! {
    /// Asks on behalf of others.
    pub(crate) Relaying v1 { Relay }
}

#[derive(Default)]
pub(crate) struct Relayer;

#[skep::capability(contract = Relaying, uses(Noting))]
impl Relayer {
    #[handle]
    async fn relay(&mut self, m: Relay, cx: &mut Cx<Self>) -> String {
        if let Some(near) = &m.gate {
            gate::pass(near).await;
        }
        let noting = cx.to::<Noting>();
        if let Some(far) = m.far_gate {
            let mut ask = noting.ask(Pass { gate: far });
            if let Some(ms) = m.deadline_ms {
                ask = ask.deadline(Duration::from_millis(ms));
            }
            return format!("{:?}", ask.await);
        }
        let mut ask = noting.ask(TimeLeft {});
        if let Some(ms) = m.deadline_ms {
            ask = ask.deadline(Duration::from_millis(ms));
        }
        format!("{:?}", ask.await)
    }
}

fn relays(colony: Colony) -> Colony {
    colony.with::<Worker>().with::<Relayer>()
}

fn relay(gate: Option<&Gate>, deadline_ms: Option<u64>) -> Relay {
    Relay {
        gate: gate.map(|gate| gate.name.clone()),
        far_gate: None,
        deadline_ms,
    }
}

/// How many milliseconds the worker had, as the relayer was told.
fn left(answer: Result<String, AskError<Never>>) -> u64 {
    let answer = answer.expect("an answer");
    let left = answer
        .strip_prefix("Ok(Some(")
        .and_then(|left| left.strip_suffix("))"));
    let left = left.and_then(|left| left.parse().ok());
    left.unwrap_or_else(|| panic!("another answer: {answer}"))
}

#[skep::test]
async fn a_nested_call_gets_what_is_left(colony: Colony) {
    let runtime = relays(colony).start().await;
    let relaying = runtime.get::<Relaying>();
    let gate = Gate::new();
    let mut ask = std::pin::pin!(relaying.ask(relay(Some(&gate), Some(60_000))));
    assert!(futures_util::poll!(ask.as_mut()).is_pending());
    gate.arrived().await;
    assert!(!expired(
        relaying.ask(relay(None, None)).deadline(SHORT).await
    ));
    gate.open();
    let left = left(ask.await);
    assert!((1..=4700).contains(&left), "{left}");
}

#[skep::test]
async fn a_nested_call_may_have_less_than_what_is_left(colony: Colony) {
    let runtime = relays(colony).start().await;
    let answer = runtime.get::<Relaying>().ask(relay(None, Some(2000))).await;
    let left = left(answer);
    assert!((1..=2000).contains(&left), "{left}");
}

#[skep::test]
async fn a_nested_call_of_a_told_message_has_its_own_deadline(colony: Colony) {
    let runtime = relays(colony).start().await;
    let (near, far) = (Gate::new(), Gate::new());
    let message = Relay {
        gate: Some(near.name.clone()),
        far_gate: Some(far.name.clone()),
        deadline_ms: None,
    };
    let relaying = runtime.get::<Relaying>();
    let tell = relaying.tell(message).deadline(SHORT);
    tell.await.expect("room");
    near.arrived().await;
    let after = relaying.ask(relay(None, None)).deadline(4 * SHORT);
    assert!(!expired(after.await));
    near.open();
    far.arrived().await;
}

/// The turn goes on after its caller's time is up; what it then asks would be for nobody.
#[skep::test]
async fn expired_work_is_not_started_by_a_nested_call_either(colony: Colony) {
    let runtime = relays(colony).start().await;
    let relaying = runtime.get::<Relaying>();
    let (near, far) = (Gate::new(), Gate::new());
    let message = Relay {
        gate: Some(near.name.clone()),
        far_gate: Some(far.name.clone()),
        deadline_ms: None,
    };
    assert!(expired(relaying.ask(message).deadline(SHORT).await));
    near.open();
    let _next = relaying
        .ask(relay(None, None))
        .await
        .expect("the turn before ended at once");
    assert!(!far.has_arrival());
}

#[skep::test]
async fn a_deadline_of_zero_has_passed(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let counting = runtime.get::<Counting>();
    let answer = counting.ask(Slow { ms: 0 }).deadline(Duration::ZERO).await;
    assert!(!expired(answer));
    assert_eq!(counting.ask(Read {}).await, Ok(0));
}
