//! The `skep` program against an application that it knows nothing of.

use std::process::Stdio;

use serde_json::{Value, json};
use skep::Runtime;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::town::{Bell, Ring, Town, within};

/// What a run printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

pub(crate) fn skep(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skep"));
    command.args(["--nats", url]).args(arguments);
    command.env_remove("SKEP_NATS").stdin(Stdio::null());
    command.kill_on_drop(true);
    command
}

pub(crate) async fn run(url: &str, arguments: &[&str]) -> Ran {
    let output = within(skep(url, arguments).output()).await;
    let output = output.expect("it runs");
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A town of which one crier is missing.
async fn town() -> (Town, [Runtime; 3]) {
    let town = Town::build();
    let nodes = [
        town.node("tower").await,
        town.node("crier").await,
        town.node("square").await,
    ];
    (town, nodes)
}

async fn stop(nodes: [Runtime; 3]) {
    for node in nodes {
        node.stop().await;
    }
}

#[tokio::test]
async fn who_runs_where_is_listed_and_what_is_missing_is_told() {
    let (town, nodes) = town().await;
    let url = town.server.url();
    let ran = run(&url, &["list", "--json"]).await;
    assert_eq!(ran.code, Some(1), "a crier is missing: {ran:#?}");
    let listed = ran.json();
    assert_eq!(listed["missing"], json!(["crier-2"]));
    let hosts = |one: &Value| {
        let hosts = one["hosts"].as_array().expect("hosts").clone();
        let nodes = hosts
            .iter()
            .map(|host| host["node"].as_str().expect("a node").to_owned());
        (
            one["name"].as_str().expect("a name").to_owned(),
            nodes.collect::<Vec<_>>(),
        )
    };
    let capabilities = listed["capabilities"].as_array().expect("capabilities");
    let mut hosts: Vec<_> = capabilities.iter().map(hosts).collect();
    hosts.sort();
    let expected = [("bell", "tower"), ("criers", "crier"), ("ears", "tower")];
    let expected = expected.map(|(name, node)| (name.to_owned(), vec![node.to_owned()]));
    assert_eq!(hosts, expected);
    let text = run(&url, &["list"]).await.stdout;
    assert!(
        text.contains("bell v1") && text.contains("crier-2 does not answer"),
        "{text}"
    );
    assert!(text.lines().any(|line| line.contains("square")), "{text}");
    stop(nodes).await;
}

#[tokio::test]
async fn contracts_are_told_calls_are_answered_and_mistakes_are_explained() {
    let (town, nodes) = town().await;
    let url = town.server.url();
    let told = run(&url, &["inspect", "bell"]).await;
    assert!(
        told.stdout.contains("Strike the bell so often."),
        "{told:#?}"
    );
    let asked = run(&url, &["request", "bell.ring", r#"{"strokes": 2}"#]).await;
    assert_eq!(
        (asked.code, asked.stdout.trim()),
        (Some(0), "2"),
        "{asked:#?}"
    );
    let misfit = run(&url, &["request", "bell.ring", r#"{"strokes": "two"}"#]).await;
    assert_eq!(misfit.code, Some(65), "{misfit:#?}");
    assert!(misfit.stderr.contains("/strokes"), "{misfit:#?}");
    let typo = run(&url, &["request", "bell.rign", "{}"]).await;
    assert!(
        typo.code == Some(65) && typo.stderr.contains("ring"),
        "{typo:#?}"
    );
    let emitted = run(&url, &["emit", "bell.rang", r#"{"stroke": 3}"#, "--json"]).await;
    assert_eq!(emitted.json()["listeners"], json!(["ears"]), "{emitted:#?}");
    let timers = run(&url, &["timers", "--json"]).await;
    assert_eq!(timers.json()["timers"], json!([]), "{timers:#?}");
    stop(nodes).await;
}

#[tokio::test]
async fn events_are_followed_from_where_one_left_off() {
    let (town, nodes) = town().await;
    let [tower, ..] = &nodes;
    let ring = tower.get::<Bell>().ask(Ring { strokes: 2 }).await;
    ring.expect("the tower answers");
    let mut command = skep(
        &town.server.url(),
        &["subscribe", "bell", "--since", "0", "--json"],
    );
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    for stroke in 1..=3 {
        let line = within(lines.next_line())
            .await
            .expect("it prints")
            .expect("an event");
        let event: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(event["body"]["stroke"], stroke, "{event}");
        if stroke == 2 {
            let ring = tower.get::<Bell>().ask(Ring { strokes: 1 }).await;
            ring.expect("the tower answers");
        }
    }
    child.kill().await.expect("it ran");
    stop(nodes).await;
}

#[tokio::test]
async fn an_operator_who_looks_in_the_wrong_place_is_told_what_is_there() {
    let (town, nodes) = town().await;
    let url = town.server.url();
    let wrong = run(&url, &["--namespace", "village", "list"]).await;
    assert_eq!(wrong.code, Some(69), "{wrong:#?}");
    assert!(
        wrong.stderr.contains("village") && wrong.stderr.contains("there are town"),
        "{wrong:#?}"
    );
    stop(nodes).await;
    let nobody = run(&url, &["list"]).await;
    assert!(
        nobody.code == Some(69) && nobody.stderr.contains("nobody is there"),
        "{nobody:#?}"
    );
    let refused = run("nats://127.0.0.1:1", &["list"]).await;
    assert!(
        refused.code == Some(69) && refused.stderr.contains("no nats-server answers"),
        "{refused:#?}"
    );
}
