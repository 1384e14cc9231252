//! What operators see besides calls and events: the log, timers, the store, metrics.

use serde_json::{Value, json};
use skep::gateway::Doors;
use skep::observe::log::Logs;
use skep::testing::Colony;

use crate::client::{Request, get, request};
use crate::house::{House, open, open_with, options};
use crate::listening::Listening;

fn put(capability: &str, level: &Value) -> Request {
    request("PUT", &format!("/admin/v1/log-levels/{capability}")).json(&level.to_string())
}

/// A house whose log is that of this process.
async fn logging(colony: Colony) -> House {
    let mut house = open_with(colony, &["log.recent=10"]).await;
    house.doors.close().await;
    let settings = house.runtime.config().section("log").expect("settings");
    let logs = Logs::new(&settings);
    logs.attend(&house.runtime);
    house.doors = Doors::open(&house.runtime, options().logs(logs)).expect("the doors open");
    house
}

#[skep::test(real_time)]
async fn levels_are_changed_and_taken_back(colony: Colony) {
    let house = logging(colony).await;
    let levels = || house.operate(get("/admin/v1/log-levels")).value();
    let before = levels();
    assert_eq!(before, json!({ "default": "info", "levels": [] }));
    let set = house
        .operate(put(
            "receptions",
            &json!({ "level": "debug", "for_ms": 600_000 }),
        ))
        .value();
    assert_eq!(
        (&set["level"], &set["previous"]),
        (&json!("debug"), &json!("info"))
    );
    assert!(set["until"].is_string(), "{set}");
    assert_eq!(levels()["levels"][0]["capability"], "receptions");
    let restored = house
        .operate(request("DELETE", "/admin/v1/log-levels/receptions"))
        .value();
    assert_eq!(
        (&restored["level"], &restored["previous"]),
        (&json!("info"), &json!("debug"))
    );
    assert_eq!(levels(), before);
    house.close().await;
}

#[skep::test(real_time)]
async fn a_level_that_is_none_is_refused(colony: Colony) {
    let house = logging(colony).await;
    let wrong = house
        .operate(put("receptions", &json!({ "level": "debgu", "fro_ms": 1 })))
        .problem(422, "invalid_body");
    assert_eq!(wrong["errors"][0]["nearest"], "for_ms");
    assert_eq!(wrong["errors"][1]["nearest"], "debug");
    house
        .operate(put("receptions", &json!({ "level": "debug", "for_ms": 0 })))
        .problem(422, "invalid_body");
    let unknown = house
        .operate(put("reception", &json!({ "level": "debug" })))
        .problem(404, "not_found");
    assert_eq!(unknown["nearest"], "receptions");
    house
        .operate(get("/admin/v1/log-levels/receptions"))
        .problem(405, "method_not_allowed");
    house.close().await;
}

#[skep::test(real_time)]
async fn records_are_seen_as_they_are_logged(colony: Colony) {
    let house = logging(colony).await;
    let notice = house.notice();
    let logs = get("/admin/v1/logs?follow=true&lines=0&level=trace")
        .header("Authorization", format!("Bearer {}", notice.token));
    let following = Listening::to(&notice.url, &logs);
    assert_eq!(
        following.head.header("content-type"),
        Some("application/x-ndjson")
    );
    let earlier = house.operate(get("/admin/v1/logs?lines=5&capability=receptions&trace=00"));
    assert_eq!((earlier.status, earlier.body.len()), (200, 0));
    for wrong in ["follow=maybe", "level=loud", "lines=all"] {
        assert_eq!(
            house
                .operate(get(&format!("/admin/v1/logs?{wrong}")))
                .status,
            400,
            "{wrong}"
        );
    }
    let typo = house.operate(get("/admin/v1/logs?capability=reception"));
    assert_eq!(typo.problem(404, "not_found")["nearest"], "receptions");
    house.doors.close().await;
    let mut following = following;
    assert_eq!(following.line(), None, "it ends with the doors");
    house.close().await;
}

#[skep::test(real_time)]
async fn without_a_log_there_are_no_records(colony: Colony) {
    let house = open(colony).await;
    house
        .operate(get("/admin/v1/logs"))
        .problem(404, "not_found");
    house
        .operate(get("/admin/v1/log-levels"))
        .problem(404, "not_found");
    house.close().await;
}

#[skep::test(real_time)]
async fn timers_are_seen_with_when_they_are_due(colony: Colony) {
    let house = open(colony).await;
    assert_eq!(
        house.operate(get("/admin/v1/timers")).value(),
        json!({ "timers": [] })
    );
    house.post("/v1/vaults/ada/lock_later", &json!({ "ms": 3_600_000 }));
    let timers = house
        .operate(get("/admin/v1/timers?capability=vaults"))
        .value();
    let timer = &timers["timers"][0];
    assert_eq!(
        (&timer["capability"], &timer["key"]),
        (&json!("vaults"), &json!("ada"))
    );
    assert_eq!(
        (&timer["kind"], &timer["name"]),
        (&json!("after"), &json!("owner"))
    );
    assert!(
        timer["due"].is_string() && timer["overdue_ms"].is_null(),
        "{timer}"
    );
    assert_eq!(
        house
            .operate(get("/admin/v1/timers?capability=receptions"))
            .value(),
        json!({ "timers": [] })
    );
    house
        .operate(get("/admin/v1/timers?capability=x"))
        .problem(404, "not_found");
    house.close().await;
}

#[skep::test(
    real_time,
    in_process = "the operator's door shows the process that it is of"
)]
async fn the_store_tells_what_it_is(colony: Colony) {
    let house = open(colony).await;
    house.post("/v1/vaults/ada/deposit", &json!({ "cents": 1 }));
    let store = house.operate(get("/admin/v1/store")).value();
    assert!(
        store["engine"].is_string() && store["commits"].as_u64() >= Some(1),
        "{store}"
    );
    assert_eq!(store["trees"], json!([{ "name": "vaults" }]));
    house
        .operate(request("POST", "/admin/v1/store/compact"))
        .problem(409, "in_use");
    house.close().await;
}

#[skep::test(real_time)]
async fn metrics_are_shown_at_both_doors(colony: Colony) {
    let house = open(colony).await;
    house.post("/v1/receptions/ring", &json!({}));
    let page = house.send(&get("/metrics"));
    assert_eq!(page.status, 200);
    assert!(
        page.header("content-type")
            .is_some_and(|kind| kind.starts_with("application/openmetrics-text"))
    );
    let text = String::from_utf8(page.body).expect("text");
    assert!(
        text.contains("application=\"house\"") && text.contains("receptions"),
        "{text}"
    );
    assert_eq!(house.operate(get("/admin/v1/metrics")).status, 200);
    house
        .send(&request("POST", "/metrics"))
        .problem(405, "method_not_allowed");
    house.close().await;
}
