//! The hotel's own process: its command line, what that answers to bad input, and a guest who comes in through its API.

#![allow(
    clippy::panic,
    reason = "a test whose helper finds something else than it expects has failed"
)]

mod arrange;
mod guest;
#[path = "../process/mod.rs"]
mod process;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use process::{Ran, hotel, run, sample};
use tempfile::tempdir;

/// Runs the hotel where `prepare` has put something, and expects this exit code and these words.
fn refused(prepare: impl FnOnce(&Path), arguments: &[&str], code: i32, words: &[&str]) -> Ran {
    let folder = tempdir().expect("a folder");
    prepare(folder.path());
    let ran = run(folder.path(), arguments);
    assert_eq!(ran.code, Some(code), "{ran:#?}");
    for words in words {
        assert!(ran.stderr.contains(words), "{words:?} in {ran:#?}");
    }
    ran
}

fn file(content: &'static [u8]) -> impl FnOnce(&Path) {
    move |folder| fs::write(folder.join("b.csv"), content).expect("a file can be written")
}

/// Starts the hotel and waits until it is ready.
fn started(folder: &Path) -> (Child, Vec<String>) {
    let mut child = hotel(folder, &[])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the hotel starts");
    let stdout = child.stdout.as_mut().expect("its output is piped");
    let mut lines = Vec::new();
    for line in BufReader::new(stdout).lines() {
        lines.push(line.expect("it prints text"));
        if lines.last().is_some_and(|line| line.contains("is ready")) {
            break;
        }
    }
    (child, lines)
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    let interrupted = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupted.expect("kill can be run").success());
}

#[test]
fn doors_that_cannot_be_opened_are_told_before_anything_is_made_up() {
    let folder = tempdir().expect("a folder");
    let ran = run(folder.path(), &["--set", "gateway.expose=[\"serch\"]"]);
    assert_eq!(ran.code, Some(78), "{ran:#?}");
    assert!(ran.stderr.contains("did you mean \"search\"?"), "{ran:#?}");
    assert!(!ran.stdout.contains("first run"), "{ran:#?}");
    assert!(!folder.path().join("data/mails").exists(), "{ran:#?}");
}

#[test]
fn a_file_that_is_missing_is_told_with_the_one_that_was_meant() {
    let ran = refused(
        |folder| sample(folder, 1),
        &["replay", "booking.csv"],
        66,
        &["no file booking.csv", "did you mean bookings.csv?"],
    );
    assert!(ran.stdout.is_empty());
    refused(|_| (), &["replay", "."], 66, &["is a folder"]);
}

#[test]
fn a_file_that_holds_no_bookings_is_refused() {
    let replay = ["replay", "b.csv"];
    refused(file(b""), &replay, 65, &["b.csv is empty"]);
    refused(
        file(b"hotel,adr\nCity Hotel,1\n"),
        &replay,
        65,
        &["columns are missing", "lead_time"],
    );
    refused(
        file(b"hotel;adr\nCity Hotel;1\n"),
        &replay,
        65,
        &["separated by `;`"],
    );
    refused(file(b"hotel,adr\nH\xf4tel,1\n"), &replay, 65, &["b.csv"]);
    refused(file(b"\x00\x01\x02\xff\xfe"), &replay, 65, &["b.csv"]);
}

