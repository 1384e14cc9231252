//! `kill -9` at any moment: nothing acknowledged is lost, nothing is half applied.
//!
//! A test starts this test binary again as a child that writes known batches through a committer and
//! prints the number of each acknowledged one. The parent kills it, while it writes or while it opens,
//! opens the store itself and holds it against a model: it must equal the state after some batch that
//! is not before the last acknowledged one, by scan and by point read.
//! `SKEP_CRASH_ROUNDS` sets the number of kills per engine; default 6.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use super::conformance::{entries, tree};
use super::{Batch, Committer, CommitterSettings, Engine, OpenOptions, Store, Write, open};

/// The variables that make a run of this test binary a child: the engine and the store's path.
const ENGINE: &str = "SKEP_CRASH_ENGINE";
const PATH: &str = "SKEP_CRASH_PATH";

/// Both capabilities' trees: single batches go to one of them, and groups hold both.
const TREES: [&str; 2] = ["reservations", "payments"];

/// How far the outbox of the workload is behind: entries older than that are deleted.
const BACKLOG: u64 = 50;

type Model = BTreeMap<&'static str, BTreeMap<Vec<u8>, Vec<u8>>>;

/// The tree and batch with this number. As a turn's: state, a growing outbox with its deletes, an
/// inbox that forgets, and now and then a value in chunks.
fn numbered(number: u64) -> (&'static str, Batch) {
    let name = TREES[usize::from(number.is_multiple_of(3))];
    let mut batch = Batch::new(tree(name));
    let text = |length: usize| vec![(number % 251) as u8; length];
    batch.put(format!("s/{:03}", number * 7919 % 500), text(200));
    batch.put(format!("o/{number:012}"), text(150));
    batch.put(format!("i/{number:012}"), text(60));
    if let Some(old) = number.checked_sub(BACKLOG) {
        batch.delete(format!("o/{old:012}"));
        batch.delete(format!("i/{old:012}"));
    }
    if number.is_multiple_of(17) {
        batch.put(
            format!("b/{}", number % 5),
            text((number % 13) as usize * 1_500),
        );
    }
    batch.put("number", number.to_be_bytes());
    (name, batch)
}

fn apply(model: &mut Model, number: u64) {
    let (name, batch) = numbered(number);
    let entries = model.entry(name).or_default();
    for write in batch.writes() {
        match write {
            Write::Put { key, value } => entries.insert(key.clone(), value.clone()),
            Write::Delete { key } => entries.remove(key),
        };
    }
}

/// The number of the last batch in the store, 0 when there is none.
fn last_number(store: &dyn Store) -> u64 {
    let number = |name: &&str| store.get(name, b"number").unwrap();
    let numbers = TREES.iter().filter_map(number);
    numbers
        .map(|bytes| u64::from_be_bytes(bytes.try_into().unwrap()))
        .max()
        .unwrap_or(0)
}

fn options(engine: Engine, path: &Path) -> OpenOptions {
    OpenOptions {
        cache_bytes: 8 << 20,
        ..OpenOptions::new(path, "crash").engine(engine)
    }
}

// === the child ===

/// Not a test of its own: what the child does. Ends at once in an ordinary run.
#[test]
fn child() {
    let (Ok(engine), Ok(path)) = (std::env::var(ENGINE), std::env::var(PATH)) else {
        return;
    };
    let engine = if engine == "sled" {
        Engine::Sled
    } else {
        Engine::Fjall
    };
    say("opening", 0);
    let store = open(&options(engine, Path::new(&path))).unwrap();
    let first = last_number(&*store) + 1;
    say("opened", first);
    let on_fail = Box::new(|_: &_| std::process::exit(3));
    let committer = Committer::start(store, CommitterSettings::default(), on_fail).unwrap();
    for number in first.. {
        let done = Box::new(move |result: Result<(), _>| {
            result.unwrap();
            say("acknowledged", number);
        });
        committer.submit(numbered(number).1, done);
    }
}

/// One line, written in one piece past the test harness's capture.
fn say(word: &str, number: u64) {
    let line = format!("\n{word} {number}\n");
    if std::io::stdout().write_all(line.as_bytes()).is_err() {
        std::process::exit(2);
    }
}

