//! The tests of the guide: one capability, two together, and one beside a neighbour that is not there.

#[allow(dead_code, reason = "this is the application's own main")]
#[path = "../src/visits.rs"]
mod greeting;

use std::time::Duration;

use greeting::*;
use skep::testing::{Colony, Fake, Probe};

#[skep::test]
async fn who_is_greeted_gets_an_answer_and_is_made_known(colony: Colony) {
    let runtime = colony.with::<Greeter>().with::<GuestBook>().start().await;
    let mut greeted = Probe::<Greeted>::new(&runtime);
    let reply = runtime
        .get::<Greeting>()
        .ask(Greet { name: "Ada".into() })
        .await;
    assert_eq!(reply, Ok("Hi, Ada!".to_owned()));
    assert_eq!(greeted.next().await.name, "Ada");
}

#[skep::test]
async fn who_comes_again_is_welcomed_back(colony: Colony) {
    let runtime = colony.with::<Greeter>().with::<GuestBook>().start().await;
    let greeting = runtime.get::<Greeting>();
    let ada = || Greet { name: "Ada".into() };
    assert_eq!(greeting.ask(ada()).await, Ok("Hi, Ada!".to_owned()));
    assert!(
        runtime.settled(Duration::from_secs(5)).await,
        "the visit is written down"
    );
    assert_eq!(
        greeting.ask(ada()).await,
        Ok("Welcome back, Ada!".to_owned())
    );
}

#[skep::test]
async fn a_regular_is_welcomed_back_whoever_keeps_the_book(colony: Colony) {
    let book = Fake::<Guests>::new().answer(|_: Visits| Ok(7));
    let runtime = colony.with::<Greeter>().fake(book).start().await;
    let reply = runtime
        .get::<Greeting>()
        .ask(Greet { name: "Bo".into() })
        .await;
    assert_eq!(reply, Ok("Welcome back, Bo!".to_owned()));
}
