//! Any process of the split hotel is killed at any moment, again and again, and the nats-server too: nothing is lost, nothing
//! doubled.
//!
//! `SKEP_CRASH_ROUNDS` says how many are killed: 6 by default, 0 for none.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use rand::seq::IndexedRandom;

use crate::process::{hotel, sample};
use crate::replay::{REPLAY, report};
use crate::up::{SPLIT, Up};

const ROWS: usize = 150;
/// A replay prints 20 lines of its progress; after so many the next process is killed.
const LINES_BETWEEN: usize = 4;
/// Each third that is killed is the server.
const SERVER_EACH: usize = 3;
/// How often a replay that could not be finished is begun again.
const REPLAYS: usize = 20;

fn rounds() -> usize {
    let rounds = std::env::var("SKEP_CRASH_ROUNDS").ok();
    rounds.map_or(6, |rounds| {
        rounds.parse().expect("SKEP_CRASH_ROUNDS is a number")
    })
}

/// Kills the server, or one node that is ready; says which.
fn kill_one(up: &Up, is_server: bool) -> Option<String> {
    let mut processes = up.processes();
    processes.retain(|one| one.is_ready && (one.node == "nats") == is_server);
    let one = processes.choose(&mut rand::rng())?;
    one.kill();
    Some(one.node.clone())
}

/// Replays, and kills a process each few lines of progress until `killed` are so many; says whether the replay came to its end.
fn replay_and_kill(up: &Up, killed: &mut Vec<String>, rounds: usize) -> bool {
    let arguments = ["replay", "bookings.csv", "-c", SPLIT];
    let mut replay = hotel(up.folder.path(), &arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the hotel starts");
    let stderr = replay.stderr.take().expect("its notes are piped");
    let lines = BufReader::new(stderr).lines().map_while(Result::ok);
    for (number, _) in lines.enumerate() {
        if number % LINES_BETWEEN == 0 && killed.len() < rounds {
            let is_server = killed.len() % SERVER_EACH == SERVER_EACH - 1;
            killed.extend(kill_one(up, is_server));
        }
    }
    replay.wait().expect("it ends").success()
}

#[test]
fn whichever_process_is_killed_nothing_is_lost_and_nothing_doubled() {
    let rounds = rounds();
    if rounds == 0 {
        return;
    }
    let up = Up::ready("microservices.toml");
    sample(up.folder.path(), ROWS);
    let mut killed = Vec::new();
    let mut replays = 0;
    let mut is_finished = false;
    while killed.len() < rounds || (!is_finished && replays < REPLAYS) {
        is_finished = replay_and_kill(&up, &mut killed, rounds);
        replays += 1;
    }
    eprintln!("killed {killed:?} during {replays} replays");
    let mut ran = up.run(&REPLAY);
    if ran.code != Some(0) {
        // It may have looked before the last event had arrived. What is lost or doubled is so afterwards, too.
        eprintln!("at first sight:\n{}", ran.stdout);
        ran = up.run(&REPLAY);
    }
    let report = report(&ran);
    let checks = report["checks"].as_array().expect("checks");
    let broken: Vec<_> = checks
        .iter()
        .filter(|check| check["holds"] != true)
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
    up.interrupt();
}
