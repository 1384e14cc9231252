//! Law 7, as onlookers see it: every event is kept with its turn, and nobody who comes back misses one without being told.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::poll;
use skep::store::{self, MemoryStore, Store};
use skep::testing::Colony;
use skep::{
    Key, LogItem, Runtime, Since, Subscribe, SubscribeError, Subscription, SubscriptionEnd,
};

use crate::city::{House, Houses, Ring, Rung, pass_time, until};
use crate::counter::{Add, AddAndFail, Counter, Counting};
use crate::gate::Gate;
use crate::late_store::LateStore;
use crate::ledger::{Clerk, Clerking, Errand, Ledger, Ledgers, Run, Slacken};
use crate::repeats;

const MINUTE: Duration = Duration::from_secs(60);

/// Where a capability's log lies.
const KINDS: [&str; 2] = [
    "capabilities.houses.durability=local",
    "capabilities.houses.durability=memory",
];

pub(crate) async fn ring(runtime: &Runtime, house: &str, number: u64) {
    let house = runtime.get::<Houses>().key(house);
    house.ask(Ring { number }).await.expect("a reply");
}

pub(crate) fn onlooker(runtime: &Runtime, since: Since) -> Subscription {
    let subscribe = Subscribe {
        since,
        ..Subscribe::default()
    };
    runtime
        .subscribe("houses", subscribe)
        .expect("the houses are there")
}

/// What comes next, in short: the position, or the gap's two, and the number that was rung.
pub(crate) async fn next(onlooker: &mut Subscription) -> (u64, Result<u64, u64>) {
    let next = tokio::time::timeout(MINUTE, onlooker.next()).await;
    match next.expect("it comes").expect("the log is readable") {
        LogItem::Event(event) => {
            let rung: Rung = serde_json::from_str(event.body.get()).expect("a bell");
            (event.position, Ok(rung.number))
        }
        LogItem::Gap { from, to } => (from, Err(to)),
        other => panic!("{other:?}"),
    }
}

#[skep::test]
async fn an_onlooker_goes_on_after_a_restart_where_it_left_off(colony: Colony) {
    let colony = colony.with::<House>();
    let runtime = colony.start().await;
    for number in 10..13 {
        ring(&runtime, "a", number).await;
    }
    let mut first = onlooker(&runtime, Since::Oldest);
    assert_eq!(next(&mut first).await, (1, Ok(10)));
    assert_eq!(next(&mut first).await, (2, Ok(11)));
    assert_eq!(first.position(), 2);
    runtime.stop().await;
    let runtime = colony.start().await;
    ring(&runtime, "b", 13).await;
    let mut second = onlooker(&runtime, Since::Position(2));
    assert_eq!(next(&mut second).await, (3, Ok(12)));
    assert_eq!(next(&mut second).await, (4, Ok(13)));
}

/// In real time: virtual time begins anew with each start, and such a log at the present time.
#[skep::test(real_time)]
async fn an_onlooker_of_a_volatile_capability_is_told_that_its_log_is_gone(colony: Colony) {
    let colony = colony.with::<House>().set(KINDS[1]);
    let runtime = colony.start().await;
    ring(&runtime, "a", 1).await;
    let mut first = onlooker(&runtime, Since::Oldest);
    assert_eq!(next(&mut first).await.1, Ok(1));
    runtime.stop().await;
    pass_time(Duration::from_millis(20)).await;
    let runtime = colony.start().await;
    ring(&runtime, "a", 2).await;
    let mut second = onlooker(&runtime, Since::Position(first.position()));
    assert!(next(&mut second).await.1.is_err());
    assert_eq!(next(&mut second).await.1, Ok(2));
}

#[skep::test]
async fn what_is_no_longer_kept_shows_as_a_gap(colony: Colony) {
    for kind in KINDS {
        let colony = Colony::new(colony.placement(), colony.time());
        let colony = colony.with::<House>().set(kind).set("defaults.event_log=3");
        let runtime = colony.start().await;
        let start = onlooker(&runtime, Since::Now).position();
        for number in 1..=10 {
            ring(&runtime, "a", number).await;
        }
        let mut late = onlooker(&runtime, Since::Position(start + 2));
        assert_eq!(next(&mut late).await, (start + 3, Err(start + 7)), "{kind}");
        for number in 8..=10 {
            assert_eq!(next(&mut late).await, (start + number, Ok(number)));
        }
        assert_eq!(late.position(), start + 10);
        let mut oldest = onlooker(&runtime, Since::Oldest);
        assert_eq!(next(&mut oldest).await, (start + 8, Ok(8)));
    }
}

