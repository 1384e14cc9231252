//! Law 8: what is sent twice happens once; what is accepted happens.

use std::sync::Arc;
use std::time::Duration;

use skep::store::{Batch, MemoryStore, Store, TreeName};
use skep::testing::Colony;
use skep::{AskError, CallError, Runtime};

use crate::city::pass_time;
use crate::counter::{Add, AddLater, Counter, Counting, Odd, Read};
use crate::gate::Fuse;
use crate::ledger::{Clerk, Clerking, Entries, Errand, Follow, Ledger, Ledgers, Run, Spoil};

const HOUR: Duration = Duration::from_secs(3600);

fn add(number: u64) -> Add {
    Add { number }
}

async fn total(runtime: &Runtime) -> u64 {
    runtime
        .get::<Counting>()
        .ask(Read {})
        .await
        .expect("the total")
}

async fn total_becomes(runtime: &Runtime, expected: u64) {
    let end = tokio::time::Instant::now() + Duration::from_secs(60);
    while total(runtime).await != expected {
        assert!(tokio::time::Instant::now() < end, "it never is {expected}");
        pass_time(Duration::from_millis(10)).await;
    }
}

async fn entries(runtime: &Runtime) -> Vec<u64> {
    assert!(runtime.settled(HOUR).await, "{:?}", runtime.stats());
    runtime
        .get::<Ledgers>()
        .ask(Entries {})
        .await
        .expect("the entries")
}

#[skep::test]
async fn the_same_message_twice_has_one_effect_and_one_reply(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let counting = runtime.get::<Counting>();
    assert_eq!(counting.ask(add(2)).id("once").await, Ok(2));
    assert_eq!(counting.ask(add(4)).id("other").await, Ok(6));
    assert_eq!(counting.ask(add(2)).id("once").await, Ok(2));
    assert_eq!(total(&runtime).await, 6);
}

#[skep::test]
async fn a_refusal_is_remembered_as_a_reply_is(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let counting = runtime.get::<Counting>();
    let refused = Err(AskError::Domain(Odd { number: 13 }));
    assert_eq!(counting.ask(add(13)).id("once").await, refused);
    assert_eq!(
        counting.ask(add(2)).id("once").await,
        refused,
        "the first answer"
    );
}

#[skep::test]
async fn the_first_reply_survives_a_restart(colony: Colony) {
    let colony = colony.with::<Counter>();
    let runtime = colony.start().await;
    assert_eq!(
        runtime.get::<Counting>().ask(add(2)).id("once").await,
        Ok(2)
    );
    runtime.stop().await;
    let runtime = colony.start().await;
    assert_eq!(
        runtime.get::<Counting>().ask(add(2)).id("once").await,
        Ok(2)
    );
    assert_eq!(total(&runtime).await, 2);
}

#[skep::test]
async fn a_tell_with_an_id_is_handled_once(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    for _ in 0..3 {
        runtime
            .get::<Counting>()
            .tell(add(2))
            .id("once")
            .await
            .expect("room");
    }
    assert_eq!(total(&runtime).await, 2);
}

#[skep::test]
async fn a_message_without_an_id_is_new_each_time(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    for expected in [2, 4, 6] {
        assert_eq!(runtime.get::<Counting>().ask(add(2)).await, Ok(expected));
    }
}

#[skep::test]
async fn an_idempotent_message_is_answered_anew(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let counting = runtime.get::<Counting>();
    assert_eq!(counting.ask(Read {}).id("once").await, Ok(0));
    counting.ask(add(2)).await.expect("a reply");
    assert_eq!(counting.ask(Read {}).id("once").await, Ok(2));
}

