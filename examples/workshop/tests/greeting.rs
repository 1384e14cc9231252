//! The tests of the guide: one capability, two together, and one beside a neighbour that is not there.

#[allow(dead_code, reason = "this is the application's own main")]
#[path = "../src/visits.rs"]
mod greeting;

use std::time::Duration;

use greeting::*;
use skep::AskError;
use skep::testing::{Colony, Fake, Probe};

const PATIENCE: Duration = Duration::from_secs(5);

fn greet(name: &str) -> Greet {
    Greet { name: name.into() }
}

#[skep::test]
async fn who_is_greeted_gets_an_answer_and_is_made_known(colony: Colony) {
    let colony = colony.with::<Greeter>().with::<GuestBook>();
    let runtime = colony.start().await;
    let mut greeted = Probe::<Greeted>::new(&runtime);
    let greeting = runtime.get::<Greeting>();
    assert_eq!(greeting.ask(greet("Ada")).await, Ok("Hi, Ada!".into()));
    assert_eq!(greeted.next().await.name, "Ada");
}

#[skep::test]
async fn who_comes_again_is_welcomed_back(colony: Colony) {
    let colony = colony.with::<Greeter>().with::<GuestBook>();
    let runtime = colony.start().await;
    let greeting = runtime.get::<Greeting>();
    assert_eq!(greeting.ask(greet("Ada")).await, Ok("Hi, Ada!".into()));
    assert!(runtime.settled(PATIENCE).await, "the visit is written down");
    let reply = greeting.ask(greet("Ada")).await;
    assert_eq!(reply, Ok("Welcome back, Ada!".into()));
}

#[skep::test]
async fn who_has_no_name_is_refused_and_nobody_asks_the_book(colony: Colony) {
    let book = Fake::<Guests>::new();
    let runtime = colony.with::<Greeter>().fake(book).start().await;
    let refused = runtime.get::<Greeting>().ask(greet(" ")).await;
    assert_eq!(refused, Err(AskError::Domain(NoName {})));
}

#[skep::test]
async fn a_regular_is_welcomed_back_whoever_keeps_the_book(colony: Colony) {
    let book = Fake::<Guests>::new().answer(|_: Visits| Ok(7));
    let runtime = colony.with::<Greeter>().fake(book).start().await;
    let reply = runtime.get::<Greeting>().ask(greet("Bo")).await;
    assert_eq!(reply, Ok("Welcome back, Bo!".into()));
}
