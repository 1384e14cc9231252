//! The log of all nodes at once, and how much they log, as the `skep` program shows and sets it.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use skep::Runtime;
use skep::observe::log::Logs;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout};
use tracing_subscriber::layer::SubscriberExt;

use crate::operator::{run, skep};
use crate::town::{Town, within};

/// A node with a log of its own, beside others in this process.
struct Node {
    runtime: Runtime,
    logs: Logs,
}

impl Node {
    async fn begin(town: &Town, name: &str, replica: u16) -> Self {
        let runtime = town.try_node(name, replica).await;
        let runtime = runtime.expect("the node starts");
        let settings = runtime.config().section("log").expect("settings");
        let logs = Logs::new(&settings);
        logs.attend(&runtime);
        Self { runtime, logs }
    }

    /// Logs something here.
    fn say(&self, capability: &str, text: &str) {
        let subscriber = tracing_subscriber::registry().with(self.logs.layer());
        tracing::subscriber::with_default(subscriber, || tracing::warn!(capability, "{text}"));
    }
}

/// The nodes of a town of which one crier is missing.
async fn nodes(town: &Town) -> [Node; 3] {
    [
        Node::begin(town, "tower", 1).await,
        Node::begin(town, "crier", 1).await,
        Node::begin(town, "square", 1).await,
    ]
}

async fn stop(nodes: impl IntoIterator<Item = Node>) {
    for node in nodes {
        node.runtime.stop().await;
    }
}

/// Node and text of each record, and node and `…` of whoever is silent.
fn said(stdout: &str) -> Vec<(String, String)> {
    stdout.lines().map(line).collect()
}

fn line(line: &str) -> (String, String) {
    let value: Value = serde_json::from_str(line).expect("JSON");
    let node = value["node"].as_str().expect("a node").to_owned();
    let text = match value.get("silent") {
        Some(_) => "…",
        None => value["text"].as_str().expect("a record"),
    };
    (node, text.to_owned())
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    let owned = pairs.map(|(node, text)| (node.to_owned(), text.to_owned()));
    owned.to_vec()
}

#[tokio::test]
async fn the_logs_of_all_nodes_are_one_in_the_order_of_time_with_the_names_of_the_nodes() {
    let town = Town::build();
    let all = nodes(&town).await;
    let [tower, crier, square] = &all;
    tower.say("bell", "one");
    crier.say("criers", "two");
    square.say("bell", "three");
    tower.say("ears", "four");
    let url = town.server.url();
    let tail = async |more: &[&str]| {
        let arguments = [&["tail", "--no-follow", "--json"], more].concat();
        run(&url, &arguments).await
    };
    let ran = tail(&[]).await;
    assert_eq!(ran.code, Some(1), "a crier is missing: {ran:#?}");
    let whole = [
        ("crier-2", "…"),
        ("tower", "one"),
        ("crier", "two"),
        ("square", "three"),
        ("tower", "four"),
    ];
    assert_eq!(said(&ran.stdout), pairs(whole));
    let last = tail(&["-n", "2"]).await;
    let expected = [("crier-2", "…"), ("square", "three"), ("tower", "four")];
    assert_eq!(said(&last.stdout), pairs(expected));
    let of_bell = tail(&["bell", "--node", "tower"]).await;
    assert_eq!(of_bell.code, Some(0), "{of_bell:#?}");
    assert_eq!(said(&of_bell.stdout), pairs([("tower", "one")]));
    let serious = tail(&["--level", "error", "--node", "tower"]).await;
    assert_eq!((serious.code, serious.stdout.as_str()), (Some(0), ""));
    let text = run(&url, &["tail", "--no-follow"]).await;
    assert!(
        text.stdout.contains("crier | ") && text.stdout.contains(" WARN bell three"),
        "{text:#?}"
    );
    assert!(text.stderr.contains("crier-2: "), "{text:#?}");
    stop(all).await;
}

#[tokio::test]
async fn a_node_that_nobody_has_is_told_with_those_that_there_are() {
    let town = Town::build();
    let all = nodes(&town).await;
    let url = town.server.url();
    for arguments in [
        &["tail", "--node", "towre"][..],
        &["log-level", "--node", "towre"],
    ] {
        let refused = run(&url, arguments).await;
        assert_eq!(refused.code, Some(65), "{refused:#?}");
        for words in [
            "did you mean \"tower\"?",
            "there are crier, crier-2, square, tower",
        ] {
            assert!(refused.stderr.contains(words), "{words}: {refused:#?}");
        }
    }
    stop(all).await;
}

