//! Health, and how the doors close.

use std::net::TcpStream;

use serde_json::json;
use skep::testing::Colony;

use crate::client::{Connection, get, post};
use crate::gate::Gate;
use crate::house::{open, open_with};

#[skep::test(real_time)]
async fn a_process_that_works_is_live_and_ready(colony: Colony) {
    let house = open(colony).await;
    assert_eq!(
        house.send(&get("/health/live")).value(),
        json!({ "status": "live" })
    );
    let ready = house.send(&get("/health/ready"));
    assert_eq!(
        (ready.status, ready.value()),
        (200, json!({ "status": "ready", "reasons": [] }))
    );
    house.close().await;
}

#[skep::test(real_time)]
async fn a_process_with_a_capability_that_is_down_is_not_ready(colony: Colony) {
    let house = open_with(colony, &["capabilities.receptions.restart.budget=0"]).await;
    house
        .post("/v1/receptions/smash", &json!({ "what": "bell" }))
        .problem(500, "panicked");
    let ring = loop {
        let ring = house.post("/v1/receptions/ring", &json!({}));
        if ring.status != 200 {
            break ring;
        }
    };
    assert_eq!(ring.problem(503, "down")["delivery"], "not_delivered");
    assert!(ring.header("retry-after").is_some());
    let ready = house.send(&get("/health/ready"));
    assert_eq!(
        (ready.status, &ready.value()["reasons"][0]["capability"]),
        (503, &json!("receptions"))
    );
    assert_eq!(house.send(&get("/health/live")).status, 200);
    house.close().await;
}

#[skep::test(real_time)]
async fn calls_to_a_runtime_that_stops_are_refused_undelivered(colony: Colony) {
    let house = open(colony).await;
    let gate = Gate::new();
    let (wait, url) = (
        post("/v1/receptions/wait", &json!({ "gate": gate.name })),
        house.url(),
    );
    let waiting = std::thread::spawn(move || wait.send(&url));
    gate.arrived().await;
    let stopping = house.runtime.stop();
    let looking = async {
        house
            .runtime
            .health_becomes(|health| *health == skep::Health::Stopping)
            .await;
        let problem = house
            .post("/v1/receptions/ring", &json!({}))
            .problem(503, "stopping");
        assert_eq!(problem["delivery"], "not_delivered");
        let ready = house.send(&get("/health/ready"));
        assert_eq!(
            (ready.status, &ready.value()["status"]),
            (503, &json!("stopping"))
        );
        gate.open(1);
    };
    tokio::join!(stopping, looking);
    assert_eq!(
        waiting.join().expect("an answer").value(),
        "through",
        "what was accepted is finished"
    );
    house.close().await;
}

#[skep::test(real_time)]
async fn doors_that_close_finish_the_requests_under_way(colony: Colony) {
    let house = open(colony).await;
    let gate = Gate::new();
    let (wait, url) = (
        post("/v1/receptions/wait", &json!({ "gate": gate.name })),
        house.url(),
    );
    let mut idle = Connection::to(&url);
    assert_eq!(idle.send(&get("/health/live")).status, 200);
    let waiting = std::thread::spawn(move || wait.send(&url));
    gate.arrived().await;
    let file = house.file();
    let closing = house.doors.close();
    let opening = async {
        while file.exists() {
            tokio::task::yield_now().await;
        }
        assert!(idle.is_over(), "who asks for nothing is not waited for");
        gate.open(1);
    };
    tokio::join!(closing, opening);
    assert_eq!(waiting.join().expect("an answer").value(), "through");
    let address = house.url().replace("http://", "");
    assert!(TcpStream::connect(address).is_err(), "the port is free");
    house.close().await;
}

#[skep::test(real_time)]
async fn doors_wait_no_longer_than_the_shutdown_deadline(colony: Colony) {
    let house = open_with(colony, &["runtime.shutdown_deadline=100ms"]).await;
    let gate = Gate::new();
    let body = json!({ "gate": gate.name }).to_string();
    let mut connection = Connection::to(&house.url());
    connection.write(
        format!("POST /v1/receptions/wait HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes(),
    );
    gate.arrived().await;
    house.doors.close().await;
    assert!(connection.is_over(), "it was cut off");
    gate.open(1);
    house.close().await;
}
