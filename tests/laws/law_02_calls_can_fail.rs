//! Law 2: every call can fail, everywhere, and says whether the message was delivered.
//!
//! `DeadlineExceeded` is in law 3, `Cycle` in law 4, `Overloaded` in law 5, `Down` in law 6, `Storage` in law 7.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::call::Part;
use skep::testing::{Colony, Fake};
use skep::{AskError, CallError, Cx, Delivery, Key, Message, StartError};

use crate::counter::{Add, AddAndFail, Counter, Counting, Odd, Read};
use crate::hops::{Gamma, GammaHopper, Hop};
use crate::worker::{Notes, Noting, Worker};

#[skep::test]
async fn a_reply_a_refusal_and_a_panic_are_told_apart(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let counting = runtime.get::<Counting>();
    assert_eq!(counting.ask(Add { number: 2 }).await, Ok(2));
    assert_eq!(
        counting.ask(Add { number: 13 }).await,
        Err(AskError::Domain(Odd { number: 13 }))
    );
    let panicked = counting
        .ask(AddAndFail { panic: true })
        .await
        .expect_err("it panics");
    let Some(error @ CallError::Panicked { capability, reason }) = panicked.call() else {
        panic!("another error: {panicked}");
    };
    assert_eq!(
        (capability.as_str(), reason.as_str()),
        ("counting", "told to panic")
    );
    assert_eq!(error.delivery(), Delivery::Unknown);
    assert_eq!(counting.ask(Read {}).await, Ok(2));
}

/// The error of a call that was not delivered.
fn undelivered<T: std::fmt::Debug, E: std::fmt::Debug>(
    answer: Result<T, AskError<E>>,
) -> CallError {
    match answer.expect_err("the call fails") {
        AskError::Call(error) => {
            assert_eq!(error.delivery(), Delivery::NotDelivered, "{error}");
            error
        }
        AskError::Domain(refusal) => panic!("a refusal: {refusal:?}"),
    }
}

fn counting() -> String {
    "counting".to_owned()
}

#[skep::test]
async fn a_capability_that_nobody_hosts_is_not_there(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let moment = Duration::from_millis(200);
    let error = undelivered(
        runtime
            .get::<Counting>()
            .ask(Read {})
            .deadline(moment)
            .await,
    );
    assert_eq!(
        error,
        CallError::NotHosted {
            capability: counting()
        }
    );
    let told = runtime
        .get::<Counting>()
        .tell(Read {})
        .deadline(moment)
        .await;
    assert_eq!(told, Err(error));
}

#[skep::test]
async fn a_runtime_that_has_stopped_takes_no_calls(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let counter = runtime.get::<Counting>();
    runtime.stop().await;
    let error = undelivered(counter.ask(Read {}).await);
    assert_eq!(
        error,
        CallError::Stopping {
            capability: counting()
        }
    );
    assert_eq!(counter.tell(Read {}).await, Err(error.clone()));
    assert_eq!(
        counter.try_tell(Read {}).expect_err("it has stopped").error,
        error
    );
}

mod newer {
    use super::*;

    /// A message that the capability which runs does not know yet.
    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
    pub(super) struct Subtract {}

    skep::contract! {
        /// What a newer client believes the counter to understand.
        pub(super) Counting v1 { Subtract }
    }
}

#[skep::test]
async fn a_message_that_the_capability_does_not_know_is_refused(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let error = undelivered(
        runtime
            .get::<newer::Counting>()
            .ask(newer::Subtract {})
            .await,
    );
    let expected = CallError::UnknownMessage {
        capability: counting(),
        message: "subtract".to_owned(),
    };
    assert_eq!(error, expected);
}

#[skep::test]
async fn a_fake_refuses_what_it_was_given_no_answer_for(colony: Colony) {
    let fake = Fake::<Counting>::new().answer(|_: Read| Ok(7));
    let runtime = colony.fake(fake).start().await;
    let counter = runtime.get::<Counting>();
    assert_eq!(counter.ask(Read {}).await, Ok(7));
    let error = undelivered(counter.ask(Add { number: 1 }).await);
    assert!(matches!(error, CallError::UnknownMessage { .. }), "{error}");
}

#[skep::test]
async fn an_empty_key_and_a_long_one_are_refused(colony: Colony) {
    let runtime = colony.with::<GammaHopper>().start().await;
    let gamma = runtime.get::<Gamma>();
    for key in [String::new(), "x".repeat(Key::MAX_BYTES + 1)] {
        let error = undelivered(gamma.key(key.clone()).ask(Hop::default()).await);
        assert!(matches!(error, CallError::InvalidKey { .. }), "{error}");
        assert_eq!(
            gamma.key(key.clone()).tell(Hop::default()).await,
            Err(error.clone())
        );
        let tried = gamma.key(key).try_tell(Hop::default());
        assert_eq!(tried.expect_err("no key").error, error);
    }
    let longest = gamma.key("x".repeat(Key::MAX_BYTES));
    assert_eq!(longest.ask(Hop::default()).await, Ok(0));
}

