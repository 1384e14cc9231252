//! The operator's door: who is let in, and what is seen there.

use serde_json::{Value, json};
use skep::gateway::Doors;
use skep::testing::Colony;

use crate::client::{get, post, request};
use crate::house::{House, open, open_with, options};

fn read(house: &House, path: &str) -> Value {
    let reply = house.operate(get(&format!("/admin/v1{path}")));
    assert_eq!(
        reply.status,
        200,
        "{}",
        String::from_utf8_lossy(&reply.body)
    );
    reply.value()
}

#[skep::test(real_time)]
async fn nobody_is_let_in_without_the_token(colony: Colony) {
    let house = open(colony).await;
    let notice = house.notice();
    let wrong = "0".repeat(64);
    for authorization in [
        None,
        Some(""),
        Some("Bearer"),
        Some("Bearer "),
        Some(&*format!("Bearer {wrong}")),
        Some(&*notice.token),
    ] {
        let mut request = get("/admin/v1/process");
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        let reply = request.send(&notice.url);
        let problem = reply.problem(401, "unauthorized");
        assert!(!problem.to_string().contains(&notice.token));
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    }
    house.close().await;
}

#[skep::test(real_time)]
async fn a_page_that_was_led_here_by_its_name_is_not_let_in(colony: Colony) {
    let house = open(colony).await;
    for host in ["evil.example", "127.0.0.1.evil.example", "evil.example:80"] {
        let request = get("/admin/v1/process").header("Host", host);
        house.operate(request).problem(403, "foreign_host");
    }
    for host in ["localhost", "127.0.0.1:1", "[::1]"] {
        let request = get("/admin/v1/process").header("Host", host);
        assert_eq!(house.operate(request).status, 200, "{host}");
    }
    let page = get("/admin/v1/process").header("Origin", "http://localhost:1");
    assert_eq!(
        house.operate(page).header("access-control-allow-origin"),
        None
    );
    house.close().await;
}

#[skep::test(
    real_time,
    in_process = "the operator's door shows the process that it is of"
)]
async fn the_process_tells_who_it_is(colony: Colony) {
    let house = open(colony).await;
    let notice = house.notice();
    assert_eq!(
        (notice.application.as_str(), notice.version.as_str()),
        ("house", "1.2.3")
    );
    assert_eq!(notice.pid, std::process::id());
    assert_eq!(notice.api, house.doors.api_url());
    let process = read(&house, "/process");
    assert_eq!(process["application"], "house");
    assert_eq!(process["started_at"], notice.started_at);
    assert_eq!(process["health"], json!({ "status": "ready" }));
    assert_eq!(process["api"], house.url());
    assert_eq!(process["store"]["engine"], "sled");
    assert!(process["uptime_ms"].is_u64());
    house.close().await;
}

#[skep::test(
    real_time,
    in_process = "the operator's door shows the process that it is of"
)]
async fn capabilities_are_seen_with_what_they_have_done(colony: Colony) {
    let house = open(colony).await;
    house.post("/v1/receptions/ring", &json!({}));
    let all = read(&house, "/capabilities");
    let receptions = &all["capabilities"][0];
    assert_eq!(receptions["name"], "receptions");
    assert_eq!(receptions["emits"], json!(["received"]));
    assert_eq!(receptions["stats"]["num_turns"], 1);
    assert_eq!(receptions["stats"]["num_dead_letters"], 0);
    assert!(receptions["latency"]["p99_us"].as_f64() >= receptions["latency"]["p50_us"].as_f64());
    assert_eq!(
        receptions["contract"],
        Value::Null,
        "that is for one at a time"
    );
    assert_eq!(all["capabilities"][1]["latency"], Value::Null);
    let one = read(&house, "/capabilities/vaults");
    assert_eq!(
        (&one["key"], &one["durable"]),
        (&json!("owner"), &json!(true))
    );
    assert_eq!(one["contract"]["messages"][0]["name"], "deposit");
    let problem = house
        .operate(get("/admin/v1/capabilities/vault"))
        .problem(404, "not_found");
    assert_eq!(problem["nearest"], "vaults");
    house.close().await;
}

