//! What commands make of answers that a real process gives rarely, or never.

use std::net::TcpListener;
use std::process::Stdio;

use serde_json::json;

use super::door::{Door, answer, broken_stream, json as json_answer, stream, write_admin_file};
use super::program::{Running, greeting, run};

const CAPABILITIES: &str = r#"{"capabilities":[{"name":"greeting","version":1,"kind":"singleton","digest":"x","later":{"a":1},
    "stats":{"num_actors":1,"num_turns":3,"later":2}}],"later":[]}"#;

fn problem(status: &str, body: &serde_json::Value) -> String {
    answer(status, "application/problem+json", &body.to_string())
}

#[test]
fn the_token_is_shown_and_fields_of_a_later_version_are_passed_by() {
    let door = Door::playing(vec![json_answer(CAPABILITIES)]);
    let ran = door.run(&["list"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(ran.stdout.contains("greeting v1"), "{ran:#?}");
    assert!(!ran.stdout.contains('\u{1b}'), "no colour for a pipe");
    let request = door.request();
    assert!(
        request.starts_with("get /admin/v1/capabilities http/1.1"),
        "{request}"
    );
    assert!(
        request.contains("authorization: bearer secret-token"),
        "{request}"
    );
}

#[test]
fn every_mistake_of_a_message_is_told_with_place_and_nearest_name() {
    let body = json!({"title": "it does not fit", "status": 422, "code": "invalid_body", "detail": "the body has 2 mistakes", "errors": [
        {"pointer": "/guest/nmae", "detail": "there is no such field", "nearest": "name"}, {"pointer": "/nights", "detail": "it is missing"}]});
    let door = Door::playing(vec![problem("422 Unprocessable Entity", &body)]);
    let ran = door.run(&[
        "request",
        "greeting.greet",
        "{}",
        "--key",
        "a/b",
        "--deadline",
        "2s",
        "--id",
        "7",
    ]);
    assert_eq!(ran.code, Some(65), "{ran:#?}");
    assert_eq!(ran.stdout, "");
    for words in [
        "error: the body has 2 mistakes\n",
        "  /guest/nmae: there is no such field; did you mean name?\n",
        "  /nights: it is missing\n",
    ] {
        assert!(ran.stderr.contains(words), "{words:?} in {ran:#?}");
    }
    let request = door.request();
    assert!(
        request.starts_with("post /admin/v1/call/greeting/a%2fb/greet http"),
        "{request}"
    );
    assert!(request.contains("skep-deadline: 2s\r\n"), "{request}");
    assert!(request.contains("idempotency-key: 7\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\n{}"), "{request}");
}

#[test]
fn a_domain_error_is_an_answer_with_an_exit_code_of_its_own() {
    let body =
        json!({"status": 409, "code": "domain", "detail": "full", "error": {"full": {"until": 7}}});
    let door = Door::playing(vec![
        problem("409 Conflict", &body),
        problem("409 Conflict", &body),
    ]);
    let ran = door.run(&["request", "greeting.greet", "{}"]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert_eq!(ran.json(), json!({"full": {"until": 7}}));
    let ran = door.run(&["request", "greeting.greet", "{}", "--json"]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert_eq!(ran.json()["outcome"], "domain");
    assert_eq!(ran.json()["trace"], "4bf92f3577b34da6a3ce929d0e0e4736");
}

#[test]
fn a_call_that_failed_says_whether_it_was_delivered() {
    let body = json!({"status": 503, "code": "overloaded", "detail": "greeting is overloaded", "delivery": "not_delivered"});
    let door = Door::playing(vec![problem("503 Service Unavailable", &body)]);
    let ran = door.run(&["request", "greeting.greet", "{}"]);
    assert_eq!(ran.code, Some(75), "{ran:#?}");
    assert!(ran.stderr.contains("sending it again is safe"), "{ran:#?}");
}

#[test]
fn whoever_does_not_take_the_token_is_no_process_of_ours() {
    let door = Door::playing(vec![problem(
        "401 Unauthorized",
        &json!({"status": 401, "code": "unauthorized", "detail": "no"}),
    )]);
    let ran = door.run(&["list"]);
    assert_eq!(ran.code, Some(77), "{ran:#?}");
    assert!(ran.stderr.contains("4000123"), "{ran:#?}");
    assert!(!ran.stderr.contains("secret-token"), "{ran:#?}");
}

#[test]
fn a_file_left_behind_is_told_with_the_process_that_left_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    drop(listener);
    write_admin_file(folder.path(), &format!("http://{address}"));
    for command in [
        &["list"][..],
        &["tail"],
        &["subscribe", "greeting"],
        &["request", "a.b", "1", "-n", "3"],
    ] {
        let ran = run(folder.path(), command);
        assert_eq!(ran.code, Some(69), "{ran:#?}");
        assert!(
            ran.stderr
                .contains("process 4000123 left ./data/admin.json behind"),
            "{ran:#?}"
        );
    }
}

#[test]
fn who_does_not_run_is_told_how_to_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let ran = run(folder.path(), &["list"]);
    assert_eq!(ran.code, Some(69), "{ran:#?}");
    assert_eq!(
        ran.stderr,
        "error: greeting is not running here (no ./data/admin.json); start it with `greeting run`, or point to its folder with --data or -c\n"
    );
    let closed = run(folder.path(), &["list", "--set", "admin.enabled=false"]);
    assert_eq!(closed.code, Some(69), "{closed:#?}");
    assert!(
        closed.stderr.contains("admin.enabled = false"),
        "{closed:#?}"
    );
}

#[test]
fn garbage_is_an_error_in_words_and_never_a_panic() {
    let answers = [
        "<html>",
        "",
        "{}",
        "[1,2]",
        r#"{"capabilities":7}"#,
        r#"{"capabilities":[{}]}"#,
    ];
    let door = Door::playing(answers.map(json_answer).to_vec());
    for garbage in answers {
        let ran = door.run(&["list"]);
        assert_eq!(ran.code, Some(76), "{garbage:?}: {ran:#?}");
        assert!(ran.stderr.contains("does not understand"), "{ran:#?}");
    }
    let door = Door::playing(vec!["not even HTTP".to_owned(), String::new()]);
    for _ in 0..2 {
        let ran = door.run(&["list"]);
        assert_eq!(ran.code, Some(69), "{ran:#?}");
        assert!(!ran.stderr.contains("panicked"), "{ran:#?}");
    }
}

#[test]
fn an_admin_file_that_is_none_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("data")).expect("a folder");
    std::fs::write(folder.path().join("data/admin.json"), "torn").expect("a file");
    let ran = run(folder.path(), &["list"]);
    assert_eq!(ran.code, Some(65), "{ran:#?}");
    assert!(ran.stderr.contains("./data/admin.json"), "{ran:#?}");
}

