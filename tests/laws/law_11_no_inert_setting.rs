//! Law 11: every key of the configuration has an effect that a test shows. [`law_11_every_key`](super::law_11_every_key) names the test of each.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::poll;
use skep::config::Sources;
use skep::store::MemoryStore;
use skep::store::fault::FaultyStore;
use skep::testing::{Colony, Placement};
use skep::{Health, Runtime, RuntimeError};

use crate::city::{House, Houses, Ring};
use crate::counter::{Add, Counter, Counting};
use crate::gate::{Fuse, Gate};
use crate::hops::hoppers;
use crate::law_01_one_semantics::{Luggage, Padder, Padding};
use crate::ledger::{Ledger, Ledgers, Spoil};
use crate::settings::{Fussing, Fussy, Word};
use crate::worker::{Note, Noting, Pass, Random, Worker};

const MINUTE: Duration = Duration::from_secs(60);

#[skep::test(real_time)]
async fn there_are_as_many_stateless_actors_as_arbiters_unless_something_is_said(colony: Colony) {
    let runtime = hoppers(colony).set("runtime.arbiters=3").start().await;
    assert_eq!(runtime.stats()[3].num_actors, 3);
}

#[skep::test(in_process = "the kit gives each node a seed of its own")]
async fn the_same_seed_gives_the_same_random_numbers(colony: Colony) {
    let placement = colony.placement();
    let mut rolls = Vec::new();
    for seed in [7, 7, 8] {
        let colony = Colony::new(placement, skep::testing::Time::Virtual);
        let colony = colony.with::<Worker>().set(format!("runtime.seed={seed}"));
        let runtime = colony.start().await;
        rolls.push(
            runtime
                .get::<Noting>()
                .ask(Random {})
                .await
                .expect("a number"),
        );
    }
    assert_eq!(rolls[0], rolls[1]);
    assert_ne!(rolls[0], rolls[2]);
}

#[skep::test(real_time)]
async fn a_store_is_opened_with_the_engine_that_is_named(colony: Colony) {
    let directory = tempfile::tempdir().expect("a directory");
    let colony = colony.with::<Counter>().on_disk(directory.path());
    let colony = colony.set("store.engine=fjall");
    colony.start().await.stop().await;
    let error = colony.set("store.engine=sled").try_start().await;
    let error = error.expect_err("sled does not read the files of fjall");
    assert!(matches!(error, RuntimeError::Store(_)), "{error}");
}

#[skep::test(real_time)]
async fn a_store_lies_where_its_path_says(colony: Colony) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("deep/down");
    colony
        .with::<Counter>()
        .on_disk(&path)
        .start()
        .await
        .stop()
        .await;
    assert!(path.is_dir());
}

/// Commits of so many houses, all queued behind one that is held; the sizes of the groups that follow.
async fn groups(colony: Colony, settings: &str, num_bytes: usize) -> Vec<usize> {
    let store = FaultyStore::new(Arc::new(MemoryStore::new()));
    let colony = colony
        .with::<crate::shelf::Shelf>()
        .with::<House>()
        .set(settings);
    let runtime = colony
        .store(Arc::<FaultyStore>::clone(&store))
        .start()
        .await;
    store.hold();
    runtime
        .get::<Houses>()
        .key("first")
        .tell(Ring { number: 0 })
        .await
        .expect("room");
    store.wait_for_commit(1);
    let shelves = runtime.get::<crate::shelf::Shelves>();
    let heap = || crate::shelf::Heap {
        num_rows: 1,
        row_bytes: num_bytes,
    };
    let mut asks: Vec<_> = (0..12)
        .map(|_| Box::pin(shelves.ask(heap()).deadline(MINUTE)))
        .collect();
    for ask in &mut asks {
        assert!(poll!(ask).is_pending());
    }
    while runtime.stats()[0].num_turns < 12 {
        tokio::task::yield_now().await;
    }
    store.release();
    for answer in join_all(asks).await {
        answer.expect("a reply");
    }
    let groups = store.groups()[1..].to_vec();
    runtime.stop().await;
    groups
}

#[skep::test(real_time, in_process = "two nodes have two committers")]
async fn no_more_turns_share_a_sync_than_group_batches_says(colony: Colony) {
    assert_eq!(groups(colony, "store.group_batches=4", 10).await, [4, 4, 4]);
}

#[skep::test(real_time, in_process = "two nodes have two committers")]
async fn no_more_bytes_share_a_sync_than_group_bytes_says(colony: Colony) {
    let groups = groups(colony, "store.group_bytes=8KiB", 3000).await;
    assert_eq!(groups, [2; 6]);
}