#[skep::test(real_time)]
async fn an_operator_may_call_what_is_not_exposed(colony: Colony) {
    let house = open_with(colony, &["gateway.expose=[]"]).await;
    house
        .post("/v1/receptions/ring", &json!({}))
        .problem(404, "not_found");
    let ring = house.operate(request("POST", "/admin/v1/call/receptions/ring"));
    assert_eq!((ring.status, ring.value()), (200, json!(1)));
    let owner = house.operate(post("/admin/v1/call/vaults/a%2Fb/owner", &json!({})));
    assert_eq!(owner.value(), "a/b");
    let wrong = house.operate(post(
        "/admin/v1/call/receptions/ring",
        &json!({ "loud": true }),
    ));
    wrong.problem(422, "invalid_body");
    house.close().await;
}

#[skep::test(real_time)]
async fn a_trace_is_seen_with_its_steps(colony: Colony) {
    let house = open(colony).await;
    let call = house.operate(request("POST", "/admin/v1/call/receptions/ring"));
    let id = call.header("x-trace-id").expect("a trace").to_owned();
    house.post("/v1/vaults/ada/owner", &json!({}));
    let traces = read(&house, "/traces?limit=1");
    assert_eq!(traces["traces"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        traces["traces"][0]["capability"],
        "vaults",
        "the newest first: {}",
        read(&house, "/traces")
    );
    let all = read(&house, "/traces");
    let listed = all["traces"]
        .as_array()
        .and_then(|all| all.iter().find(|trace| trace["trace"] == *id));
    assert_eq!(listed.map(|trace| &trace["spans"]), Some(&json!(2)));
    let trace = read(&house, &format!("/traces/{id}"));
    let spans = trace["spans"].as_array().expect("spans");
    assert_eq!(
        (&spans[0]["kind"], &spans[1]["kind"]),
        (&json!("admin"), &json!("call"))
    );
    assert_eq!(spans[1]["parent"], spans[0]["span"]);
    house
        .operate(get("/admin/v1/traces/0123"))
        .problem(400, "invalid_trace");
    house
        .operate(get(&format!("/admin/v1/traces/{}", "a".repeat(32))))
        .problem(404, "not_found");
    house.close().await;
}

#[skep::test(real_time)]
async fn what_is_no_dead_letter_is_not_found(colony: Colony) {
    let house = open(colony).await;
    assert_eq!(read(&house, "/dead-letters"), json!({ "dead_letters": [] }));
    assert_eq!(
        read(&house, "/dead-letters?capability=vaults"),
        json!({ "dead_letters": [] })
    );
    house
        .operate(get("/admin/v1/dead-letters?capability=x"))
        .problem(404, "not_found");
    let letter = "/admin/v1/dead-letters/vaults/7";
    house.operate(get(letter)).problem(404, "not_found");
    house
        .operate(request("DELETE", letter))
        .problem(404, "not_found");
    house
        .operate(request("POST", &format!("{letter}/replay")))
        .problem(404, "not_found");
    house
        .operate(get(&format!("{letter}/replay")))
        .problem(405, "method_not_allowed");
    house
        .operate(get("/admin/v1/dead-letters/vaults/first"))
        .problem(400, "invalid_number");
    house
        .operate(get("/admin/v1/nothing"))
        .problem(404, "not_found");
    house.close().await;
}

#[skep::test(real_time)]
async fn a_second_process_leaves_the_file_of_a_living_one_alone(colony: Colony) {
    let house = open(colony).await;
    let before = house.notice();
    let second = Doors::open(&house.runtime, options()).expect("the API opens all the same");
    assert_eq!(second.admin_file(), None);
    assert!(second.api_url().is_some_and(|url| url != house.url()));
    second.close().await;
    assert_eq!(house.notice().token, before.token);
    house.close().await;
}

#[skep::test(real_time)]
async fn a_file_that_was_left_behind_is_replaced(colony: Colony) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("left.json");
    let text = json!({ "url": "http://127.0.0.1:1", "token": "0".repeat(64), "pid": 1, "application": "house", "version": "", "started_at": "", "api": null });
    std::fs::write(&file, text.to_string()).expect("a file");
    let house = open_with(colony, &[&format!("admin.file={}", file.display())]).await;
    assert_eq!(house.file(), file);
    assert_eq!(house.notice().pid, std::process::id());
    assert_eq!(read(&house, "/process")["application"], "house");
    house.close().await;
    assert!(!file.exists());
}
