//! Events as they are emitted, through both doors.

use serde_json::{Value, json};
use skep::testing::Colony;

use crate::client::{Request, get, post};
use crate::house::{House, open, open_with};
use crate::listening::Listening;

fn receive(house: &House, name: &str) {
    let guest = json!({ "guest": { "name": name }, "room": "salon" });
    assert_eq!(house.post("/v1/receptions/receive", &guest).status, 200);
}

fn listen(house: &House, request: &Request) -> Listening {
    let mut listening = Listening::to(&house.url(), request);
    assert_eq!(listening.head.status, 200);
    assert_eq!(
        listening.head.header("content-type"),
        Some("text/event-stream")
    );
    listening.greeting();
    listening
}

fn names(listening: &mut Listening, number: usize) -> Vec<Value> {
    (0..number)
        .map(|_| listening.event().expect("an event").data["body"]["name"].clone())
        .collect()
}

#[skep::test(real_time)]
async fn events_are_told_as_they_happen(colony: Colony) {
    let house = open(colony).await;
    receive(&house, "Before");
    let mut all = listen(&house, &get("/v1/events/receptions"));
    let mut one = listen(&house, &get("/v1/events/receptions/received"));
    receive(&house, "Ada");
    let told = all.event().expect("an event");
    assert_eq!(told.event, "receptions.received");
    assert_eq!(
        (&told.data["body"], &told.data["key"]),
        (&json!({ "name": "Ada" }), &Value::Null)
    );
    assert!(
        told.data["trace"].as_str().is_some_and(|id| id.len() == 32),
        "{told:?}"
    );
    assert!(
        told.data["at"].as_str().is_some_and(|at| at.ends_with('Z')),
        "{told:?}"
    );
    assert_eq!(one.event(), Some(told));
    house.close().await;
}

#[skep::test(real_time)]
async fn a_client_that_comes_back_goes_on_where_it_was(colony: Colony) {
    let house = open(colony).await;
    for name in ["Ada", "Bo", "Cy"] {
        receive(&house, name);
    }
    let mut oldest = listen(&house, &get("/v1/events/receptions?since=0"));
    let first = oldest.event().expect("an event").id.expect("a position");
    assert_eq!(names(&mut oldest, 2), ["Bo", "Cy"]);
    let again = get("/v1/events/receptions?since=0").header("Last-Event-ID", first.to_string());
    assert_eq!(names(&mut listen(&house, &again), 2), ["Bo", "Cy"]);
    let since = get(&format!("/v1/events/receptions?since={first}"));
    assert_eq!(names(&mut listen(&house, &since), 2), ["Bo", "Cy"]);
    house
        .send(&get("/v1/events/receptions?since=yesterday"))
        .problem(400, "invalid_position");
    house.close().await;
}

#[skep::test(real_time)]
async fn what_is_no_longer_kept_is_told_as_a_gap(colony: Colony) {
    let house = open_with(colony, &["capabilities.receptions.event_log=2"]).await;
    for name in ["Ada", "Bo", "Cy", "Di", "Ed"] {
        receive(&house, name);
    }
    let mut first = listen(&house, &get("/v1/events/receptions?since=1"));
    let gap = first.event().expect("a gap");
    assert_eq!((gap.event.as_str(), &gap.data["from"]), ("gap", &json!(2)));
    let next = first.event().expect("an event");
    assert_eq!(
        Some(next.id.expect("a position") - 1),
        gap.data["to"].as_u64()
    );
    house.close().await;
}

#[skep::test(real_time)]
async fn only_what_is_exposed_is_heard(colony: Colony) {
    let house = open_with(
        colony,
        &["gateway.expose=[\"receptions.receive\", \"vaults\"]"],
    )
    .await;
    house
        .send(&get("/v1/events/receptions"))
        .problem(404, "not_found");
    house
        .send(&get("/v1/events/receptions/received"))
        .problem(404, "not_found");
    house
        .send(&get("/v1/events/vaults"))
        .problem(404, "not_found");
    house
        .send(&get("/v1/events/nobody"))
        .problem(404, "not_found");
    let notice = house.notice();
    let admin = get("/admin/v1/events/receptions")
        .header("Authorization", format!("Bearer {}", notice.token));
    let mut operator = Listening::to(&notice.url, &admin);
    operator.greeting();
    receive(&house, "Ada");
    assert_eq!(names(&mut operator, 1), ["Ada"]);
    house.close().await;
}

#[skep::test(real_time)]
async fn wrong_wishes_are_refused(colony: Colony) {
    let house = open(colony).await;
    let problem = house
        .send(&get("/v1/events/receptions/recieved"))
        .problem(404, "not_found");
    assert_eq!(problem["nearest"], "received");
    house
        .send(&get("/v1/events/receptions?key=a"))
        .problem(400, "invalid_key");
    house
        .send(&get("/v1/events/receptions/received/more"))
        .problem(404, "not_found");
    let head = house.send(&crate::client::request("HEAD", "/v1/events/receptions"));
    assert_eq!((head.status, head.header("allow")), (405, Some("GET")));
    house.close().await;
}

#[skep::test(real_time)]
async fn who_listens_is_not_waited_for_when_the_doors_close(colony: Colony) {
    let house = open(colony).await;
    let mut listening = listen(&house, &get("/v1/events/receptions"));
    house.doors.close().await;
    assert_eq!(listening.event(), None, "the answer has ended as it should");
    house.close().await;
}

#[skep::test(real_time)]
async fn who_listens_hears_the_end_when_the_runtime_stops(colony: Colony) {
    let house = open(colony).await;
    let mut listening = listen(&house, &get("/v1/events/receptions"));
    house.runtime.stop().await;
    assert_eq!(listening.event(), None);
    house
        .send(&get("/v1/events/receptions"))
        .problem(503, "stopping");
    house.close().await;
}

#[skep::test(real_time)]
async fn an_operator_may_emit_an_event(colony: Colony) {
    let house = open(colony).await;
    let mut listening = listen(&house, &get("/v1/events/receptions"));
    let emitted = house.operate(post(
        "/admin/v1/emit/receptions/received",
        &json!({ "name": "Eve" }),
    ));
    assert_eq!(
        (emitted.status, &emitted.value()["listeners"]),
        (202, &json!([]))
    );
    assert!(emitted.value()["event_id"].is_string());
    let told = listening.event().expect("an event");
    assert_eq!(told.data["body"], json!({ "name": "Eve" }));
    assert_eq!(told.data["trace"].as_str(), emitted.header("x-trace-id"));
    let wrong = house.operate(post(
        "/admin/v1/emit/receptions/received",
        &json!({ "nmae": "Eve" }),
    ));
    assert_eq!(
        wrong.problem(422, "invalid_body")["errors"][1]["nearest"],
        "name"
    );
    house
        .operate(post("/admin/v1/emit/receptions/left", &json!({})))
        .problem(404, "not_found");
    house
        .operate(post(
            "/admin/v1/emit/receptions/received?key=a",
            &json!({ "name": "Eve" }),
        ))
        .problem(400, "invalid_key");
    house
        .post("/v1/emit/receptions/received", &json!({ "name": "Eve" }))
        .problem(404, "not_found");
    house.close().await;
}