#[skep::test(real_time)]
async fn a_store_that_hangs_for_longer_than_the_watchdog_waits_has_failed(colony: Colony) {
    let store = FaultyStore::new(Arc::new(MemoryStore::new()));
    let colony = colony.with::<Counter>().set("store.watchdog=100ms");
    let runtime = colony
        .store(Arc::<FaultyStore>::clone(&store))
        .start()
        .await;
    store.hold();
    let answer = runtime
        .get::<Counting>()
        .ask(Add { number: 1 })
        .deadline(MINUTE)
        .await;
    assert!(answer.is_err());
    runtime
        .health_becomes(|health| matches!(health, Health::Failed { .. }))
        .await;
    store.release();
}

#[skep::test]
async fn what_defaults_say_holds_for_all_and_a_capability_may_say_otherwise(colony: Colony) {
    let colony = colony.with::<Worker>().set("defaults.mailbox=2");
    for (own, expected) in [(None, 2), (Some("capabilities.noting.mailbox=5"), 5)] {
        let fresh = Colony::new(colony.placement(), colony.time());
        let fresh = fresh.with::<Worker>().set("defaults.mailbox=2");
        let runtime = match own {
            Some(own) => fresh.set(own).start().await,
            None => fresh.start().await,
        };
        let noting = runtime.get::<Noting>();
        let gate = Gate::new();
        noting
            .tell(Pass {
                gate: gate.name.clone(),
            })
            .await
            .expect("room");
        gate.arrived().await;
        let note = |number| Note { sender: 0, number };
        let taken = (0..9).take_while(|number| noting.try_tell(note(*number)).is_ok());
        assert_eq!(taken.count(), expected);
    }
}

#[test]
fn a_placement_in_the_configuration_is_where_calls_run() {
    let application = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    application.expect("a runtime").block_on(async {
        for (placement, arrives) in [("local", true), ("wire", false)] {
            let setting = format!("capabilities.padding.placement={placement}");
            let sources = Sources::of("test").set(setting);
            let runtime = Runtime::builder()
                .with::<Padder>()
                .sources(sources)
                .start()
                .await;
            let runtime = runtime.expect("it starts");
            let arrived = runtime.get::<Padding>().ask(Luggage { hidden: true }).await;
            assert_eq!(arrived, Ok(arrives), "{placement}");
            runtime.stop().await;
        }
    });
}

/// How many seconds it takes to deliver an event that fails so many times.
async fn delivery_time(colony: Colony, failures: u32) -> f64 {
    let runtime = colony.with::<Counter>().with::<Ledger>().start().await;
    let fuse = Fuse::new(failures);
    let spoil = Spoil {
        number: 1,
        fuse: fuse.name.clone(),
        panic: false,
    };
    runtime.get::<Ledgers>().ask(spoil).await.expect("a reply");
    let before = tokio::time::Instant::now();
    runtime
        .get::<Counting>()
        .ask(Add { number: 1 })
        .await
        .expect("a reply");
    assert!(runtime.settled(60 * MINUTE).await);
    before.elapsed().as_secs_f64()
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn a_failed_delivery_is_tried_again_after_backoff_min(colony: Colony) {
    let colony = colony.set("capabilities.ledgers.delivery.backoff_max=1h");
    let took = delivery_time(
        colony.set("capabilities.ledgers.delivery.backoff_min=10s"),
        1,
    )
    .await;
    assert!((5.0..10.1).contains(&took), "{took}");
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn deliveries_wait_no_longer_than_backoff_max(colony: Colony) {
    let colony = colony
        .set("capabilities.ledgers.delivery.backoff_min=1s")
        .set("capabilities.ledgers.delivery.backoff_max=4s");
    let took = delivery_time(colony, 5).await;
    assert!(
        (7.5..15.1).contains(&took),
        "1 + 2 + 4 + 4 + 4 seconds at most, not {took}"
    );
}

#[skep::test]
async fn a_capability_reads_its_own_settings(colony: Colony) {
    let colony = colony
        .with::<Fussy>()
        .set("capabilities.fussing.settings.word=mercy");
    let runtime = colony.start().await;
    assert_eq!(
        runtime.get::<Fussing>().ask(Word {}).await,
        Ok("mercy".to_owned())
    );
}

#[skep::test]
async fn one_capability_may_be_elsewhere_than_the_test_says(colony: Colony) {
    let hidden = colony.placement() == Placement::Local;
    let runtime = colony.with::<Padder>().start().await;
    assert_eq!(
        runtime.get::<Padding>().ask(Luggage { hidden: true }).await,
        Ok(hidden)
    );
}
