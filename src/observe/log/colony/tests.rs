//! What a process promises to those who look on at its log from afar, and what it does not do for them.

use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio::runtime::Handle;
use tracing_subscriber::layer::SubscriberExt;

use super::answering::levels;
use super::asked::{Found, LevelsAsked, LevelsChange, LookName, PageAsked, PageSaid, Refused};
use super::looks::{LEASE, LOOKS_MAX, Looks};
use crate::call::Clock;
use crate::config::{LogLevel, LogSettings};
use crate::observe::log::output::Output;
use crate::observe::log::{LogFilter, Logs};

/// A process with a log, in virtual time.
struct Process {
    logs: Logs,
    looks: Arc<Looks>,
}

impl Process {
    fn new() -> Self {
        let settings = LogSettings::default();
        let logs = Logs::writing(&settings, None, Output::to(None, io::sink()));
        let clock = Clock::virtual_time(Handle::current(), SystemTime::UNIX_EPOCH);
        let looks = Looks::new(&logs, clock);
        Self { logs, looks }
    }

    /// Logs so many numbers.
    fn count(&self, numbers: std::ops::Range<u64>) {
        let subscriber = tracing_subscriber::registry().with(self.logs.layer());
        tracing::subscriber::with_default(subscriber, || {
            for number in numbers {
                tracing::info!("{number}");
            }
        });
    }

    async fn page(&self, look: u64, page: u64) -> Result<PageSaid, Refused> {
        let asked = PageAsked {
            look: LookName {
                operator: "somebody".to_owned(),
                number: look,
            },
            page,
            filter: LogFilter::default(),
            lines: 0,
            wait_ms: 1000,
        };
        Arc::clone(&self.looks).page(asked).await
    }
}

/// The numbers that were logged, and how many are left out.
fn read(page: &PageSaid) -> (Vec<u64>, u64) {
    let (mut numbers, mut num_missed) = (Vec::new(), 0);
    for found in &page.found {
        match found {
            Found::Missed(number) => num_missed += number,
            Found::Record(record) => {
                let record: Value = serde_json::from_str(record.get()).expect("a record");
                let text = record["text"].as_str().expect("a text");
                numbers.push(text.parse().expect("a number"));
            }
        }
    }
    (numbers, num_missed)
}

#[tokio::test(start_paused = true)]
async fn what_is_logged_comes_page_by_page_and_again_when_an_answer_was_lost() {
    let process = Process::new();
    let nothing = process.page(1, 0).await.expect("a page");
    assert!(
        nothing.found.is_empty(),
        "nothing is said of what was before"
    );
    process.count(0..3);
    let first = process.page(1, 0).await.expect("a page");
    process.count(3..5);
    let again = process.page(1, 0).await.expect("a page");
    assert_eq!(read(&first), (vec![0, 1, 2], 0));
    assert_eq!(read(&again), read(&first));
    let second = process.page(1, 1).await.expect("a page");
    assert_eq!(read(&second), (vec![3, 4], 0));
}

#[tokio::test(start_paused = true)]
async fn whoever_is_slow_is_told_how_many_are_left_out_and_nothing_grows_for_him() {
    let process = Process::new();
    process.page(1, 0).await.expect("a page");
    process.count(0..5000);
    let (mut seen, mut num_missed, mut page) = (Vec::new(), 0, 0);
    loop {
        let said = process.page(1, page).await.expect("a page");
        let (numbers, missed) = read(&said);
        seen.extend(numbers);
        num_missed += missed;
        page += 1;
        if !said.has_more {
            break;
        }
    }
    assert!(page > 1, "a page is bounded");
    assert_eq!(seen.len(), 1024);
    assert_eq!(num_missed, 5000 - 1024);
    assert!(seen.into_iter().eq(5000 - 1024..5000));
}

#[tokio::test(start_paused = true)]
async fn a_look_ends_when_it_is_not_renewed_and_whoever_asks_on_is_told() {
    let process = Process::new();
    let asking = async {
        process.page(1, 0).await.expect("a page");
        process.page(2, 0).await.expect("a page");
        let renewed = LookName {
            operator: "somebody".to_owned(),
            number: 1,
        };
        tokio::time::advance(LEASE / 2).await;
        process.looks.renew(&renewed);
        tokio::time::advance(LEASE / 2 + Duration::from_secs(1)).await;
    };
    tokio::select! {
        biased;
        () = Arc::clone(&process.looks).keep_time() => {}
        () = asking => {}
    }
    assert_eq!(process.logs.num_followers(), 1);
    assert_eq!(process.page(2, 1).await.err(), Some(Refused::Unknown));
    process.looks.leave("somebody else");
    assert_eq!(process.logs.num_followers(), 1);
    process.looks.leave("somebody");
    assert_eq!(process.logs.num_followers(), 0);
}

#[tokio::test(start_paused = true)]
async fn no_more_look_on_than_may() {
    let process = Process::new();
    for look in 0..LOOKS_MAX {
        process.page(look as u64, 0).await.expect("a page");
    }
    let more = process.page(LOOKS_MAX as u64, 0).await;
    assert_eq!(more.err(), Some(Refused::TooMany(LOOKS_MAX)));
}

#[tokio::test(start_paused = true)]
async fn a_level_or_a_capability_that_is_none_is_refused_and_nothing_changed() {
    let process = Process::new();
    let known = [String::from("bell")].into();
    let set = |capability: &str, level: &str| {
        let change = LevelsChange {
            capability: capability.to_owned(),
            level: Some(level.to_owned()),
            for_ms: None,
        };
        let asked = LevelsAsked {
            change: Some(change),
        };
        levels(&process.logs, &known, asked)
    };
    let before = process.logs.levels();
    let loud = set("bell", "loud").expect_err("it is no level");
    assert!(loud.contains("\"loud\" is no level"), "{loud}");
    let unknown = set("bel", "debug").expect_err("nobody has it");
    assert!(unknown.contains("no capability \"bel\""), "{unknown}");
    assert_eq!(process.logs.levels(), before);
    let said = set("bell", "debug").expect("it is set");
    assert_eq!(
        said.change.and_then(|change| change.level),
        Some(LogLevel::Debug)
    );
}
