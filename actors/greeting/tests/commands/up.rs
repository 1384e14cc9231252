//! The greeting split in two by a file alone: brought up, looked at, scaled, drained, and taken down again – with real processes
//! and a real nats-server.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::program::{Running, greeting, run};

/// Ends a test that hangs.
const HANGS: Duration = Duration::from_secs(120);

const UP: &[&str] = &["up", "-c", "split.toml"];

/// A folder with a file that splits the greeting; a port of this machine that was free a moment ago is the server's.
fn split() -> TempDir {
    let folder = tempdir().expect("a folder");
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = free.expect("a free port").port();
    let text = format!(
        "nats.servers = [\"nats://127.0.0.1:{port}\"]\n\
         gateway = {{ listen = \"127.0.0.1:0\", expose = [\"*\"] }}\n\
         runtime.arbiters = 1\n\
         [nodes.front]\nhosts = [\"*\"]\n\
         [nodes.ears]\nhosts = [\"listening\"]\n"
    );
    fs::write(folder.path().join("split.toml"), text).expect("a file");
    folder
}

/// `up`, with all nodes ready.
struct Up {
    running: Running,
    folder: TempDir,
    /// Dropped, nobody ends the process any more because it hangs.
    _patience: mpsc::SyncSender<()>,
}

/// Ends a process that hangs, and with it the test that reads what it prints.
fn patience(process: Pid) -> mpsc::SyncSender<()> {
    let (sender, receiver) = mpsc::sync_channel(0);
    std::thread::spawn(move || {
        if receiver.recv_timeout(HANGS) == Err(mpsc::RecvTimeoutError::Timeout) {
            let _ = kill_process(process, Signal::KILL);
        }
    });
    sender
}

impl Up {
    fn ready() -> Self {
        let folder = split();
        let mut command = greeting(folder.path(), UP);
        command.stderr(Stdio::null());
        let running = Running::begin(command);
        let mut up = Self {
            _patience: patience(running.pid()),
            running,
            folder,
        };
        up.read_until("greeting is up");
        up
    }

    /// Reads what it prints up to the line that says so.
    fn read_until(&mut self, word: &str) -> String {
        loop {
            let line = self.running.line();
            assert!(!line.is_empty(), "it ended before it said {word:?}");
            if line.contains(word) {
                return line;
            }
        }
    }

    fn run(&self, arguments: &[&str]) -> crate::program::Ran {
        run(
            self.folder.path(),
            &[arguments, &["-c", "split.toml"]].concat(),
        )
    }

    /// The processes, as `ps` lists them.
    fn processes(&self) -> Vec<Value> {
        let listed = self.run(&["ps", "--json"]).json();
        listed.as_array().expect("a list").clone()
    }

    fn pids(&self) -> Vec<Pid> {
        let pid = |one: &Value| i32::try_from(one["pid"].as_i64().expect("a pid")).ok();
        let processes = self.processes();
        processes
            .iter()
            .filter_map(pid)
            .filter_map(Pid::from_raw)
            .collect()
    }
}

/// Waits until none of the processes is there any more.
fn gone(pids: &[Pid]) {
    for pid in pids {
        while test_kill_process(*pid).is_ok() {
            std::thread::yield_now();
        }
    }
}

fn names(processes: &[Value]) -> Vec<String> {
    let name = |one: &Value| {
        format!(
            "{} {}",
            one["node"].as_str().unwrap_or("?"),
            one["state"].as_str().unwrap_or("?")
        )
    };
    processes.iter().map(name).collect()
}

#[test]
fn all_nodes_and_a_server_come_up_work_together_and_go_down_in_order() {
    let mut up = Up::ready();
    assert_eq!(
        names(&up.processes()),
        ["ears ready", "front ready", "nats ready"]
    );
    let asked = run(
        up.folder.path(),
        &[
            "request",
            "greeting.greet",
            "\"Ada\"",
            "--data",
            "data/front",
        ],
    );
    assert_eq!(
        (asked.code, asked.stdout.trim()),
        (Some(0), "\"Hi, Ada!\""),
        "{asked:#?}"
    );
    let heard = up.read_until("was greeted");
    assert_eq!(heard, "ears  | Ada was greeted\n");
    let pids = up.pids();
    let file = up.folder.path().join("data/up.json");
    assert!(file.exists());
    assert_eq!(up.running.interrupt(), Some(0));
    assert!(!file.exists());
    gone(&pids);
}

#[test]
fn a_node_that_is_killed_comes_back() {
    let mut up = Up::ready();
    let pid = |up: &Up| up.processes()[0]["pid"].as_i64().expect("a pid");
    let before = pid(&up);
    let killed = Pid::from_raw(i32::try_from(before).expect("a pid")).expect("a pid");
    kill_process(killed, Signal::KILL).expect("it runs");
    up.read_until("ears  | greeting is ready");
    assert_ne!(pid(&up), before);
    assert_eq!(up.processes()[0]["restarts"], 1);
    assert_eq!(up.running.interrupt(), Some(0));
}

#[test]
fn when_up_is_killed_nothing_of_it_is_left() {
    let mut up = Up::ready();
    let pids = up.pids();
    assert_eq!(pids.len(), 3);
    up.running.kill();
    gone(&pids);
    let listed = up.run(&["ps"]);
    assert_eq!(listed.code, Some(69), "{listed:#?}");
    assert!(listed.stderr.contains("left"), "{listed:#?}");
}

