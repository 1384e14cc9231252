//! Law 2: every call can fail, everywhere, and says whether the message was delivered.

use skep::testing::Colony;
use skep::{AskError, CallError, Delivery};

use crate::counter::{Add, AddAndFail, Counter, Counting, Odd, Read};

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
