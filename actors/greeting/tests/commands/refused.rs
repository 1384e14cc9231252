//! Bad input and bad circumstances, each with the words that a person reads and the number that a script reads.

use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use tempfile::tempdir;

use super::program::{Ran, Running, greeting, run};

/// A run that has to end like this, with these words on the standard error stream and nothing beside them.
fn told(folder: &Path, arguments: &[&str], code: i32, words: &[&str]) -> Ran {
    let ran = run(folder, arguments);
    assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:#?}");
    assert_eq!(ran.stdout, "", "{arguments:?}: {ran:#?}");
    for words in words {
        assert!(ran.stderr.contains(words), "{words:?} in {ran:#?}");
    }
    ran
}

fn request(folder: &Path, body: &str, code: i32, words: &[&str]) {
    told(folder, &["request", "greeting.greet", body], code, words);
}

#[test]
fn a_body_that_does_not_fit_is_told_where_and_why() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let _process = Running::ready(folder);
    request(folder, "\"Ada", 65, &["gives no JSON", "line 1 column 4"]);
    request(folder, "[\"Ada\"]", 65, &["not of type \"string\""]);
    request(folder, "@none.json", 66, &["none.json cannot be read"]);
    request(folder, "", 65, &["it is empty"]);
    let large = format!("\"{}\"", "a".repeat(2 << 20));
    std::fs::write(folder.join("large.json"), large).expect("a file");
    request(folder, "@large.json", 65, &["message_size", "1024000"]);
}

#[test]
fn a_name_that_does_not_exist_is_told_with_the_one_that_was_meant() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let _process = Running::ready(folder);
    let capability = "did you mean \"greeting\"?";
    for command in [
        &["request", "greting.greet", "\"Ada\""][..],
        &["emit", "greting.greeted", "\"Ada\""],
        &["subscribe", "greting"],
        &["tail", "greting", "--no-follow"],
        &["log-level", "greting", "debug"],
        &["timers", "greting"],
        &["dlq", "list", "greting"],
    ] {
        told(folder, command, 65, &[capability]);
    }
    let event = "did you mean \"greeted\"?";
    told(
        folder,
        &["emit", "greeting.gretted", "\"Ada\""],
        65,
        &[event],
    );
    told(folder, &["subscribe", "greeting.gretted"], 65, &[event]);
    told(folder, &["lst"], 64, &["'list'"]);
    told(folder, &["tail", "--levl", "info"], 64, &["--level"]);
    told(
        folder,
        &["--set", "gateway.lisen=x"],
        78,
        &["did you mean `listen`?"],
    );
    let unknown = "gateway.expose=[\"greting\"]";
    told(folder, &["--set", unknown], 78, &[capability]);
}

#[test]
fn values_that_cannot_be_are_refused_before_anything_is_sent() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let _process = Running::ready(folder);
    let greet = |option: &'static str, value: &'static str| {
        ["request", "greeting.greet", "\"Ada\"", option, value]
    };
    told(folder, &greet("--deadline", "soon"), 64, &["250ms"]);
    told(folder, &greet("--deadline", "48h"), 65, &["24h"]);
    told(folder, &greet("--key", "lisbon"), 65, &["has no keys"]);
    told(folder, &greet("-n", "0"), 64, &["1..="]);
    told(folder, &greet("-C", "8"), 64, &["--number"]);
    told(
        folder,
        &["subscribe", "greeting", "--since", "soon"],
        65,
        &["no position"],
    );
    told(folder, &["trace", "zz"], 65, &["no trace"]);
    told(folder, &["log-level", "greeting", "loud"], 64, &["debug"]);
    told(folder, &["store", "info"], 66, &["nothing here is durable"]);
}

#[test]
fn a_port_in_use_is_told_with_the_way_out() {
    let folder = tempdir().expect("a folder");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("its address");
    let setting = format!("gateway.listen={address}");
    let out = "`--set gateway.listen=127.0.0.1:0` takes any free one";
    told(
        folder.path(),
        &["--set", &setting],
        75,
        &["another process listens on", &address.to_string(), out],
    );
    let nowhere = "gateway.listen=nowhere";
    told(folder.path(), &["--set", nowhere], 78, &["127.0.0.1:4080"]);
}

