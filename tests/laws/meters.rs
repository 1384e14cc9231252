//! Meters: every turn is counted under its message and outcome, and what failed without a turn is counted too.

use std::time::Duration;

use skep::testing::Colony;
use skep::{MeterReading, Runtime, TurnOutcome};

use crate::counter::{Add, AddAndFail, Counter, Counting, Slow};
use crate::ledger::{Entries, Ledger, Ledgers};

const HOUR: Duration = Duration::from_secs(3600);

fn meter(runtime: &Runtime, capability: &str, message: &str) -> MeterReading {
    let found = runtime
        .meters()
        .into_iter()
        .find(|meter| meter.capability == capability && meter.message == message);
    found.unwrap_or_else(|| panic!("no meter of {capability}.{message}"))
}

fn count(meter: &MeterReading, outcome: TurnOutcome) -> u64 {
    let counts = meter.turns.iter().filter(|(known, ..)| *known == outcome);
    counts.map(|(.., count)| count).sum()
}

#[skep::test]
async fn every_turn_is_counted_by_message_and_outcome(colony: Colony) {
    let runtime = colony.with::<Counter>().with::<Ledger>().start().await;
    let counting = runtime.get::<Counting>();
    for number in [1, 2, 13] {
        let _ = counting.ask(Add { number }).await;
    }
    let _ = counting.ask(AddAndFail { panic: true }).await;
    assert!(runtime.settled(HOUR).await);
    let added = meter(&runtime, "counting", "add");
    assert_eq!(count(&added, TurnOutcome::Ok), 2);
    assert_eq!(count(&added, TurnOutcome::Refused), 1);
    assert_eq!(added.num_turns(), 3);
    assert_eq!(added.duration.count, 3, "the first turns are all timed");
    let failed = meter(&runtime, "counting", "add_and_fail");
    assert_eq!(count(&failed, TurnOutcome::Panicked), 1);
    let counted = meter(&runtime, "ledgers", "counting.counted");
    assert_eq!(
        (counted.kind, count(&counted, TurnOutcome::Ok)),
        ("event", 2)
    );
}

#[skep::test]
async fn without_metrics_nothing_is_counted_by_message(colony: Colony) {
    let runtime = colony
        .with::<Counter>()
        .set("metrics.enabled=false")
        .start()
        .await;
    let _ = runtime.get::<Counting>().ask(Add { number: 1 }).await;
    let added = meter(&runtime, "counting", "add");
    assert_eq!((added.num_turns(), added.duration.count), (0, 0));
    assert_eq!(runtime.stats()[0].num_turns, 1, "the totals remain");
}

#[skep::test(real_time)]
async fn the_time_in_the_mailbox_is_told_apart_from_the_turn(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let counting = runtime.get::<Counting>();
    let (slow, added) = tokio::join!(
        counting.ask(Slow { ms: 30 }),
        counting.ask(Add { number: 1 })
    );
    assert!(slow.is_ok() && added.is_ok());
    let slow = meter(&runtime, "counting", "slow");
    assert!(slow.duration.sum >= Duration::from_millis(30));
    let added = meter(&runtime, "counting", "add");
    assert_eq!(added.queued.count, 1);
    assert!(added.queued.sum >= Duration::from_millis(20), "{added:?}");
}

#[skep::test]
async fn turns_on_the_callers_thread_are_told_apart(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let read = runtime.get::<Counting>().ask(crate::counter::Read {}).await;
    assert_eq!(read, Ok(0));
    let read = meter(&runtime, "counting", "read");
    let inline = read.turns.iter().find(|(.., count)| *count > 0);
    let info = &runtime.capabilities()[0];
    let is_local = info.placement == skep::config::Placement::Local && info.node.is_none();
    assert_eq!(inline, Some(&(TurnOutcome::Ok, is_local, 1)));
}

#[skep::test]
async fn calls_that_fail_are_counted_by_code(colony: Colony) {
    let runtime = colony.with::<Counter>().with::<Ledger>().start().await;
    let counting = runtime.get::<Counting>();
    let too_late = counting.ask(Slow { ms: 60_000 });
    let _ = too_late.deadline(Duration::from_millis(5)).await;
    let read = runtime.get::<Ledgers>().ask(Entries {}).await;
    assert!(read.is_ok());
    let mut failures = runtime.call_failures();
    failures.retain(|(.., number)| *number > 0);
    assert_eq!(failures, [("counting", "deadline_exceeded", 1)]);
}