#[skep::test]
async fn an_onlooker_that_was_slow_sees_a_gap_and_is_up_to_date_again(colony: Colony) {
    for kind in KINDS {
        let colony = Colony::new(colony.placement(), colony.time());
        let colony = colony.with::<House>().set(kind).set("defaults.event_log=3");
        let runtime = colony.start().await;
        let mut slow = onlooker(&runtime, Since::Now);
        let start = slow.position();
        ring(&runtime, "a", 1).await;
        assert_eq!(next(&mut slow).await, (start + 1, Ok(1)));
        for number in 2..=9 {
            ring(&runtime, "a", number).await;
        }
        assert_eq!(next(&mut slow).await, (start + 2, Err(start + 6)), "{kind}");
        for number in 7..=9 {
            assert_eq!(next(&mut slow).await, (start + number, Ok(number)));
        }
        assert!(poll!(Box::pin(slow.next())).is_pending());
    }
}

/// The positions in a store.
fn stored(store: &MemoryStore) -> usize {
    store.scan("houses", b"l", None).count()
}

#[skep::test]
async fn no_more_events_are_kept_than_event_log_says(colony: Colony) {
    let store = Arc::new(MemoryStore::new());
    let colony = colony.with::<House>().set("defaults.event_log=100");
    let colony = colony.store(Arc::<MemoryStore>::clone(&store));
    let runtime = colony.start().await;
    for number in 1..=1000 {
        ring(&runtime, "a", number).await;
        assert!(stored(&store) <= 110, "at most a tenth more");
    }
    assert!(stored(&store) >= 100);
}

#[skep::test]
async fn a_log_that_is_to_be_shorter_is_so_after_the_next_start(colony: Colony) {
    for (kept, rows) in [(20, 20), (0, 1)] {
        let store = Arc::new(MemoryStore::new());
        let start = |keep| {
            let colony = Colony::new(colony.placement(), colony.time());
            let colony = colony.with::<House>();
            let colony = colony.store(Arc::<MemoryStore>::clone(&store));
            colony.set(format!("capabilities.houses.event_log={keep}"))
        };
        let runtime = start(5000).start().await;
        for number in 1..=600 {
            ring(&runtime, "a", number).await;
        }
        runtime.stop().await;
        let runtime = start(kept).start().await;
        until(|| stored(&store) == rows).await;
        runtime.stop().await;
        let runtime = start(5000).start().await;
        ring(&runtime, "a", 0).await;
        let mut now = onlooker(&runtime, Since::Position(600));
        assert_eq!(next(&mut now).await, (601, Ok(0)), "no position comes back");
    }
}

#[skep::test]
async fn without_a_log_onlookers_see_what_happens_while_they_look(colony: Colony) {
    let colony = colony
        .with::<House>()
        .set("capabilities.houses.event_log=0");
    let runtime = colony.start().await;
    ring(&runtime, "a", 1).await;
    let mut first = onlooker(&runtime, Since::Oldest);
    ring(&runtime, "a", 2).await;
    assert_eq!(next(&mut first).await.1, Ok(2));
    let position = first.position();
    drop(first);
    ring(&runtime, "a", 3).await;
    let mut second = onlooker(&runtime, Since::Position(position));
    ring(&runtime, "a", 4).await;
    assert!(next(&mut second).await.1.is_err(), "who knows what was");
    assert_eq!(next(&mut second).await.1, Ok(4));
}

#[skep::test]
async fn a_store_without_a_log_opens_and_its_log_begins(colony: Colony) {
    let store = Arc::new(MemoryStore::new());
    let start = |settings: &str| {
        let colony = Colony::new(colony.placement(), colony.time());
        let colony = colony.with::<House>().set(settings);
        colony.store(Arc::<MemoryStore>::clone(&store))
    };
    let runtime = start("defaults.event_log=0").start().await;
    ring(&runtime, "a", 1).await;
    runtime.stop().await;
    assert_eq!(stored(&store), 0);
    let runtime = start("defaults.event_log=10").start().await;
    ring(&runtime, "a", 2).await;
    let mut oldest = onlooker(&runtime, Since::Oldest);
    assert_eq!(next(&mut oldest).await, (1, Ok(2)));
}

#[skep::test]
async fn who_comes_from_another_store_is_told_that_the_log_began_anew(colony: Colony) {
    let runtime = colony.with::<House>().start().await;
    ring(&runtime, "a", 1).await;
    let mut lost = onlooker(&runtime, Since::Position(77));
    assert_eq!(next(&mut lost).await, (78, Err(0)));
    assert_eq!(next(&mut lost).await, (1, Ok(1)));
    let mut far = onlooker(&runtime, Since::Position(u64::MAX));
    assert_eq!(next(&mut far).await, (u64::MAX, Err(0)));
    assert_eq!(next(&mut far).await, (1, Ok(1)));
}

