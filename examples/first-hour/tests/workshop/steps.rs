//! The steps of the workshop, each as it is typed.

use serde_json::json;

use super::program::Workshop;

/// Greets by name through the API, as `curl` does; the trace that the answer names.
fn greet(workshop: &Workshop, name: &str) -> String {
    let answer = workshop
        .web
        .post("/v1/greeting/greet", &json!({ "name": name }));
    assert_eq!(answer.json(), json!(format!("Hi, {name}!")));
    answer.header("x-trace-id").expect("a trace").to_owned()
}

#[test]
fn what_runs_is_listed_and_says_what_it_is() {
    let workshop = Workshop::ready();

    let listed = workshop.run(&["list"]);
    for capability in ["greeting v1", "listening v1", "counting v1"] {
        assert!(listed.contains(capability), "{listed}");
    }

    let told = workshop.run(&["inspect", "greeting"]);
    for words in [
        "greet  Greets somebody.",
        "name: string  Who is greeted.",
        "replies string",
        "greeted  Somebody was greeted.",
        "heard by listening, counting",
    ] {
        assert!(told.contains(words), "{words:?} in {told}");
    }
}

#[test]
fn a_request_is_answered_and_both_listeners_hear_of_it() {
    let workshop = Workshop::ready();
    let mut log = workshop.follow(&["tail"]);

    let reply = workshop.run(&["request", "greeting.greet", r#"{"name":"Flynne"}"#]);

    assert_eq!(reply, "\"Hi, Flynne!\"\n");
    log.lines_until("saying hi to Flynne");
    let heard = [log.line(), log.line()].join("\n");
    assert!(
        heard.contains("listening somebody greeted Flynne"),
        "{heard}"
    );
    assert!(heard.contains("counting counted Flynne"), "{heard}");
    // This is how it ends: no failure.
    assert_eq!(log.interrupt(), Some(0));
}

#[test]
fn one_trace_goes_from_the_web_through_the_greeting_to_both_listeners() {
    let workshop = Workshop::ready();
    let mut log = workshop.follow(&["tail", "greeting", "listening", "counting", "--json"]);

    let trace = greet(&workshop, "Flynne");

    let records = [log.line(), log.line(), log.line()];
    let records = records.map(|line| serde_json::from_str(&line).expect("a record"));
    let mut told = records.map(|record: serde_json::Value| {
        assert_eq!(record["trace"], trace.as_str(), "{record}");
        record["capability"].as_str().expect("whose").to_owned()
    });
    told.sort();
    assert_eq!(told, ["counting", "greeting", "listening"]);

    let tree = workshop.run(&["trace", &trace]);
    let steps: Vec<&str> = tree.lines().skip(2).collect();
    let at = |step: &str| {
        let line = steps.iter().find_map(|line| line.find(step));
        line.unwrap_or_else(|| panic!("{step:?} in {tree}"))
    };
    let depths = [
        at("http greeting.greet"),
        at("call greeting.greet"),
        at("event listening.greeted"),
        at("event counting.greeted"),
    ];
    assert_eq!(depths.map(|depth| (depth - depths[0]) / 2), [0, 1, 2, 2]);
}

#[test]
fn whoever_subscribes_sees_the_events_and_goes_on_where_he_left_off() {
    let workshop = Workshop::ready();
    for name in ["Flynne", "Burton", "Netherton"] {
        greet(&workshop, name);
    }

    let from_the_oldest = ["subscribe", "greeting.greeted", "--since", "0", "--json"];
    let mut events = workshop.follow(&from_the_oldest);
    let events = [(); 3].map(|()| events.line());
    let events = events.map(|line| serde_json::from_str(&line).expect("an event"));
    let names = events
        .each_ref()
        .map(|event: &serde_json::Value| &event["body"]["name"]);
    assert_eq!(names, ["Flynne", "Burton", "Netherton"]);

    let id = events[1]["id"].as_str().expect("an id");
    let resumed = workshop.run(&["subscribe", "greeting", "--since", id, "--count", "1"]);
    assert!(
        resumed.contains(r#"greeting.greeted {"name":"Netherton"}"#),
        "{resumed}"
    );
}

#[test]
fn an_event_from_outside_reaches_the_listeners() {
    let workshop = Workshop::ready();
    let mut log = workshop.follow(&["tail", "counting"]);

    let told = workshop.run(&["emit", "greeting.greeted", r#"{"name":"Wilf"}"#]);

    assert!(told.ends_with("to listening, counting\n"), "{told}");
    log.lines_until("counted Wilf number=1");
    assert_eq!(workshop.run(&["request", "counting.count"]), "1\n");
}

#[test]
fn a_capability_logs_less_for_a_while_and_then_exactly_as_before() {
    let workshop = Workshop::ready();
    let before = workshop.json(&["log-level", "--json"]);
    workshop.run(&["log-level", "greeting", "error", "--for", "10m"]);
    assert!(workshop.run(&["log-level"]).contains("greeting    error"));

    greet(&workshop, "Nobody");
    workshop.run(&["log-level", "greeting", "--restore"]);
    greet(&workshop, "Everybody");

    assert_eq!(workshop.json(&["log-level", "--json"]), before);
    let log = workshop.run(&["tail", "greeting", "--no-follow"]);
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("saying hi to Everybody"), "{log}");
}

#[test]
fn at_the_level_trace_a_capability_logs_every_turn() {
    let workshop = Workshop::ready();
    greet(&workshop, "Nobody");
    workshop.run(&["log-level", "greeting", "trace"]);
    greet(&workshop, "Everybody");

    let log = workshop.run(&["tail", "--no-follow", "--level", "trace"]);
    let turns: Vec<_> = log
        .lines()
        .filter(|line| line.contains("was handled"))
        .collect();
    assert_eq!(turns.len(), 1, "{log}");
    assert!(
        turns[0].contains("TRACE greeting greet was handled"),
        "{log}"
    );
}

#[test]
fn top_shows_what_each_capability_is_doing() {
    let workshop = Workshop::ready();
    greet(&workshop, "Flynne");

    let seen = workshop.json(&["top", "--once", "--json", "--interval", "1ms"]);

    let names = seen["capabilities"].as_array().expect("rows");
    let names: Vec<_> = names.iter().map(|row| &row["capability"]).collect();
    assert_eq!(names, ["greeting", "listening", "counting"]);
    assert!(seen["capabilities"][0]["p50_us"].is_number(), "{seen}");
}

#[test]
fn it_ends_well_when_it_is_interrupted() {
    let workshop = Workshop::ready();
    greet(&workshop, "Flynne");
    assert_eq!(workshop.process.interrupt(), Some(0));
}