#[test]
fn a_broken_subscription_goes_on_where_it_broke() {
    let event = |id: u32| {
        format!(
            "id: {id}\nevent: greeting.greeted\ndata: {{\"at\":\"2026-01-02T03:04:05Z\",\"key\":null,\"trace\":null,\"body\":\"guest {id}\"}}\n\n"
        )
    };
    let gap = "event: gap\ndata: {\"from\":8,\"to\":9}\n\n";
    let door = Door::playing(vec![
        broken_stream(
            "text/event-stream",
            &format!(": keep-alive\n\n{}", event(7)),
        ),
        stream(
            "text/event-stream",
            &format!("{gap}{}{}", event(10), event(11)),
        ),
    ]);
    let ran = door.run(&[
        "subscribe",
        "greeting.greeted",
        "--since",
        "6",
        "--count",
        "2",
    ]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(
        ran.stdout,
        "2026-01-02T03:04:05Z greeting.greeted \"guest 7\"\n\
         gap: the events from 8 to 9 are no longer kept\n\
         2026-01-02T03:04:05Z greeting.greeted \"guest 10\"\n"
    );
    assert!(ran.stderr.contains("connecting again from 7"), "{ran:#?}");
    let first = door.request();
    assert!(
        first.starts_with("get /admin/v1/events/greeting/greeted"),
        "{first}"
    );
    assert!(first.contains("last-event-id: 6\r\n"), "{first}");
    assert!(door.request().contains("last-event-id: 7\r\n"));
}

#[test]
fn a_subscription_to_what_does_not_exist_ends_at_once() {
    let body = json!({"status": 404, "code": "not_found", "detail": "no event gretted", "nearest": "greeted"});
    let door = Door::playing(vec![problem("404 Not Found", &body)]);
    let ran = door.run(&["subscribe", "greeting.gretted"]);
    assert_eq!(ran.code, Some(65), "{ran:#?}");
    assert!(ran.stderr.contains("did you mean greeted?"), "{ran:#?}");
}

#[test]
fn tail_prints_a_line_for_each_record_and_tells_what_was_missed() {
    let record = |text: &str| json!({"at": "2026-01-02T03:04:05Z", "level": "warn", "target": "t", "capability": "greeting", "text": text, "fields": {}, "later": 1});
    let body = format!(
        "{}\n\n{{\"missed\":12}}\n{}\n",
        record("one\u{1b}[2J"),
        record("two")
    );
    let answers = vec![
        stream("application/x-ndjson", &body),
        stream("application/x-ndjson", &body),
    ];
    let door = Door::playing(answers);
    let ran = door.run(&["tail", "greeting", "--level", "warn", "-n", "5"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{ran:#?}");
    assert!(lines[0].contains("WARN greeting one"), "{ran:#?}");
    assert!(lines[1].contains("12 records"), "{ran:#?}");
    assert!(!ran.stdout.contains('\u{1b}'), "{ran:#?}");
    let request = door.request();
    assert!(
        request
            .starts_with("get /admin/v1/logs?lines=5&follow=true&level=warn&capability=greeting "),
        "{request}"
    );
    let ran = door.run(&["tail", "--json"]);
    let texts: Vec<serde_json::Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(texts[0]["text"], "one\u{1b}[2J");
    assert_eq!(texts[1]["missed"], 12);
}

#[test]
fn a_reader_that_goes_is_no_fault() {
    let record = json!({"at": "2026-01-02T03:04:05Z", "level": "info", "target": "t", "text": "x".repeat(1000), "fields": {}});
    let body = format!("{record}\n").repeat(2000);
    let door = Door::playing(vec![stream("application/x-ndjson", &body)]);
    let mut command = greeting(door.folder(), &["tail"]);
    command.stderr(Stdio::null());
    let mut tail = Running::begin(command);
    assert!(tail.line().contains("INFO"));
    assert_eq!(tail.close_output(), Some(0));
}

#[test]
fn a_load_test_counts_failures_by_their_kind() {
    let refused = problem(
        "409 Conflict",
        &json!({"status": 409, "code": "domain", "error": "full"}),
    );
    let door = Door::playing(vec![
        json_answer("1"),
        refused.clone(),
        json_answer("2"),
        refused,
    ]);
    let ran = door.run(&["request", "greeting.greet", "{}", "-n", "4", "--json"]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    let figures = ran.json();
    assert_eq!(figures["replied"], 2);
    assert_eq!(figures["failed"], json!({"domain": 2}));
    assert!(figures["latency_us"]["p99"].as_u64() > Some(0), "{figures}");
    assert_eq!(ran.stderr, "", "no bar without a terminal");
}

#[test]
fn an_event_that_nobody_hears_is_warned_of() {
    let door = Door::playing(vec![answer(
        "202 Accepted",
        "application/json",
        r#"{"event_id":"e-1","listeners":[]}"#,
    )]);
    let ran = door.run(&["emit", "greeting.greeted", "\"Ada\"", "--key", "a b"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(ran.stderr, "warning: nobody listens to greeting.greeted\n");
    assert!(
        door.request()
            .starts_with("post /admin/v1/emit/greeting/greeted?key=a%20b ")
    );
}

#[test]
fn levels_are_set_for_a_while_and_given_back() {
    let door = Door::playing(vec![
        json_answer(r#"{"level":"debug","previous":"info","until":"2026-01-02T03:04:05Z"}"#),
        answer("204 No Content", "application/json", ""),
    ]);
    let ran = door.run(&["log-level", "greeting", "debug", "--for", "10m"]);
    assert_eq!(
        ran.stdout, "greeting logs at debug instead of info until 2026-01-02T03:04:05Z\n",
        "{ran:#?}"
    );
    let request = door.request();
    assert!(
        request.starts_with("put /admin/v1/log-levels/greeting "),
        "{request}"
    );
    assert!(
        request.ends_with(r#"{"for_ms":600000,"level":"debug"}"#),
        "{request}"
    );
    let ran = door.run(&["log-level", "greeting", "--restore"]);
    assert_eq!(ran.stdout, "greeting logs as before\n", "{ran:#?}");
    assert!(
        door.request()
            .starts_with("delete /admin/v1/log-levels/greeting ")
    );
}

#[test]
fn dead_letters_are_replayed_one_by_one_and_dropped_only_when_it_is_meant() {
    let letters = r#"{"dead_letters":[
        {"number":3,"capability":"greeting","target":"listening","message":"greeted","attempts":8,"reason":"it panicked","at_ms":1767323045000,"body":"Ada"},
        {"number":4,"capability":"greeting","target":"listening","message":"greeted","attempts":8,"reason":"it panicked","at_ms":1767323045000,"body":"Bob"}]}"#;
    let door = Door::playing(vec![
        json_answer(letters),
        json_answer(letters),
        json_answer("{}"),
        problem("404 Not Found", &json!({"status": 404, "detail": "gone"})),
        json_answer(letters),
    ]);
    let ran = door.run(&["dlq", "list"]);
    assert!(ran.stdout.contains("2026-01-02T03:04:05.000Z"), "{ran:#?}");
    let ran = door.run(&["dlq", "replay", "--all"]);
    assert_eq!(ran.code, Some(1), "one of two is gone: {ran:#?}");
    assert_eq!(ran.stdout, "replayed 1 of 2 dead letters\n");
    let ran = door.run(&["dlq", "drop", "--all"]);
    assert_eq!(ran.code, Some(64), "{ran:#?}");
    assert!(ran.stderr.contains("--yes"), "{ran:#?}");
    let requests: Vec<String> = (0..5).map(|_| door.request()).collect();
    assert!(
        requests[2].starts_with("post /admin/v1/dead-letters/greeting/3/replay "),
        "{requests:#?}"
    );
}

#[test]
fn top_prints_one_line_of_json_for_each_look() {
    let door = Door::playing([CAPABILITIES; 3].map(json_answer).to_vec());
    let ran = door.run(&["top", "--json", "--count", "2", "--interval", "1ms"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert_eq!(ran.stdout.lines().count(), 2, "{ran:#?}");
}