#[skep::test]
async fn a_turn_that_is_rolled_back_leaves_no_event(colony: Colony) {
    let runtime = colony.with::<Counter>().start().await;
    let counting = runtime.get::<Counting>();
    for panic in [false, true] {
        let failed = counting.ask(AddAndFail { panic }).deadline(MINUTE).await;
        assert!(failed.is_err());
    }
    counting.ask(Add { number: 7 }).await.expect("a reply");
    let subscribe = Subscribe {
        since: Since::Oldest,
        ..Subscribe::default()
    };
    let mut onlooker = runtime.subscribe("counting", subscribe).expect("it counts");
    let first = onlooker.next().await.expect("the log is readable");
    assert!(
        matches!(&first, LogItem::Event(event) if event.position == 1 && event.body.get() == r#"{"total":7}"#),
        "{first:?}"
    );
    assert!(poll!(Box::pin(onlooker.next())).is_pending());
}

#[skep::test]
async fn an_onlooker_sees_only_the_events_and_the_actor_that_it_names(colony: Colony) {
    let runtime = colony.with::<House>().start().await;
    let subscribe = Subscribe {
        event: Some("rung".to_owned()),
        key: Some(Key::from("b")),
        since: Since::Now,
    };
    let mut of_b = runtime.subscribe("houses", subscribe).expect("houses ring");
    for (house, number) in [("a", 1), ("b", 2), ("a", 3), ("b", 4), ("a", 5)] {
        ring(&runtime, house, number).await;
    }
    assert_eq!(next(&mut of_b).await, (2, Ok(2)));
    assert_eq!(next(&mut of_b).await, (4, Ok(4)));
    assert!(poll!(Box::pin(of_b.next())).is_pending());
}

#[skep::test]
async fn what_cannot_be_looked_at_is_refused_with_the_nearest_name(colony: Colony) {
    let runtime = colony.with::<House>().with::<Counter>().start().await;
    let refused = |capability: &str, event: Option<&str>, key: Option<&str>| {
        let subscribe = Subscribe {
            event: event.map(str::to_owned),
            key: key.map(Key::from),
            since: Since::Now,
        };
        runtime.subscribe(capability, subscribe).map(drop)
    };
    let (capability, nearest) = ("house".to_owned(), Some("houses".to_owned()));
    assert_eq!(
        refused("house", None, None),
        Err(SubscribeError::NotHosted {
            capability,
            nearest
        })
    );
    let (capability, event) = ("houses".to_owned(), "wrung".to_owned());
    let error = refused("houses", Some("wrung"), None).expect_err("no such event");
    assert_eq!(
        error,
        SubscribeError::UnknownEvent {
            capability,
            event,
            nearest: Some("rung".to_owned())
        }
    );
    assert_eq!(
        error.to_string(),
        "houses emits no event wrung; is rung meant?"
    );
    let capability = "counting".to_owned();
    assert_eq!(
        refused("counting", None, Some("a")),
        Err(SubscribeError::NotKeyed { capability })
    );
    runtime.stop().await;
    assert_eq!(refused("houses", None, None), Err(SubscribeError::Stopped));
}

#[skep::test]
async fn an_onlooker_that_waits_learns_that_the_runtime_has_stopped(colony: Colony) {
    for kind in KINDS {
        let colony = Colony::new(colony.placement(), colony.time());
        let runtime = colony.with::<House>().set(kind).start().await;
        let mut onlooker = onlooker(&runtime, Since::Now);
        let mut next = Box::pin(onlooker.next());
        assert!(poll!(&mut next).is_pending());
        runtime.stop().await;
        let end = next.await.expect_err("nothing comes");
        assert_eq!(end, SubscriptionEnd::Stopped);
    }
}

#[skep::test(real_time)]
async fn an_onlooker_sees_no_event_before_it_is_durable(colony: Colony) {
    let store = LateStore::new();
    let colony = colony.store(Arc::<LateStore>::clone(&store));
    let runtime = colony.with::<House>().start().await;
    let houses = runtime.get::<Houses>();
    let mut onlooker = onlooker(&runtime, Since::Oldest);
    store.hold();
    let first = houses.key("a");
    first.tell(Ring { number: 1 }).await.expect("room");
    store.wait_for_commit(1);
    let second = houses.key("b");
    second.tell(Ring { number: 2 }).await.expect("room");
    store.let_one();
    store.wait_for_commit(2);
    assert_eq!(next(&mut onlooker).await, (1, Ok(1)));
    let early = tokio::time::timeout(Duration::from_millis(100), onlooker.next()).await;
    assert!(early.is_err(), "the second event is not durable yet");
    store.release();
    assert_eq!(next(&mut onlooker).await, (2, Ok(2)));
}

/// The clerk's second turn has emitted, and nothing else, when the commit of its first one lands.
#[skep::test(real_time)]
async fn an_event_is_kept_though_the_commit_before_lands_during_its_turn(colony: Colony) {
    let store = LateStore::new();
    let gate = Gate::new();
    let colony = colony.store(Arc::<LateStore>::clone(&store));
    let runtime = colony.with::<Clerk>().with::<Ledger>().start().await;
    let slacken = Slacken {
        gate: Some(gate.name.clone()),
    };
    let ledger = runtime.get::<Ledgers>();
    ledger.ask(slacken).await.expect("a reply");
    let clerk = runtime.get::<Clerking>();
    let run = |number, errands| Run {
        number,
        errands,
        fuse: None,
        panic: false,
    };
    let mut onlooker = runtime
        .subscribe("clerking", Subscribe::default())
        .expect("the clerk is there");
    store.hold();
    let first = clerk.tell(run(1, vec![Errand::Emit]));
    first.await.expect("room");
    store.wait_for_commit(2);
    let second = clerk.tell(run(2, vec![Errand::Emit, Errand::Ask]));
    second.await.expect("room");
    gate.arrived().await;
    store.release();
    for expected in [1, 2] {
        let next = tokio::time::timeout(MINUTE, onlooker.next()).await;
        match next.expect("it comes") {
            Ok(LogItem::Event(event)) => assert_eq!(event.position, expected),
            other => panic!("{other:?}"),
        }
        gate.open();
    }
}

/// Rings at many houses at once; all rings are acknowledged.
async fn ring_at_all(runtime: &Runtime, num_houses: u64, num_rings: u64) {
    let houses = (0..num_houses).map(|house| async move {
        for number in 0..num_rings {
            ring(runtime, &house.to_string(), house * 1000 + number).await;
        }
    });
    join_all(houses).await;
}

#[skep::test(real_time)]
async fn nothing_is_skipped_though_many_actors_commit_side_by_side(colony: Colony) {
    const HOUSES: u64 = 16;
    let runtime = colony.with::<House>().start().await;
    for round in 1..=repeats(3) as u64 {
        let mut onlooker = onlooker(&runtime, Since::Now);
        let num_rings = 40;
        let ringing = runtime.clone();
        let rings = crate::on_a_task(async move {
            ring_at_all(&ringing, HOUSES, num_rings).await;
        });
        let look = async {
            let mut last = [None; HOUSES as usize];
            for count in 1..=HOUSES * num_rings {
                let (position, number) = next(&mut onlooker).await;
                let number = number.expect("nothing is trimmed");
                assert_eq!(position, (round - 1) * HOUSES * num_rings + count);
                let house = usize::try_from(number / 1000).expect("a house");
                assert!(last[house] < Some(number), "in the order of its actor");
                last[house] = Some(number);
            }
        };
        tokio::join!(rings, look);
    }
}

#[skep::test(real_time)]
async fn every_acknowledged_event_is_in_the_log_of_the_next_process(colony: Colony) {
    for engine in ["sled", "fjall"] {
        let directory = tempfile::tempdir().expect("a directory");
        let colony = Colony::new(colony.placement(), skep::testing::Time::Real);
        let colony = colony.with::<House>().on_disk(directory.path());
        let colony = colony.set(format!("store.engine={engine}"));
        let runtime = colony.start().await;
        ring_at_all(&runtime, 8, 10).await;
        drop(runtime);
        let runtime = start_when_free(&colony).await;
        let mut onlooker = onlooker(&runtime, Since::Oldest);
        let mut seen = Vec::new();
        for position in 1..=80 {
            let (found, number) = next(&mut onlooker).await;
            assert_eq!(found, position);
            seen.push(number.expect("an event"));
        }
        seen.sort_unstable();
        let rung = (0..8).flat_map(|house| (0..10).map(move |number| house * 1000 + number));
        assert!(seen.into_iter().eq(rung), "{engine}");
        runtime.stop().await;
    }
}

/// A runtime that was dropped, not stopped, lets go of its store a moment later.
async fn start_when_free(colony: &Colony) -> Runtime {
    loop {
        match colony.try_start().await {
            Ok(runtime) => return runtime,
            Err(skep::RuntimeError::Store(store::Error::Locked { .. })) => {
                tokio::task::yield_now().await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}
