//! Calls that are answered: replies, refusals of the domain, failures of the platform, and what goes with them.

use serde_json::json;
use skep::testing::Colony;

use crate::client::{Connection, get, post, request};
use crate::gate::Gate;
use crate::house::{open, open_with};

#[skep::test(real_time)]
async fn a_call_is_answered_with_its_reply(colony: Colony) {
    let house = open(colony).await;
    let guest = json!({ "guest": { "name": "Ada", "age": 36, "friends": [{ "name": "Bo" }] }, "room": "salon" });
    let reply = house.post("/v1/receptions/receive", &guest);
    assert_eq!(
        (reply.status, reply.value()),
        (200, json!("Ada sits in the Salon"))
    );
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    house.close().await;
}

#[skep::test(real_time)]
async fn a_message_without_fields_may_have_an_empty_body(colony: Colony) {
    let house = open(colony).await;
    assert_eq!(
        house.send(&request("POST", "/v1/receptions/ring")).value(),
        1
    );
    assert_eq!(house.post("/v1/receptions/ring", &json!({})).value(), 2);
    let empty = house.send(&request("POST", "/v1/receptions/wait"));
    empty.problem(400, "malformed_json");
    let page = request("POST", "/v1/receptions/ring").header("Origin", "https://elsewhere.example");
    house.send(&page).problem(415, "unsupported_media_type");
    house.close().await;
}

#[skep::test(real_time)]
async fn a_domain_error_is_a_conflict_with_the_error_in_it(colony: Colony) {
    let house = open(colony).await;
    let nobody = json!({ "guest": { "name": "Nobody" }, "room": "library" });
    let problem = house
        .post("/v1/receptions/receive", &nobody)
        .problem(409, "domain");
    assert_eq!(
        problem["error"],
        json!({ "reason": "nobody is not received" })
    );
    assert_eq!(
        (&problem["capability"], &problem["message"]),
        (&json!("receptions"), &json!("receive"))
    );
    house.close().await;
}

#[skep::test(real_time)]
async fn keys_are_any_text_percent_encoded(colony: Colony) {
    let house = open(colony).await;
    let long = "k".repeat(255);
    for (encoded, key) in [
        ("lisbon", "lisbon"),
        ("City%20Hotel", "City Hotel"),
        ("a%2Fb%3Fc%23d", "a/b?c#d"),
        ("caf%C3%A9", "café"),
        ("%E6%97%85%E9%A4%A8", "旅館"),
        ("..", ".."),
        ("a+b", "a+b"),
        ("%25", "%"),
        (long.as_str(), long.as_str()),
    ] {
        let reply = house.post(&format!("/v1/vaults/{encoded}/owner"), &json!({}));
        assert_eq!(
            (reply.status, reply.value()),
            (200, json!(key)),
            "{encoded}"
        );
    }
    house.close().await;
}

#[skep::test(real_time)]
async fn wrong_keys_are_refused(colony: Colony) {
    let house = open(colony).await;
    house
        .post("/v1/vaults//owner", &json!({}))
        .problem(400, "invalid_key");
    let long = "k".repeat(256);
    house
        .post(&format!("/v1/vaults/{long}/owner"), &json!({}))
        .problem(400, "invalid_key");
    for wrong in ["%ff", "%4", "%zz"] {
        house
            .post(&format!("/v1/vaults/{wrong}/owner"), &json!({}))
            .problem(400, "invalid_address");
    }
    let without = house
        .post("/v1/vaults/owner", &json!({}))
        .problem(404, "not_found");
    assert!(
        without["detail"]
            .as_str()
            .is_some_and(|text| text.contains("vaults/<owner>/owner")),
        "{without}"
    );
    assert_eq!(without["key"], "owner");
    house
        .post("/v1/receptions/lisbon/ring", &json!({}))
        .problem(404, "not_found");
    house.close().await;
}

#[skep::test(real_time)]
async fn a_panic_hurts_one_request_and_shows_nothing_of_the_inside(colony: Colony) {
    let house = open(colony).await;
    let reply = house.post("/v1/receptions/smash", &json!({ "what": "secret vase" }));
    let problem = reply.problem(500, "panicked");
    assert!(!problem.to_string().contains("vase"), "{problem}");
    let trace = reply.header("x-trace-id").expect("a trace");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains(trace)),
        "{problem}"
    );
    assert_eq!(problem["delivery"], "unknown");
    assert_eq!(house.post("/v1/receptions/ring", &json!({})).value(), 1);
    house.close().await;
}

#[skep::test(real_time)]
async fn the_same_idempotency_key_gets_the_first_reply(colony: Colony) {
    let house = open(colony).await;
    let deposit = |owner: &str, key: &str| {
        let deposit = post(
            &format!("/v1/vaults/{owner}/deposit"),
            &json!({ "cents": 5 }),
        );
        house.send(&deposit.header("Idempotency-Key", key)).value()
    };
    assert_eq!(
        [
            deposit("ada", "1"),
            deposit("ada", "1"),
            deposit("ada", "2")
        ],
        [5, 5, 10]
    );
    assert_eq!(deposit("bo", "1"), 5, "the same text for another vault");
    for wrong in ["", &"k".repeat(256), "schlüssel"] {
        let request = request("POST", "/v1/vaults/ada/owner").header("Idempotency-Key", wrong);
        house.send(&request).problem(400, "invalid_idempotency_key");
    }
    house.close().await;
}

