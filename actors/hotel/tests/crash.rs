//! Kills a replay at any moment, again and again, until it ends by itself: nothing is lost and nothing doubled.
//!
//! `SKEP_CRASH_ROUNDS` says how many runs are killed for each engine: 3 by default, 0 for none.

mod process;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use process::{hotel, run, sample};
use rand::RngExt;
use serde_json::Value;
use tempfile::tempdir;

const ROWS: usize = 150;

fn rounds() -> u32 {
    let rounds = std::env::var("SKEP_CRASH_ROUNDS").ok();
    rounds.map_or(3, |rounds| {
        rounds.parse().expect("SKEP_CRASH_ROUNDS is a number")
    })
}

/// What came of a replay, without how long it took.
fn outcome(folder: &Path, engine: &str) -> (Value, Value) {
    let ran = run(
        folder,
        &[
            "replay",
            "bookings.csv",
            "--verify",
            "--json",
            "--set",
            engine,
        ],
    );
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).expect("a report in JSON");
    (
        report["summary"]["hotels"].clone(),
        report["checks"].clone(),
    )
}

/// Replays until `lines` lines of progress were printed, or to the end, and kills the process.
fn replay_and_kill(folder: &Path, engine: &str, lines: usize) -> String {
    let mut child = hotel(folder, &["replay", "bookings.csv", "--set", engine])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the hotel starts");
    let stderr = child.stderr.take().expect("its notes are piped");
    let told = BufReader::new(stderr).lines().map_while(Result::ok);
    let last = told.take(lines).last().unwrap_or_default();
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    last
}

fn survives(engine: &str) {
    let rounds = rounds();
    if rounds == 0 {
        return;
    }
    let untouched = tempdir().expect("a folder");
    sample(untouched.path(), ROWS);
    let expected = outcome(untouched.path(), engine);

    let crashed = tempdir().expect("a folder");
    sample(crashed.path(), ROWS);
    let mut killed_after = Vec::new();
    for _ in 0..rounds {
        // The first run prints 20 lines; later ones go over what is done already quickly.
        let lines = rand::rng().random_range(1..=20);
        killed_after.push(replay_and_kill(crashed.path(), engine, lines));
    }
    assert_eq!(
        outcome(crashed.path(), engine),
        expected,
        "killed after {killed_after:#?}"
    );
}

#[test]
fn a_replay_survives_kills_on_sled() {
    survives("store.engine=sled");
}

#[test]
fn a_replay_survives_kills_on_fjall() {
    survives("store.engine=fjall");
}