/// The process that started this one.
#[cfg(target_os = "linux")]
fn parent(process: Pid) -> Pid {
    let path = format!("/proc/{}/status", process.as_raw_nonzero());
    let status = fs::read_to_string(path).expect("it runs");
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    let number = parent.and_then(|number| number.trim().parse().ok());
    Pid::from_raw(number.expect("a number")).expect("a process")
}

#[cfg(target_os = "linux")]
#[test]
fn a_nats_server_whose_guard_is_killed_ends_with_it_and_comes_back() {
    let mut up = Up::ready();
    let server = *up.pids().last().expect("the server is the last");
    kill_process(parent(server), Signal::KILL).expect("it runs");
    gone(&[server]);
    up.read_until("nats  | nats-server answers at");
    let asked = up.run(&["request", "greeting.greet", "\"Ada\""]);
    assert_eq!(asked.code, Some(0), "{asked:#?}");
    let pids = up.pids();
    assert_eq!(up.running.interrupt(), Some(0));
    gone(&pids);
}

#[test]
fn a_node_is_drained_and_brought_back_and_what_must_be_one_is_not_scaled() {
    let up = Up::ready();
    let drained = up.run(&["drain", "ears"]);
    assert_eq!(drained.code, Some(0), "{drained:#?}");
    assert_eq!(names(&up.processes())[0], "ears drained");
    let back = up.run(&["drain", "ears", "--undo"]);
    assert_eq!(back.code, Some(0), "{back:#?}");
    assert_eq!(names(&up.processes())[0], "ears ready");
    let refused = up.run(&["scale", "listening", "2"]);
    assert_eq!(refused.code, Some(65), "{refused:#?}");
    assert!(refused.stderr.contains("singleton"), "{refused:#?}");
    let second = up.run(&["up"]);
    assert_eq!(second.code, Some(75), "{second:#?}");
    assert_eq!(up.running.interrupt(), Some(0));
}

#[test]
fn a_node_that_cannot_accept_its_configuration_takes_all_down_and_says_why() {
    let folder = split();
    let refused = run(
        folder.path(),
        &[UP, &["--set", "gateway.listen=nowhere"]].concat(),
    );
    assert_eq!(refused.code, Some(78), "{refused:#?}");
    assert!(refused.stderr.contains("front | error:"), "{refused:#?}");
    assert!(refused.stderr.contains("front cannot run"), "{refused:#?}");
}

#[test]
fn without_nodes_there_is_nothing_to_bring_up_and_nobody_to_look_at() {
    let folder = tempdir().expect("a folder");
    let refused = run(folder.path(), &["up"]);
    assert_eq!(refused.code, Some(78), "{refused:#?}");
    assert!(refused.stderr.contains("[nodes.front]"), "{refused:#?}");
    for arguments in [
        &["ps"][..],
        &["scale", "greeting", "2"],
        &["drain", "front"],
    ] {
        let alone = run(folder.path(), arguments);
        assert_eq!(alone.code, Some(69), "{alone:#?}");
        assert!(alone.stderr.contains("greeting up"), "{alone:#?}");
    }
}

#[test]
fn a_plan_tells_what_a_file_will_change_and_starts_nothing() {
    let folder = split();
    let told = run(folder.path(), &["plan", "-c", "split.toml"]);
    assert_eq!(told.code, Some(0), "{told:#?}");
    assert!(told.stdout.contains("NATS: front -> ears"), "{told:#?}");
    assert!(
        told.stdout.contains("1 of 1 edges leave their process"),
        "{told:#?}"
    );
    let plan = run(folder.path(), &["plan", "-c", "split.toml", "--json"]).json();
    assert_eq!(plan["edges"][0]["is_remote"], true);
    let whole = run(folder.path(), &["plan"]);
    assert!(
        whole.stdout.contains("One process hosts everything"),
        "{whole:#?}"
    );
    assert!(!Path::new(&folder.path().join("data")).exists());
}

#[test]
fn a_process_whose_starter_has_gone_finishes_and_ends() {
    let folder = tempdir().expect("a folder");
    let mut command = greeting(folder.path(), &["--set", "gateway.listen=127.0.0.1:0"]);
    command
        .env("SKEP_READY_FILE", "ready")
        .stdin(Stdio::piped())
        .stderr(Stdio::null());
    let mut running = Running::begin(command);
    assert!(running.line().starts_with("greeting is ready"));
    running.close_input();
    assert_eq!(running.end(), Some(0));
    let said = fs::read_to_string(folder.path().join("ready")).expect("what it said");
    let said: Value = serde_json::from_str(&said).expect("JSON");
    assert!(
        said["api"]
            .as_str()
            .is_some_and(|api| api.starts_with("http://")),
        "{said}"
    );
}

#[test]
fn commands_find_a_capability_in_whatever_node_it_runs() {
    let up = Up::ready();
    let listed = up.run(&["list", "--json"]);
    assert_eq!(listed.code, Some(0), "{listed:#?}");
    let capabilities = listed.json()["capabilities"].clone();
    let place = |name: &str| {
        let mut all = capabilities.as_array().expect("a list").iter();
        let found = all.find(|one| one["name"] == name).expect("it is listed");
        found["hosts"][0]["node"].clone()
    };
    assert_eq!(
        (place("greeting"), place("listening")),
        ("front".into(), "ears".into())
    );
    let asked = up.run(&["request", "greeting.greet", "\"Ada\""]);
    assert_eq!(
        (asked.code, asked.stdout.trim()),
        (Some(0), "\"Hi, Ada!\""),
        "{asked:#?}"
    );
}