#[skep::test(real_time)]
async fn a_call_takes_no_longer_than_its_deadline(colony: Colony) {
    let house = open(colony).await;
    let gate = Gate::new();
    let wait =
        post("/v1/receptions/wait", &json!({ "gate": gate.name })).header("Skep-Deadline", "50ms");
    let problem = house.send(&wait).problem(504, "deadline_exceeded");
    assert_eq!(problem["delivery"], "unknown");
    gate.open(1);
    for wrong in ["5", "soon", "-1s", "2m"] {
        let ring = request("POST", "/v1/receptions/ring").header("Skep-Deadline", wrong);
        let problem = house.send(&ring).problem(400, "invalid_deadline");
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|text| text.contains("Skep-Deadline")),
            "{problem}"
        );
    }
    house.close().await;
}

#[skep::test(real_time)]
async fn an_overloaded_capability_says_when_to_come_back(colony: Colony) {
    let house = open_with(colony, &["capabilities.receptions.mailbox=1"]).await;
    let gate = Gate::new();
    let wait = post("/v1/receptions/wait", &json!({ "gate": gate.name }));
    let url = house.url();
    // One turn stands at the gate, one message fills the mailbox.
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let (wait, url) = (wait.clone(), url.clone());
            std::thread::spawn(move || wait.send(&url))
        })
        .collect();
    gate.arrived().await;
    while house.runtime.stats()[0].num_queued == 0 {
        tokio::task::yield_now().await;
    }
    let late = house.send(&wait.clone().header("Skep-Deadline", "10ms"));
    let problem = late.problem(503, "overloaded");
    assert_eq!(problem["delivery"], "not_delivered");
    assert!(
        late.header("retry-after")
            .is_some_and(|text| text.parse::<u32>().is_ok())
    );
    gate.open(2);
    for waiting in waiting {
        assert_eq!(waiting.join().expect("an answer").value(), "through");
    }
    house.close().await;
}

#[skep::test(real_time)]
async fn a_client_that_goes_away_does_not_end_a_turn_half_way(colony: Colony) {
    let house = open(colony).await;
    let gate = Gate::new();
    let body = json!({ "gate": gate.name }).to_string();
    let mut connection = Connection::to(&house.url());
    connection.write(
        format!("POST /v1/receptions/wait HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes(),
    );
    gate.arrived().await;
    drop(connection);
    gate.open(1);
    assert_eq!(
        house.post("/v1/receptions/ring", &json!({})).value(),
        1,
        "the next turn has its turn"
    );
    let stats = house.runtime.stats();
    assert_eq!((stats[0].num_turns, stats[0].num_restarts), (2, 0));
    house.close().await;
}

#[skep::test(real_time)]
async fn a_trace_goes_on_from_the_caller_into_the_turn(colony: Colony) {
    let house = open(colony).await;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let ring = request("POST", "/v1/receptions/ring");
    let traced = ring
        .clone()
        .header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01"));
    let reply = house.send(&traced);
    assert_eq!(reply.header("x-trace-id"), Some(trace));
    let parent = reply
        .header("traceparent")
        .expect("a traceparent")
        .to_owned();
    assert!(
        parent.starts_with(&format!("00-{trace}-")) && !parent.contains("00f067aa0ba902b7"),
        "{parent}"
    );
    let spans = house.runtime.spans();
    let spans: Vec<_> = spans
        .iter()
        .filter(|span| span.trace.to_string() == trace)
        .collect();
    let http = spans
        .iter()
        .find(|span| span.kind == skep::SpanKind::Http)
        .expect("the request's span");
    assert_eq!(
        http.parent.map(|parent| parent.to_string()).as_deref(),
        Some("00f067aa0ba902b7")
    );
    assert!(parent.contains(&http.span.to_string()), "{parent}");
    let turn = spans
        .iter()
        .find(|span| span.kind == skep::SpanKind::Call)
        .expect("the turn's span");
    assert_eq!(
        (turn.parent, turn.message.as_str()),
        (Some(http.span), "ring")
    );
    let unreadable = house.send(&ring.header("traceparent", "00-zz-01"));
    assert!(
        unreadable
            .header("x-trace-id")
            .is_some_and(|id| id.len() == 32 && id != trace)
    );
    house.close().await;
}

#[skep::test(real_time)]
async fn a_request_keeps_its_id_if_it_is_one(colony: Colony) {
    let house = open(colony).await;
    let id = |id: &str| {
        let reply = house.send(&get("/health/live").header("X-Request-Id", id));
        reply.header("x-request-id").expect("an id").to_owned()
    };
    let long = "i".repeat(128);
    for kept in ["7", "order-7/é".split('/').next().expect("a part"), &long] {
        assert_eq!(id(kept), kept);
    }
    for replaced in ["", "two words", &"i".repeat(129)] {
        let id = id(replaced);
        assert!(id != replaced && !id.is_empty(), "{replaced:?}");
    }
    house.close().await;
}
