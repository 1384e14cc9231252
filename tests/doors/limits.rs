//! How much a client may take: time, connections, requests.

use serde_json::json;
use skep::testing::Colony;

use crate::client::{Connection, get, request};
use crate::house::{open, open_with};

#[skep::test(real_time)]
async fn a_body_that_does_not_arrive_in_time_is_given_up(colony: Colony) {
    let house = open_with(colony, &["gateway.receive_timeout=200ms"]).await;
    let mut slow = Connection::to(&house.url());
    slow.write(b"POST /v1/receptions/wait HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{");
    slow.read(false).problem(408, "request_timeout");
    assert!(slow.is_over());
    house.close().await;
}

#[skep::test(real_time)]
async fn a_head_that_does_not_arrive_in_time_is_given_up(colony: Colony) {
    let house = open_with(colony, &["gateway.receive_timeout=200ms"]).await;
    let mut slow = Connection::to(&house.url());
    slow.write(b"POST /v1/receptions/wait HTTP/1.1\r\nHost:");
    assert_eq!(slow.read(false).status, 408);
    assert!(slow.is_over());
    house.close().await;
}

#[skep::test(real_time)]
async fn more_connections_than_allowed_wait_until_one_ends(colony: Colony) {
    let house = open_with(colony, &["gateway.connections=1", "gateway.workers=4"]).await;
    let mut first = Connection::to(&house.url());
    assert_eq!(first.send(&get("/health/live")).status, 200);
    let mut second = Connection::to(&house.url());
    second.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
    for _ in 0..100 {
        assert_eq!(first.send(&get("/health/live")).status, 200);
    }
    assert!(second.is_silent(), "there is room for one only");
    drop(first);
    assert_eq!(second.read(false).status, 200);
    drop(second);
    house.close().await;
}

#[skep::test(real_time)]
async fn a_caller_over_the_rate_limit_is_told_to_wait(colony: Colony) {
    let house = open_with(colony, &["gateway.rate_limit=1", "gateway.rate_burst=3"]).await;
    let ring = request("POST", "/v1/receptions/ring");
    let statuses: Vec<u16> = (0..3).map(|_| house.send(&ring).status).collect();
    assert_eq!(statuses, [200; 3]);
    // Even a slow machine sends some of these within the second after which one more is allowed.
    let refused = (0..100)
        .map(|_| house.send(&ring))
        .find(|reply| reply.status != 200);
    let refused = refused.expect("a refusal");
    refused.problem(429, "rate_limited");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(
        house.send(&get("/health/ready")).status,
        200,
        "who watches is never sent away"
    );
    house.close().await;
}

#[skep::test(real_time)]
async fn nobody_is_limited_unless_it_is_said(colony: Colony) {
    let house = open(colony).await;
    let ring = request("POST", "/v1/receptions/ring");
    let mut connection = Connection::to(&house.url());
    for number in 1..=300 {
        assert_eq!(connection.send(&ring).value(), json!(number));
    }
    house.close().await;
}

#[skep::test(real_time)]
async fn a_deadline_may_be_as_long_as_deadline_max_says(colony: Colony) {
    let house = open_with(colony, &["gateway.deadline_max=2h"]).await;
    let ring =
        |deadline: &str| request("POST", "/v1/receptions/ring").header("Skep-Deadline", deadline);
    assert_eq!(house.send(&ring("2h")).status, 200);
    let problem = house.send(&ring("121m")).problem(400, "invalid_deadline");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|text| text.contains("2h")),
        "{problem}"
    );
    house.close().await;
}

#[skep::test(real_time)]
async fn only_pages_of_known_origins_may_read_answers(colony: Colony) {
    let house = open_with(colony, &["gateway.cors_origins=[\"https://shop.example\"]"]).await;
    let asked = |origin: &str| {
        let request = request("OPTIONS", "/v1/receptions/ring");
        let request = request.header("Access-Control-Request-Method", "POST");
        house.send(&request.header("Origin", origin))
    };
    let known = asked("https://shop.example");
    assert_eq!(known.status, 204);
    assert_eq!(
        known.header("access-control-allow-origin"),
        Some("https://shop.example")
    );
    assert!(
        known
            .header("access-control-allow-headers")
            .is_some_and(|names| names.contains("idempotency-key"))
    );
    assert_eq!(known.header("vary"), Some("Origin"));
    let unknown = asked("https://evil.example");
    assert_eq!(
        (
            unknown.status,
            unknown.header("access-control-allow-origin")
        ),
        (405, None)
    );
    let ring = request("POST", "/v1/receptions/ring")
        .json("{}")
        .header("Origin", "https://shop.example");
    let answer = house.send(&ring);
    assert_eq!(
        (answer.status, answer.header("access-control-allow-origin")),
        (200, Some("https://shop.example"))
    );
    house.close().await;
}

#[skep::test(real_time)]
async fn without_origins_no_page_may_read_answers(colony: Colony) {
    let house = open(colony).await;
    let get = get("/health/live").header("Origin", "https://shop.example");
    let answer = house.send(&get);
    assert_eq!(
        (
            answer.header("access-control-allow-origin"),
            answer.header("vary")
        ),
        (None, None)
    );
    house.close().await;
}
