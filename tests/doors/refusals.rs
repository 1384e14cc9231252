//! Requests that are wrong: each is told what, where, and what would be right.

use serde_json::{Value, json};
use skep::testing::Colony;

use crate::client::{Connection, get, post, request};
use crate::house::{House, open, open_with};

/// Pointer and nearest name of each mistake, in order.
fn mistakes(house: &House, body: &Value) -> Vec<(String, Option<String>)> {
    let problem = house
        .post("/v1/receptions/receive", body)
        .problem(422, "invalid_body");
    let errors = problem["errors"].as_array().expect("the mistakes");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    errors
        .iter()
        .map(|error| {
            assert!(error["detail"].is_string(), "{error}");
            (
                text(&error["pointer"]).expect("a pointer"),
                text(&error["nearest"]),
            )
        })
        .collect()
}

fn at(pointer: &str) -> (String, Option<String>) {
    (pointer.to_owned(), None)
}

fn near(pointer: &str, name: &str) -> (String, Option<String>) {
    (pointer.to_owned(), Some(name.to_owned()))
}

#[skep::test(real_time)]
async fn a_body_that_is_no_json_is_refused(colony: Colony) {
    let house = open(colony).await;
    let deep = "[".repeat(100_000);
    for wrong in [
        "{",
        "{\"gate\": }",
        "gate",
        "{\"gate\": \"a\"} {}",
        "NaN",
        "{'gate': 1}",
        deep.as_str(),
    ] {
        let request = request("POST", "/v1/receptions/wait").json(wrong);
        house.send(&request).problem(400, "malformed_json");
    }
    house.close().await;
}

#[skep::test(real_time)]
async fn a_body_of_another_type_is_refused(colony: Colony) {
    let house = open(colony).await;
    for wrong in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
    ] {
        let request = request("POST", "/v1/receptions/ring").header("Content-Type", wrong);
        house.send(&request).problem(415, "unsupported_media_type");
    }
    let right = request("POST", "/v1/receptions/ring")
        .header("Content-Type", "Application/JSON; charset=utf-8");
    assert_eq!(house.send(&right).value(), 1);
    house.close().await;
}

#[skep::test(real_time)]
async fn every_mistake_of_a_body_is_told_at_once(colony: Colony) {
    let house = open(colony).await;
    let body = json!({
        "guest": { "nmae": "Ada", "age": 300, "friends": [{ "name": "Bo" }, { "name": 7, "agee": 1 }] },
        "room": "saloon",
        "colour": "red",
    });
    let expected = [
        at("/colour"),
        at("/guest/age"),
        near("/guest/friends/1/agee", "age"),
        at("/guest/friends/1/name"),
        at("/guest/name"),
        near("/guest/nmae", "name"),
        near("/room", "salon"),
    ];
    assert_eq!(mistakes(&house, &body), expected);
    assert_eq!(mistakes(&house, &json!({})), [at("/guest"), at("/room")]);
    assert_eq!(mistakes(&house, &json!([])), [at("")]);
    assert_eq!(mistakes(&house, &Value::Null), [at("")]);
    house.close().await;
}

#[skep::test(real_time)]
async fn the_fields_of_a_variant_are_those_that_were_meant(colony: Colony) {
    let house = open(colony).await;
    let with = |gift: Value| json!({ "guest": { "name": "Ada" }, "room": "library", "gift": gift });
    let right = house.post(
        "/v1/receptions/receive",
        &with(json!({ "kind": "wine", "year": 1990 })),
    );
    assert_eq!(right.status, 200);
    assert_eq!(
        house
            .post("/v1/receptions/receive", &with(Value::Null))
            .status,
        200
    );
    let unknown = with(json!({ "kind": "wine", "year": 1990, "grap": "Touriga", "number": 1 }));
    assert_eq!(
        mistakes(&house, &unknown),
        [near("/gift/grap", "grape"), at("/gift/number")]
    );
    assert_eq!(
        mistakes(&house, &with(json!({ "kind": "wine" }))),
        [at("/gift/year")]
    );
    assert_eq!(
        mistakes(
            &house,
            &with(json!({ "kind": "flowers", "number": "many" }))
        ),
        [at("/gift/number")]
    );
    assert_eq!(
        mistakes(&house, &with(json!({ "kind": "vine", "year": 1 })))[0],
        near("/gift/kind", "wine")
    );
    house.close().await;
}

#[skep::test(real_time)]
async fn names_that_are_free_stay_free(colony: Colony) {
    let house = open(colony).await;
    let body = json!({
        "guest": { "name": "Ada" },
        "room": "library",
        "remarks": { "anything": { "goes": [1, { "here": null }] }, "": 1, "a/b~c": 2 },
    });
    assert_eq!(house.post("/v1/receptions/receive", &body).status, 200);
    house.close().await;
}