#[test]
fn a_refused_file_leaves_no_store_behind() {
    let folder = tempdir().expect("a folder");
    run(folder.path(), &["replay", "missing.csv"]);
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn bad_rows_are_told_by_line_and_kept_and_the_others_are_replayed() {
    let folder = tempdir().expect("a folder");
    sample(folder.path(), 3);
    let path = folder.path().join("bookings.csv");
    let text = fs::read_to_string(&path).expect("the sample");
    let mut lines: Vec<&str> = text.lines().collect();
    let broken = lines[2].replacen(",2016,", ",next year,", 1);
    lines[2] = &broken;
    fs::write(&path, lines.join("\n")).expect("a file can be written");
    let ran = run(
        folder.path(),
        &["replay", "bookings.csv", "--verify", "--json"],
    );
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(ran.stderr.contains("line 3: "), "{ran:#?}");
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("a report in JSON");
    assert_eq!(report["summary"]["bookings"], 2);
    assert_eq!(report["summary"]["rejected"], 1);
    let rejects = fs::read_to_string(folder.path().join("bookings.csv.rejects.csv"));
    assert!(rejects.expect("a file of rejects").contains("next year"));
}

#[test]
fn a_file_of_nothing_but_bad_rows_is_refused() {
    let bad = |folder: &Path| {
        sample(folder, 1);
        let path = folder.join("bookings.csv");
        let text = fs::read_to_string(&path).expect("the sample");
        fs::write(&path, text.replace(",2016,", ",never,")).expect("a file can be written");
    };
    refused(
        bad,
        &["replay", "bookings.csv"],
        65,
        &["line 2: ", "no row of the file is a booking"],
    );
}

#[test]
fn wrong_configuration_is_told_with_its_place() {
    refused(
        |_| (),
        &["--set", "store.pth=x"],
        78,
        &["store.pth", "path"],
    );
    refused(
        |_| (),
        &["--set", "defaults.mailbox=many"],
        78,
        &["defaults.mailbox"],
    );
    refused(
        |_| (),
        &[
            "--set",
            "capabilities.payments.settings.bank.declines_percent=101",
        ],
        78,
        &["declines_percent"],
    );
    refused(|_| (), &["-c", "none.toml"], 78, &["none.toml"]);
    refused(|_| (), &["replay"], 64, &["BOOKINGS.csv"]);
    refused(
        |folder| sample(folder, 1),
        &["replay", "bookings.csv", "--until", "soon"],
        64,
        &["2016-08-31"],
    );
}

#[test]
fn the_log_is_for_people_or_machines_as_configured() {
    let logged = |format: &str| {
        let folder = tempdir().expect("a folder");
        sample(folder.path(), 1);
        let setting = format!("log.format={format}");
        let mut command = hotel(
            folder.path(),
            &["replay", "bookings.csv", "--set", &setting],
        );
        // Something that is surely logged: it cannot be read.
        let output = command.env("RUST_LOG", "=,=!").output();
        let ran = Ran::from(output.expect("the hotel's binary can be started"));
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        let line = ran.stderr.lines().find(|line| line.contains("RUST_LOG"));
        line.unwrap_or_else(|| panic!("{ran:#?}")).to_owned()
    };
    for format in ["auto", "json"] {
        let record: serde_json::Value = serde_json::from_str(&logged(format)).expect("JSON");
        assert_eq!(record["level"], "warn", "{record}");
    }
    let line = logged("human");
    assert!(line.contains(" WARN ") && !line.contains('\x1b'), "{line}");
}

#[test]
fn a_capability_that_is_not_there_has_no_level() {
    refused(
        |_| (),
        &["--set", "log.capabilities.paymets=debug"],
        78,
        &["log.capabilities.paymets", "payments"],
    );
}

#[test]
fn a_collector_that_cannot_be_is_refused_at_the_start() {
    refused(
        |_| (),
        &["--set", "trace.otlp.endpoint=https://collector"],
        78,
        &["trace.otlp.endpoint", "TLS"],
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let in_the_way = |folder: &Path| {
        fs::write(folder.join("data"), "a file").expect("a file can be written");
    };
    let ran = refused(in_the_way, &[], 74, &["data"]);
    assert!(ran.stderr.contains("explain SK01"), "{ran:#?}");
}

#[test]
#[cfg(unix)]
fn the_first_run_shows_something_and_the_second_process_waits_its_turn() {
    let folder = tempdir().expect("a folder");
    let (mut child, lines) = started(folder.path());
    assert!(lines[0].starts_with("first run: "), "{lines:?}");
    assert!(lines[0].contains("./data/invoices"), "{lines:?}");
    let second = run(folder.path(), &[]);
    assert_eq!(second.code, Some(75), "{second:#?}");
    let owner = format!("in use by process {}", child.id());
    for words in ["error[SK0102]", "./data", &owner, "hotel explain SK0102"] {
        assert!(second.stderr.contains(words), "{words:?} in {second:#?}");
    }
    interrupt(&child);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));

    let (mut child, lines) = started(folder.path());
    assert_eq!(lines.len(), 1, "nothing is made up again: {lines:?}");
    interrupt(&child);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    let pdfs = fs::read_dir(folder.path().join("data/invoices/city-hotel"));
    assert!(pdfs.expect("a folder of invoices").count() > 0);
}

#[test]
#[cfg(unix)]
fn an_interrupted_replay_is_finished_by_the_next() {
    let folder = tempdir().expect("a folder");
    sample(folder.path(), 200);
    let slow = "capabilities.payments.settings.bank.latency=20ms";
    let mut child = hotel(folder.path(), &["replay", "bookings.csv", "--set", slow])
        .stderr(Stdio::piped())
        .spawn()
        .expect("the hotel starts");
    let stderr = child.stderr.take().expect("its notes are piped");
    let mut told = BufReader::new(stderr).lines().map_while(Result::ok);
    assert!(told.any(|line| line.starts_with("replayed ")));
    interrupt(&child);
    let told: Vec<String> = told.collect();
    assert_eq!(
        child.wait().expect("it ends").code(),
        Some(130),
        "{told:#?}"
    );
    assert!(
        told.iter()
            .any(|line| line.contains("run the same command again")),
        "{told:#?}"
    );
    let ran = run(folder.path(), &["replay", "bookings.csv", "--verify"]);
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    assert!(
        ran.stdout.contains("verified: every promise holds"),
        "{ran:#?}"
    );
}

#[test]
fn a_verification_that_fails_is_told() {
    let folder = tempdir().expect("a folder");
    sample(folder.path(), 40);
    let replay = ["replay", "bookings.csv", "--verify"];
    assert_eq!(run(folder.path(), &replay).code, Some(0));
    fs::remove_dir_all(folder.path().join("data/invoices")).expect("invoices to remove");
    let ran = run(folder.path(), &replay);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    assert!(
        ran.stdout.contains("BROKEN every invoice is whole"),
        "{ran:#?}"
    );
}

#[test]
fn the_example_configuration_changes_nothing() {
    let folder = tempdir().expect("a folder");
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/monolith.toml");
    let values = |arguments: &[&str]| {
        let ran = run(folder.path(), arguments);
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        let rows: Vec<serde_json::Value> = serde_json::from_str(&ran.stdout).expect("JSON");
        let value = |row: &serde_json::Value| (row["key"].to_string(), row["value"].to_string());
        rows.iter().map(value).collect::<Vec<_>>()
    };
    let normal = |value: &(String, String)| {
        let (key, value) = value;
        // Two spellings of the same time.
        let value = match value.as_str() {
            "\"0ms\"" => "\"0s\"",
            "\"60s\"" => "\"1m\"",
            value => value,
        };
        (key.clone(), value.to_owned())
    };
    let (shown, defaults) = (
        values(&["config", "--json", "-c", example]),
        values(&["config", "--json"]),
    );
    let shown: Vec<_> = shown.iter().map(normal).collect();
    for default in defaults.iter().map(normal) {
        assert!(
            shown.contains(&default),
            "{default:?} is not what the example says"
        );
    }
}