#[skep::test]
async fn a_message_whose_turn_panicked_may_be_sent_again(colony: Colony) {
    let runtime = colony.with::<Ledger>().start().await;
    let ledgers = runtime.get::<Ledgers>();
    let fuse = Fuse::new(1);
    let spoil = Spoil {
        number: 7,
        fuse: fuse.name.clone(),
        panic: true,
    };
    ledgers.ask(spoil).await.expect("a reply");
    let enter = || crate::ledger::Enter { number: 7 };
    let panicked = ledgers.ask(enter()).id("once").await;
    assert!(matches!(
        panicked,
        Err(AskError::Call(CallError::Panicked { .. }))
    ));
    assert_eq!(ledgers.ask(enter()).id("once").await, Ok(1));
    assert_eq!(ledgers.ask(enter()).id("once").await, Ok(1));
    assert_eq!(entries(&runtime).await, [7]);
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn a_first_reply_is_kept_for_its_retention_and_then_forgotten(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let counting = runtime.get::<Counting>();
    assert_eq!(counting.ask(add(2)).id("once").await, Ok(2));
    pass_time(23 * HOUR).await;
    assert_eq!(counting.ask(add(2)).id("once").await, Ok(2));
    pass_time(3 * HOUR).await;
    assert_eq!(counting.ask(add(2)).id("once").await, Ok(4), "forgotten");
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn the_retention_can_be_set(colony: Colony) {
    let colony = colony
        .with::<Counter>()
        .set("capabilities.counting.inbox_retention=10s");
    let runtime = colony.start().await;
    let counting = runtime.get::<Counting>();
    assert_eq!(counting.ask(add(2)).id("once").await, Ok(2));
    pass_time(Duration::from_secs(13)).await;
    assert_eq!(counting.ask(add(2)).id("once").await, Ok(4));
}

/// The clerk's turn asks and sends, and then panics: the event comes again, and the turn runs a second time.
#[skep::test]
async fn a_turn_that_runs_twice_asks_and_sends_once(colony: Colony) {
    let colony = colony.with::<Counter>().with::<Clerk>().with::<Ledger>();
    let runtime = colony.start().await;
    let fuse = Fuse::new(3);
    let follow = Follow {
        fuse: fuse.name.clone(),
    };
    runtime
        .get::<Clerking>()
        .ask(follow)
        .await
        .expect("a reply");
    runtime
        .get::<Counting>()
        .ask(add(1))
        .await
        .expect("a reply");
    let mut entered = entries(&runtime).await;
    entered.sort_unstable();
    assert_eq!(
        entered,
        [1, 1001, 2001],
        "the ledger listens itself, is asked once and sent to once"
    );
}

#[skep::test]
async fn an_ask_sent_again_after_its_turn_failed_does_not_ask_others_again(colony: Colony) {
    let runtime = colony.with::<Clerk>().with::<Ledger>().start().await;
    let fuse = Fuse::new(1);
    let run = Run {
        number: 7,
        errands: vec![Errand::Ask, Errand::Ask],
        fuse: Some(fuse.name.clone()),
        panic: true,
    };
    let clerk = runtime.get::<Clerking>();
    assert!(clerk.ask(run.clone()).id("once").await.is_err());
    assert_eq!(clerk.ask(run).id("once").await, Ok(2));
    assert_eq!(
        entries(&runtime).await,
        [7, 7],
        "two asks of one turn are two messages"
    );
}

/// A process that died after the receiver's commit and before the letter was deleted leaves the letter in the outbox.
#[skep::test(
    in_process = "over NATS the stream takes the letter over from the outbox that is looked into"
)]
async fn a_letter_that_survived_a_crash_is_handled_once(colony: Colony) {
    let store = Arc::new(MemoryStore::new());
    let colony = colony.store(Arc::<MemoryStore>::clone(&store));
    let colony = colony.with::<Counter>().with::<Ledger>();
    let fuse = Fuse::new(u32::MAX);
    let runtime = colony.start().await;
    let spoil = Spoil {
        number: 2,
        fuse: fuse.name.clone(),
        panic: false,
    };
    runtime.get::<Ledgers>().ask(spoil).await.expect("a reply");
    runtime
        .get::<Counting>()
        .ask(add(2))
        .await
        .expect("a reply");
    pass_time(Duration::from_millis(10)).await;
    let letters: Vec<_> = outbox(&store);
    assert_eq!(
        letters.len(),
        1,
        "it failed once and waits to be tried again"
    );
    runtime.stop().await;
    drop(fuse);
    let runtime = colony.start().await;
    assert_eq!(entries(&runtime).await, [2]);
    runtime.stop().await;
    let mut batch = Batch::new(TreeName::new("counting").expect("a name"));
    for (key, value) in letters {
        batch.put(key, value);
    }
    store.commit(&[batch]).expect("memory");
    let runtime = colony.start().await;
    assert_eq!(
        entries(&runtime).await,
        [2],
        "it came twice and was entered once"
    );
    assert!(outbox(&store).is_empty());
}