// === the parent ===

/// When the child dies.
#[derive(Debug, Clone, Copy)]
enum Kill {
    /// At its first answer after this many acknowledged batches.
    Writing(u64),
    /// So long after it began to open the store, whatever it does by then.
    Opening(Duration),
}

fn spawn(engine: Engine, path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "store::crash::child",
            "--nocapture",
            "--test-threads",
            "1",
        ])
        .env(ENGINE, engine.name())
        .env(PATH, path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs a child to its death; returns the last number it acknowledged, 0 when none.
fn run_child(engine: Engine, path: &Path, kill: Kill) -> u64 {
    let mut child = spawn(engine, path);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut acknowledged, mut num_acknowledged) = (0, 0);
    // Reads to the end of the pipe: what was acknowledged before the kill landed counts too.
    for line in lines.map(Result::unwrap) {
        match (line.split_once(' '), kill) {
            (Some(("acknowledged", number)), _) => {
                acknowledged = number.parse().unwrap();
                num_acknowledged += 1;
                if matches!(kill, Kill::Writing(after) if after == num_acknowledged) {
                    child.kill().unwrap();
                }
            }
            (Some(("opening", _)), Kill::Opening(after)) => {
                // Any moment will do; this one is only spread over the opening.
                std::thread::park_timeout(after);
                child.kill().unwrap();
            }
            _ => {}
        }
    }
    let status = child.wait().unwrap();
    assert_eq!(
        status.code(),
        None,
        "the child was killed and did not end by itself: {status}"
    );
    acknowledged
}

/// The kills of one round, spread by a fixed sequence so that a failing round can be run again.
fn kills_of(round: u64) -> Vec<Kill> {
    let dice = |salt: u64| {
        let mixed = (round * 8 + salt + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
    };
    let writing = Kill::Writing(1 + dice(0) % 3_000);
    let opening = |salt| Kill::Opening(Duration::from_micros(200 << (dice(salt) % 9)));
    if round.is_multiple_of(2) {
        vec![writing]
    } else {
        vec![writing, opening(1), opening(2)]
    }
}

/// Opens the store as after a crash, and holds all of it against the model at the batch it ends with.
fn verify(engine: Engine, path: &Path, at: &mut u64, model: &mut Model, acknowledged: u64) {
    let store = open(&options(engine, path)).unwrap();
    let last = last_number(&*store);
    assert!(
        last >= acknowledged,
        "batch {acknowledged} was acknowledged, the store ends with {last}"
    );
    (*at + 1..=last).for_each(|number| apply(model, number));
    *at = last;
    for (name, expected) in &*model {
        let found: BTreeMap<_, _> = entries(&*store, name, b"", None).into_iter().collect();
        let differing: Vec<_> = (expected.keys().chain(found.keys()))
            .filter(|key| expected.get(*key) != found.get(*key))
            .map(|key| String::from_utf8_lossy(key))
            .collect();
        assert_eq!(
            differing,
            Vec::<String>::new(),
            "keys of {name} that differ at batch {last}"
        );
        for (key, value) in expected {
            assert_eq!(store.get(name, key).unwrap().as_ref(), Some(value));
        }
    }
    assert_eq!(
        Arc::strong_count(&store),
        1,
        "closed before the next child opens it"
    );
}

fn survives_kills(engine: Engine) {
    let num_kills: usize =
        std::env::var("SKEP_CRASH_ROUNDS").map_or(6, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (mut at, mut model, mut killed) = (0, Model::new(), 0);
    for round in 0.. {
        let mut acknowledged = at;
        for kill in kills_of(round) {
            acknowledged = acknowledged.max(run_child(engine, &path, kill));
            killed += 1;
        }
        verify(engine, &path, &mut at, &mut model, acknowledged);
        if killed >= num_kills {
            break;
        }
    }
    println!("{}: {killed} kills, {at} batches", engine.name());
}

#[cfg(feature = "sled")]
#[test]
fn sled_survives_kills() {
    survives_kills(Engine::Sled);
}

#[cfg(feature = "fjall")]
#[test]
fn fjall_survives_kills() {
    survives_kills(Engine::Fjall);
}