#[test]
fn whoever_does_not_say_a_port_gets_the_next_that_is_free() {
    let (one, other) = (tempdir().expect("a folder"), tempdir().expect("a folder"));
    let url = |folder: &Path| {
        let mut command = greeting(folder, &[]);
        command.stderr(Stdio::null());
        let mut process = Running::begin(command);
        let line = process.line();
        let url = line.split_whitespace().find(|word| word.contains("://"));
        (url.expect("an API").to_owned(), process)
    };
    let (first, _first) = url(one.path());
    let (second, _second) = url(other.path());
    assert_ne!(first, second);
}

#[test]
fn a_token_that_was_changed_opens_nothing_and_is_not_shown() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let _process = Running::ready(folder);
    let path = folder.join("data/admin.json");
    let text = std::fs::read_to_string(&path).expect("the admin file");
    let mut notice: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    notice["token"] = "0123".repeat(16).into();
    std::fs::write(&path, notice.to_string()).expect("a file");
    for command in [
        &["list"][..],
        &["request", "greeting.greet", "\"Ada\""],
        &["request", "greeting.greet", "\"Ada\"", "-n", "3"],
        &["tail"],
        &["subscribe", "greeting"],
        &["store", "info"],
    ] {
        let ran = told(
            folder,
            command,
            77,
            &["does not take the token of ./data/admin.json"],
        );
        assert!(!ran.stderr.contains("0123"), "{ran:#?}");
    }
}

#[test]
fn a_process_that_has_stopped_is_told_to_be_gone() {
    let folder = tempdir().expect("a folder");
    let process = Running::ready(folder.path());
    assert_eq!(process.interrupt(), Some(0));
    let greet = ["request", "greeting.greet", "\"Ada\""];
    let ran = told(
        folder.path(),
        &greet,
        69,
        &["is not running here", "`greeting run`"],
    );
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:#?}");
}

#[test]
fn a_pipe_is_given_neither_colours_nor_bars() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let _process = Running::ready(folder);
    let load = [
        "request",
        "greeting.greet",
        "\"Ada\"",
        "-n",
        "200",
        "-C",
        "4",
    ];
    for command in [
        &load[..],
        &["--help"],
        &["doctor"],
        &["list"],
        &["tail", "--no-follow"],
        &["top", "--once", "--interval", "1ms"],
        &["request", "greeting.greet", "\"Ada\""],
    ] {
        let ran = run(folder, command);
        assert_eq!(
            (ran.code, ran.stderr.as_str()),
            (Some(0), ""),
            "{command:?}"
        );
        assert!(!ran.stdout.contains('\u{1b}'), "{ran:#?}");
    }
}

#[test]
fn whoever_reads_no_further_is_no_fault() {
    let folder = tempdir().expect("a folder");
    let _process = Running::ready(folder.path());
    for arguments in [
        &["inspect"][..],
        &["config"],
        &["completions", "bash"],
        &["man"],
        &["explain"],
    ] {
        let mut command = greeting(folder.path(), arguments);
        command.stderr(Stdio::piped());
        let mut child = Running::begin(command);
        let mut stderr = child.stderr();
        assert_ne!(child.line(), "", "{arguments:?}");
        assert_eq!(child.close_output(), Some(0), "{arguments:?}");
        let mut said = String::new();
        stderr.read_to_string(&mut said).expect("text");
        assert_eq!(said, "", "{arguments:?}");
    }
}

#[test]
fn what_goes_on_ends_at_once_when_it_is_interrupted() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let _process = Running::ready(folder);
    let greet = run(folder, &["request", "greeting.greet", "\"Ada\""]);
    assert_eq!(greet.code, Some(0), "{greet:#?}");
    let first = |arguments: &[&str]| {
        let mut child = Running::begin(greeting(folder, arguments));
        assert_ne!(child.line(), "", "{arguments:?}");
        child
    };
    // As every program that a terminal interrupts: no exit code of its own.
    let subscribed = first(&["subscribe", "greeting", "--since", "0"]);
    assert_eq!(subscribed.interrupt(), None);
}

#[test]
fn a_load_test_that_is_interrupted_tells_what_it_has_seen() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let mut process = Running::ready(folder);
    let endless = [
        "request",
        "greeting.greet",
        "\"Ada\"",
        "-n",
        "1000000000",
        "--json",
    ];
    let load = Running::begin(greeting(folder, &endless));
    assert_eq!(process.line(), "Ada was greeted\n");
    let (code, output) = load.interrupt_and_read();
    assert_eq!(code, Some(130));
    let figures: serde_json::Value = serde_json::from_str(&output).expect("figures");
    assert_eq!(figures["requests"], figures["replied"], "{figures}");
}
