//! The three kinds of test: a capability, a listener, and the API in front of a capability that is played.

use std::time::Duration;

use first_hour::{Count, Counter, Counting, Greet, Greeted, Greeter, Greeting};
use serde_json::json;
use skep::testing::{Colony, Fake, Probe};

fn flynne() -> Greet {
    Greet {
        name: "Flynne".to_owned(),
    }
}

#[skep::test]
async fn a_greeting_is_answered_and_made_known(colony: Colony) {
    let runtime = colony.with::<Greeter>().start().await;
    let mut greeted = Probe::<Greeted>::new(&runtime);

    let reply = runtime.get::<Greeting>().ask(flynne()).await;

    assert_eq!(reply, Ok("Hi, Flynne!".to_owned()));
    assert_eq!(greeted.next().await.name, "Flynne");
}

#[skep::test]
async fn whoever_was_greeted_is_counted(colony: Colony) {
    let runtime = colony.with::<Greeter>().with::<Counter>().start().await;

    for _ in 0..3 {
        let reply = runtime.get::<Greeting>().ask(flynne()).await;
        assert!(reply.is_ok(), "{reply:?}");
    }
    assert!(runtime.settled(Duration::from_secs(5)).await);

    let counted = runtime.get::<Counting>().ask(Count {}).await;
    assert_eq!(counted, Ok(3));
}

#[skep::test(real_time)]
async fn the_api_greets_with_what_the_greeting_replies(colony: Colony) {
    let greeting = Fake::<Greeting>::new().answer(|asked: Greet| Ok(format!("<{}>", asked.name)));
    let open = colony
        .fake(greeting)
        .set("gateway.expose=[\"greeting\"]")
        .open()
        .await;

    let answer = open.web.post("/v1/greeting/greet", &flynne());
    assert_eq!((answer.status, answer.json()), (200, json!("<Flynne>")));

    let answer = open.web.post("/v1/greeting/greet", &json!({ "name": 7 }));
    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["errors"][0]["pointer"], "/name");
    open.close().await;
}