/// Opens the door of a room.
#[derive(Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u32)]
struct Enter {}

skep::contract! { Rooms v1 keyed by number { Enter } }

struct Room {
    number: u32,
}

#[skep::capability(contract = Rooms)]
impl Room {
    #[start]
    async fn open(cx: &mut Cx<Self>) -> Result<Self, StartError> {
        let number = cx.key().as_str().parse();
        let number = number.map_err(StartError::no_such_key)?;
        Ok(Self { number })
    }

    #[handle]
    async fn enter(&mut self, _: Enter) -> u32 {
        self.number
    }
}

/// Trying it again would keep the caller waiting until its deadline, for nothing.
#[skep::test]
async fn a_key_of_which_there_can_be_no_actor_is_refused_at_once(colony: Colony) {
    let runtime = colony.with::<Room>().start().await;
    let rooms = runtime.get::<Rooms>();
    for _ in 0..2 {
        let error = undelivered(rooms.key("attic").ask(Enter {}).await);
        let CallError::InvalidKey { key, reason, .. } = &error else {
            panic!("another error: {error}");
        };
        assert_eq!((key.as_str(), reason.contains("digit")), ("attic", true));
    }
    assert_eq!(runtime.stats()[0].num_restarts, 0);
    assert_eq!(rooms.key("12").ask(Enter {}).await, Ok(12));
    runtime.stop().await;
}

/// JSON has no maps with such keys.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = BTreeMap<String, u8>)]
pub(crate) struct Unsayable {
    map: BTreeMap<Vec<u8>, u8>,
}

/// Answers with something that cannot be said.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = BTreeMap<Vec<u8>, u8>)]
pub(crate) struct AskUnsayable {}

skep::contract! {
    /// Says what cannot be said.
    pub(crate) Mumbling v1 { Unsayable, AskUnsayable }
}

#[derive(Default)]
pub(crate) struct Mumbler;

#[skep::capability(contract = Mumbling)]
impl Mumbler {
    #[handle]
    async fn unsayable(&mut self, _: Unsayable) -> BTreeMap<String, u8> {
        BTreeMap::new()
    }

    #[handle]
    async fn ask_unsayable(&mut self, _: AskUnsayable) -> BTreeMap<Vec<u8>, u8> {
        BTreeMap::from([(vec![1], 1)])
    }
}

#[skep::test]
async fn a_message_that_cannot_be_encoded_is_refused(colony: Colony) {
    let runtime = colony.with::<Mumbler>().start().await;
    let map = BTreeMap::from([(vec![1], 1)]);
    let error = undelivered(runtime.get::<Mumbling>().ask(Unsayable { map }).await);
    assert!(
        matches!(
            error,
            CallError::Codec {
                part: Part::Message,
                ..
            }
        ),
        "{error}"
    );
}

#[skep::test]
async fn a_reply_that_cannot_be_encoded_leaves_the_outcome_unknown(colony: Colony) {
    let runtime = colony.with::<Mumbler>().start().await;
    let error = runtime.get::<Mumbling>().ask(AskUnsayable {}).await;
    let error = error.expect_err("it cannot be encoded");
    let error = error.call().expect("a call error");
    assert!(
        matches!(
            error,
            CallError::Codec {
                part: Part::Reply,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(error.delivery(), Delivery::Unknown);
}

#[skep::test]
async fn errors_are_the_same_after_they_crossed_a_wire(_colony: Colony) {
    let some = || "x".to_owned();
    let errors = [
        CallError::Overloaded { capability: some() },
        CallError::DeadlineExceeded {
            capability: some(),
            started: true,
        },
        CallError::Cycle {
            path: vec![some(), some()],
        },
        CallError::Panicked {
            capability: some(),
            reason: some(),
        },
        CallError::Down {
            capability: some(),
            reason: some(),
        },
        CallError::Stopping { capability: some() },
        CallError::NotHosted { capability: some() },
        CallError::UnknownMessage {
            capability: some(),
            message: some(),
        },
        CallError::InvalidKey {
            capability: some(),
            key: some(),
            reason: some(),
        },
        CallError::TooLarge {
            capability: some(),
            part: Part::Reply,
            limit: 1,
        },
        CallError::Codec {
            capability: some(),
            part: Part::Message,
            reason: some(),
        },
        CallError::Storage {
            capability: some(),
            reason: some(),
            tried: true,
        },
    ];
    for error in errors {
        let json = serde_json::to_string(&error).expect("errors are JSON");
        assert_eq!(
            serde_json::from_str::<CallError>(&json).expect("an error"),
            error
        );
    }
}

#[skep::test]
async fn an_ask_and_a_tell_fail_alike_when_nobody_hosts(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let noting = runtime.get::<Noting>();
    let moment = Duration::from_millis(200);
    let asked = undelivered(noting.ask(Notes {}).deadline(moment).await);
    let told = noting.tell(Notes {}).deadline(moment).await;
    let told = told.expect_err("nobody hosts it");
    let tried = noting.try_tell(Notes {}).expect_err("nobody hosts it");
    assert_eq!((asked.clone(), asked), (told, tried.error));
}