fn outbox(store: &MemoryStore) -> Vec<(Vec<u8>, Vec<u8>)> {
    store
        .scan("counting", b"o", None)
        .map(|row| row.expect("memory"))
        .collect()
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn a_timer_fires_once_when_it_is_due(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let later = AddLater {
        number: 5,
        ms: 10_000,
    };
    runtime.get::<Counting>().ask(later).await.expect("a reply");
    pass_time(Duration::from_millis(9_900)).await;
    assert_eq!(total(&runtime).await, 0);
    pass_time(Duration::from_millis(200)).await;
    assert_eq!(total(&runtime).await, 5);
    pass_time(HOUR).await;
    assert_eq!(total(&runtime).await, 5);
}

#[skep::test]
async fn a_timer_survives_a_restart(colony: Colony) {
    let colony = colony.with::<Counter>();
    let runtime = colony.start().await;
    let later = AddLater {
        number: 5,
        ms: 3000,
    };
    runtime.get::<Counting>().ask(later).await.expect("a reply");
    runtime.stop().await;
    let runtime = colony.start().await;
    assert_eq!(total(&runtime).await, 0);
    // A test's wall clock begins anew with each start.
    total_becomes(&runtime, 5).await;
}

#[skep::test]
async fn a_timer_that_fell_due_while_nobody_was_there_fires_at_the_start(colony: Colony) {
    let store = Arc::new(MemoryStore::new());
    let colony = colony
        .with::<Counter>()
        .store(Arc::<MemoryStore>::clone(&store));
    let runtime = colony.start().await;
    let later = AddLater {
        number: 5,
        ms: 10_000,
    };
    runtime.get::<Counting>().ask(later).await.expect("a reply");
    runtime.stop().await;
    make_due(&store);
    let runtime = colony.start().await;
    total_becomes(&runtime, 5).await;
}

/// Moves every timer of the counter to the beginning of time.
fn make_due(store: &MemoryStore) {
    let mut batch = Batch::new(TreeName::new("counting").expect("a name"));
    for row in store.scan("counting", b"t", None) {
        let (key, value) = row.expect("memory");
        let mut due = key.clone();
        due[1..9].fill(0);
        batch.delete(key);
        batch.put(due, value);
    }
    store.commit(&[batch]).expect("memory");
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn a_timer_that_was_taken_back_does_not_fire(colony: Colony) {
    let runtime = colony.with::<crate::alarm::Alarm>().start().await;
    let alarms = runtime.get::<crate::alarm::Alarms>();
    for seconds in [10, 20, 30] {
        alarms
            .ask(crate::alarm::Set { seconds })
            .await
            .expect("a reply");
    }
    alarms
        .ask(crate::alarm::Unset { seconds: 20 })
        .await
        .expect("a reply");
    pass_time(HOUR).await;
    assert_eq!(alarms.ask(crate::alarm::Went {}).await, Ok(vec![10, 30]));
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn many_timers_all_fire(colony: Colony) {
    let colony = colony.with::<crate::alarm::Alarm>();
    let runtime = colony.start().await;
    let alarms = runtime.get::<crate::alarm::Alarms>();
    for seconds in 1..=300 {
        alarms
            .ask(crate::alarm::Set {
                seconds: seconds % 3 + 1 + 1000 * seconds,
            })
            .await
            .expect("a reply");
    }
    pass_time(200 * HOUR).await;
    let went = alarms.ask(crate::alarm::Went {}).await.expect("what went");
    assert_eq!(went.len(), 300);
}