/// The program while it follows.
struct Following {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Following {
    fn begin(url: &str, arguments: &[&str]) -> Self {
        let mut child = skep(url, arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child, lines }
    }

    async fn next(&mut self) -> (String, String) {
        let next = within(self.lines.next_line()).await.expect("it prints");
        line(&next.expect("a line"))
    }

    /// As Ctrl-C does.
    async fn interrupt(mut self) -> Option<i32> {
        let pid = self
            .child
            .id()
            .and_then(|pid| Pid::from_raw(pid.cast_signed()));
        kill_process(pid.expect("it runs"), Signal::INT).expect("it runs");
        within(self.child.wait()).await.expect("it ends").code()
    }
}

#[tokio::test]
async fn what_comes_is_followed_on_all_nodes_those_that_start_later_too_until_it_is_over() {
    let town = Town::build();
    let all = nodes(&town).await;
    let [tower, crier, square] = &all;
    tower.say("bell", "before");
    let mut following = Following::begin(&town.server.url(), &["tail", "--json", "-n", "1"]);
    assert_eq!(
        following.next().await,
        ("crier-2".to_owned(), "…".to_owned())
    );
    assert_eq!(
        following.next().await,
        ("tower".to_owned(), "before".to_owned())
    );
    for (node, name) in [(square, "square"), (tower, "tower"), (crier, "crier")] {
        node.say("bell", "now");
        assert_eq!(following.next().await, (name.to_owned(), "now".to_owned()));
    }
    let late = Node::begin(&town, "crier", 2).await;
    late.say("criers", "late");
    assert_eq!(
        following.next().await,
        ("crier-2".to_owned(), "late".to_owned())
    );
    late.say("criers", "later");
    assert_eq!(
        following.next().await,
        ("crier-2".to_owned(), "later".to_owned())
    );
    let all: Vec<Node> = all.into_iter().chain([late]).collect();
    assert!(all.iter().all(|node| node.logs.num_followers() == 1));
    assert_eq!(following.interrupt().await, Some(0));
    let over = async {
        while all.iter().any(|node| node.logs.num_followers() > 0) {
            tokio::task::yield_now().await;
        }
    };
    within(over).await;
    stop(all).await;
}

/// The level of its own that the bell has at a node.
fn level_of_bell(node: &Node) -> Option<Value> {
    let levels = node.logs.levels();
    let own = levels
        .iter()
        .find(|one| one.capability.as_deref() == Some("bell"));
    own.map(|own| serde_json::to_value(own.level).expect("a level"))
}

#[tokio::test]
async fn how_much_is_logged_is_seen_and_set_on_all_nodes_or_one() {
    let town = Town::build();
    let all = nodes(&town).await;
    let url = town.server.url();
    let levels = || all.iter().map(level_of_bell).collect::<Vec<_>>();
    let set = run(&url, &["log-level", "bell", "debug"]).await;
    assert_eq!(set.code, Some(1), "a crier is missing: {set:#?}");
    assert_eq!(levels(), vec![Some(json!("debug")); 3]);
    for words in [
        "tower: bell logs at debug instead of info",
        "crier-2: no log of it answers",
    ] {
        assert!(set.stdout.contains(words), "{words}: {set:#?}");
    }
    let one = run(
        &url,
        &["log-level", "bell", "trace", "--node", "tower", "--json"],
    )
    .await;
    assert_eq!(one.code, Some(0), "{one:#?}");
    assert_eq!(one.json()["nodes"][0]["previous"], "debug", "{one:#?}");
    assert_eq!(
        levels(),
        [
            Some(json!("trace")),
            Some(json!("debug")),
            Some(json!("debug"))
        ]
    );
    let listed = run(&url, &["log-level", "--json"]).await.json();
    let nodes = listed["nodes"].as_array().expect("nodes");
    let found = nodes
        .iter()
        .map(|one| (one["node"].clone(), one["levels"][0]["level"].clone()));
    let expected = [
        ("crier", json!("debug")),
        ("crier-2", Value::Null),
        ("square", json!("debug")),
        ("tower", json!("trace")),
    ];
    assert_eq!(
        found.collect::<Vec<_>>(),
        expected.map(|(node, level)| (json!(node), level))
    );
    let restored = run(&url, &["log-level", "bell", "--restore"]).await;
    assert!(
        restored
            .stdout
            .contains("tower: bell logs at info, as before"),
        "{restored:#?}"
    );
    assert_eq!(levels(), vec![None; 3]);
    let unknown = run(&url, &["log-level", "bel", "debug"]).await;
    assert_eq!(unknown.code, Some(65), "{unknown:#?}");
    stop(all).await;
}