#[skep::test(real_time)]
async fn what_is_not_there_is_not_found(colony: Colony) {
    let house = open(colony).await;
    let problem = house
        .post("/v1/reception/ring", &json!({}))
        .problem(404, "not_found");
    assert_eq!(problem["nearest"], "receptions");
    let problem = house
        .post("/v1/receptions/rign", &json!({}))
        .problem(404, "not_found");
    assert_eq!(problem["nearest"], "ring");
    for path in [
        "/v1",
        "/v1/",
        "/v1/receptions",
        "/v1/a/b/c/d",
        "/v2/receptions/ring",
        "/nothing",
        "/admin/v1/process",
    ] {
        house.post(path, &json!({})).problem(404, "not_found");
    }
    house.close().await;
}

#[skep::test(real_time)]
async fn what_is_not_exposed_does_not_exist(colony: Colony) {
    let house = open_with(colony, &["gateway.expose=[\"receptions.ring\"]"]).await;
    assert_eq!(house.post("/v1/receptions/ring", &json!({})).value(), 1);
    let hidden = house
        .post("/v1/receptions/smash", &json!({ "what": "vase" }))
        .problem(404, "not_found");
    let absent = house
        .post("/v1/receptions/smesh", &json!({}))
        .problem(404, "not_found");
    assert_eq!(
        hidden["detail"].to_string().replace("smash", "smesh"),
        absent["detail"].to_string()
    );
    assert_eq!(
        (&hidden["nearest"], &absent["nearest"]),
        (&Value::Null, &Value::Null)
    );
    house
        .post("/v1/vaults/ada/owner", &json!({}))
        .problem(404, "not_found");
    house.close().await;
}

#[skep::test(real_time)]
async fn a_wrong_method_is_told_the_right_one(colony: Colony) {
    let house = open(colony).await;
    for (method, path, right) in [
        ("GET", "/v1/receptions/ring", "POST"),
        ("DELETE", "/v1/receptions/ring", "POST"),
        ("HEAD", "/v1/receptions/ring", "POST"),
        ("POST", "/health/live", "GET, HEAD"),
    ] {
        let reply = house.send(&request(method, path));
        assert_eq!(
            (reply.status, reply.header("allow")),
            (405, Some(right)),
            "{method} {path}"
        );
    }
    let head = house.send(&request("HEAD", "/health/live"));
    assert_eq!((head.status, head.body.len()), (200, 0));
    house.close().await;
}

#[skep::test(real_time)]
async fn a_body_over_the_limit_is_refused_whether_announced_or_not(colony: Colony) {
    let house = open_with(colony, &["capabilities.receptions.message_size=2KiB"]).await;
    let large = post("/v1/receptions/wait", &json!({ "gate": "g".repeat(4000) }));
    house.send(&large).problem(413, "too_large");
    let head = "POST /v1/receptions/wait HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let mut announced = Connection::to(&house.url());
    announced.write(format!("{head}Content-Length: 99999999999\r\n\r\n").as_bytes());
    announced.read(false).problem(413, "too_large");
    let mut chunked = Connection::to(&house.url());
    let chunk = format!("400\r\n{}\r\n", " ".repeat(1024));
    chunked
        .write(format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}{chunk}{chunk}").as_bytes());
    chunked.read(false).problem(413, "too_large");
    house.close().await;
}

#[skep::test(real_time)]
async fn garbage_is_no_request_and_the_door_stays_open(colony: Colony) {
    let house = open(colony).await;
    let huge = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nX-Huge: {}\r\n\r\n",
        "h".repeat(200_000)
    );
    let many = format!(
        "GET / HTTP/1.1\r\nHost: x\r\n{}\r\n",
        "X-One: 1\r\n".repeat(500)
    );
    let twice = "POST /v1/receptions/ring HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}";
    for garbage in [
        "\0\u{1}\u{2}\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nNo Colon\r\n\r\n",
        &huge,
        &many,
        twice,
    ] {
        let mut connection = Connection::to(&house.url());
        connection.write(garbage.as_bytes());
        if !connection.is_over() {
            let status = connection.read(false).status;
            assert!((400..500).contains(&status), "{status}");
        }
        assert_eq!(house.send(&get("/health/live")).status, 200);
    }
    house.close().await;
}

#[skep::test(real_time)]
async fn requests_in_one_go_are_answered_in_order(colony: Colony) {
    let house = open(colony).await;
    let ring = "POST /v1/receptions/ring HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    let mut connection = Connection::to(&house.url());
    connection.write(ring.repeat(10).as_bytes());
    for expected in 1..=10 {
        assert_eq!(connection.read(false).value(), expected);
    }
    house.close().await;
}
