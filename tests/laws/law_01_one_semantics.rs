//! Law 1: a caller cannot tell from results, errors, order or limits where a capability runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::testing::{Colony, Placement};
use skep::{AskError, CallError, Message};

use crate::counter::{Add, Counter, Counting, Echo, Odd, Read};
use crate::worker::{Note, Notes, Noting, Worker};

/// The JSON of an `Echo` apart from its text.
fn overhead() -> usize {
    let empty = Echo {
        text: String::new(),
        times: 1,
    };
    serde_json::to_vec(&empty).expect("JSON").len()
}

const LIMIT: usize = 2048;

fn small(colony: Colony) -> Colony {
    colony
        .with::<Counter>()
        .set(format!("capabilities.counting.message_size={LIMIT}B"))
}

#[skep::test]
async fn replies_and_refusals_are_the_same_everywhere(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let counting = runtime.get::<Counting>();
    assert_eq!(counting.ask(Add { number: 7 }).await, Ok(7));
    let refused = counting.ask(Add { number: 13 }).await;
    assert_eq!(refused, Err(AskError::Domain(Odd { number: 13 })));
}

#[skep::test]
async fn a_message_of_exactly_the_limit_is_taken(colony: Colony) {
    let runtime = small(colony).start().await;
    let text = "x".repeat(LIMIT - overhead());
    let message = Echo { text, times: 0 };
    assert_eq!(
        runtime.get::<Counting>().ask(message).await,
        Ok(String::new())
    );
}

#[skep::test]
async fn a_message_over_the_limit_is_refused_undelivered(colony: Colony) {
    let runtime = small(colony).start().await;
    let text = "x".repeat(LIMIT - overhead() + 1);
    let error = runtime.get::<Counting>().ask(Echo { text, times: 0 }).await;
    let expected = CallError::TooLarge {
        capability: "counting".to_owned(),
        part: skep::call::Part::Message,
        limit: LIMIT,
    };
    assert_eq!(error, Err(AskError::Call(expected)));
}

#[skep::test]
async fn a_large_tell_and_try_tell_are_refused_as_an_ask_is(colony: Colony) {
    let runtime = small(colony).start().await;
    let counting = runtime.get::<Counting>();
    let large = Echo {
        text: "x".repeat(LIMIT),
        times: 0,
    };
    let told = counting.tell(large.clone()).await.expect_err("too large");
    let tried = counting.try_tell(large.clone()).expect_err("too large");
    assert!(matches!(told, CallError::TooLarge { .. }), "{told}");
    assert_eq!((tried.error, tried.message.text), (told, large.text));
}

#[skep::test]
async fn a_reply_of_exactly_the_limit_arrives(colony: Colony) {
    let runtime = small(colony).start().await;
    let message = Echo {
        text: "x".to_owned(),
        times: LIMIT - 2,
    };
    let reply = runtime
        .get::<Counting>()
        .ask(message)
        .await
        .expect("a reply");
    assert_eq!(reply.len(), LIMIT - 2, "two bytes are its quotes");
}

#[skep::test]
async fn a_reply_over_the_limit_is_an_error_with_unknown_outcome(colony: Colony) {
    let runtime = small(colony).start().await;
    let message = Echo {
        text: "x".to_owned(),
        times: LIMIT - 1,
    };
    let error = runtime.get::<Counting>().ask(message).await;
    let expected = CallError::TooLarge {
        capability: "counting".to_owned(),
        part: skep::call::Part::Reply,
        limit: LIMIT,
    };
    assert_eq!(error, Err(AskError::Call(expected)));
}

#[skep::test]
async fn a_turn_whose_reply_is_too_large_is_rolled_back(colony: Colony) {
    let runtime = small(colony).with::<Padder>().start().await;
    let runtime_error = runtime
        .get::<Padding>()
        .ask(Pad {
            bytes: 3 * 1024 * 1024,
        })
        .await;
    assert!(runtime_error.is_err());
    assert_eq!(
        runtime.get::<Padding>().ask(Pad { bytes: 0 }).await,
        Ok(String::new())
    );
}

#[skep::test]
async fn messages_of_one_sender_keep_their_order(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let noting = runtime.get::<Noting>();
    for number in 0..30 {
        let note = Note { sender: 1, number };
        match number % 3 {
            0 => noting.tell(note).await.expect("room"),
            1 => noting.try_tell(note).expect("room"),
            _ => drop(noting.ask(note).await.expect("a reply")),
        }
    }
    let notes = noting.ask(Notes {}).await.expect("the notes");
    assert_eq!(notes, (0..30).map(|number| (1, number)).collect::<Vec<_>>());
}

/// Asks for so many bytes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = String)]
pub(crate) struct Pad {
    pub(crate) bytes: usize,
}

/// Carries something that its codec leaves out.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = bool)]
pub(crate) struct Luggage {
    #[serde(skip)]
    pub(crate) hidden: bool,
}

skep::contract! {
    /// Answers with what a codec would change.
    pub(crate) Padding v1 { Pad, Luggage }
}

#[derive(Default)]
pub(crate) struct Padder;

#[skep::capability(contract = Padding)]
impl Padder {
    #[handle]
    async fn pad(&mut self, m: Pad) -> String {
        "x".repeat(m.bytes)
    }

    #[handle]
    async fn luggage(&mut self, m: Luggage) -> bool {
        m.hidden
    }
}

/// This is how we know that the placements of these tests are two.
#[skep::test]
async fn messages_go_through_the_codec_only_in_wire(colony: Colony) {
    let placement = colony.placement();
    let runtime = colony.with::<Padder>().start().await;
    let arrived = runtime.get::<Padding>().ask(Luggage { hidden: true }).await;
    assert_eq!(arrived, Ok(placement == Placement::Local));
}

#[skep::test]
async fn one_capability_may_go_through_the_codec_and_another_not(colony: Colony) {
    let runtime = colony.with::<Counter>().with::<Worker>().start().await;
    assert_eq!(runtime.get::<Counting>().ask(Read {}).await, Ok(0));
    assert_eq!(runtime.get::<Noting>().ask(Notes {}).await, Ok(Vec::new()));
}

/// Whoever answers requests clones the runtime for each of them.
#[skep::test]
async fn clones_of_a_runtime_share_what_is_large(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    assert!(std::ptr::eq(runtime.config(), runtime.clone().config()));
}
