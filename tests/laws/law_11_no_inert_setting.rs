//! Law 11: every key of the configuration has an effect that a test shows. The list at the end names the test of each.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::poll;
use serde_json::Value;
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

#[skep::test]
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

#[skep::test(real_time)]
async fn no_more_turns_share_a_sync_than_group_batches_says(colony: Colony) {
    assert_eq!(groups(colony, "store.group_batches=4", 10).await, [4, 4, 4]);
}

#[skep::test(real_time)]
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
        let fresh = Colony::new(colony.placement(), skep::testing::Time::Virtual);
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

#[skep::test]
async fn a_failed_delivery_is_tried_again_after_backoff_min(colony: Colony) {
    let colony = colony.set("capabilities.counting.delivery.backoff_max=1h");
    let took = delivery_time(
        colony.set("capabilities.counting.delivery.backoff_min=10s"),
        1,
    )
    .await;
    assert!((5.0..10.1).contains(&took), "{took}");
}

#[skep::test]
async fn deliveries_wait_no_longer_than_backoff_max(colony: Colony) {
    let colony = colony
        .set("capabilities.counting.delivery.backoff_min=1s")
        .set("capabilities.counting.delivery.backoff_max=4s");
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

/// Each key, the module of the test that shows its effect, and the test.
const SHOWN: &[(&str, &str, &str)] = &[
    (
        "runtime.arbiters",
        "law_11",
        "there_are_as_many_stateless_actors_as_arbiters_unless_something_is_said",
    ),
    (
        "runtime.blocking_threads",
        "engine",
        "as_many_turns_block_at_a_time_as_there_are_threads_for_them",
    ),
    (
        "runtime.shutdown_deadline",
        "law_10",
        "stopping_takes_no_longer_than_its_deadline",
    ),
    (
        "runtime.seed",
        "law_11",
        "the_same_seed_gives_the_same_random_numbers",
    ),
    (
        "store.engine",
        "law_11",
        "a_store_is_opened_with_the_engine_that_is_named",
    ),
    ("store.path", "law_11", "a_store_lies_where_its_path_says"),
    (
        "store.group_batches",
        "law_11",
        "no_more_turns_share_a_sync_than_group_batches_says",
    ),
    (
        "store.group_bytes",
        "law_11",
        "no_more_bytes_share_a_sync_than_group_bytes_says",
    ),
    (
        "store.watchdog",
        "law_11",
        "a_store_that_hangs_for_longer_than_the_watchdog_waits_has_failed",
    ),
    (
        "defaults.deadline",
        "law_03",
        "a_capability_may_be_given_another_deadline",
    ),
    (
        "defaults.mailbox",
        "law_11",
        "what_defaults_say_holds_for_all_and_a_capability_may_say_otherwise",
    ),
    (
        "defaults.message_size",
        "law_01",
        "a_message_over_the_limit_is_refused_undelivered",
    ),
    (
        "defaults.placement",
        "law_11",
        "a_placement_in_the_configuration_is_where_calls_run",
    ),
    (
        "defaults.idle_after",
        "engine",
        "an_idle_actor_of_a_key_goes_and_comes_back_with_its_state",
    ),
    (
        "defaults.instances",
        "law_04",
        "stateless_actors_may_call_each_other_until_all_of_them_wait",
    ),
    (
        "defaults.durability",
        "law_07",
        "memory_durability_forgets_with_the_process",
    ),
    (
        "defaults.inbox_retention",
        "law_08_once",
        "the_retention_can_be_set",
    ),
    (
        "defaults.outbox_limit",
        "law_08",
        "a_full_outbox_refuses_turns_that_emit_and_takes_no_actor_down",
    ),
    (
        "defaults.delivery.attempts",
        "law_06",
        "an_event_that_keeps_failing_is_put_aside_and_seen",
    ),
    (
        "defaults.delivery.backoff_min",
        "law_11",
        "a_failed_delivery_is_tried_again_after_backoff_min",
    ),
    (
        "defaults.delivery.backoff_max",
        "law_11",
        "deliveries_wait_no_longer_than_backoff_max",
    ),
    (
        "defaults.restart.budget",
        "law_06",
        "a_used_up_budget_takes_the_actor_down_and_says_why",
    ),
    (
        "defaults.restart.within",
        "law_06",
        "old_panics_are_forgiven",
    ),
    (
        "defaults.restart.backoff_min",
        "law_06",
        "later_restarts_wait_longer_and_longer",
    ),
    (
        "defaults.restart.backoff_max",
        "law_06",
        "later_restarts_wait_longer_and_longer",
    ),
    (
        "defaults.restart.down_for",
        "law_06",
        "an_actor_that_was_down_long_enough_is_tried_again",
    ),
    (
        "capabilities.fussing.settings.word",
        "law_11",
        "a_capability_reads_its_own_settings",
    ),
];

/// Keys whose effect no test of the laws can show, each with the reason.
const SHOWN_ELSEWHERE: &[(&str, &str)] = &[
    (
        "log.level",
        "the command line writes the log, and its tests show it",
    ),
    (
        "log.format",
        "the command line writes the log, and its tests show it",
    ),
    (
        "store.cache",
        "an engine's use of memory; it is handed to the engine in src/store/open.rs",
    ),
];

const SOURCES: &[(&str, &str)] = &[
    ("engine", include_str!("engine.rs")),
    ("law_01", include_str!("law_01_one_semantics.rs")),
    ("law_03", include_str!("law_03_deadlines.rs")),
    ("law_04", include_str!("law_04_one_turn_at_a_time.rs")),
    ("law_06", include_str!("law_06_panics.rs")),
    ("law_07", include_str!("law_07_a_reply_means_durable.rs")),
    ("law_08", include_str!("law_08_deliveries.rs")),
    ("law_08_once", include_str!("law_08_effectively_once.rs")),
    ("law_10", include_str!("law_10_safe_by_default.rs")),
    ("law_11", include_str!("law_11_no_inert_setting.rs")),
];

/// The dotted paths of all keys below a section.
fn keys(path: &str, schema: &Value, found: &mut BTreeSet<String>) {
    let Some(properties) = schema["properties"].as_object() else {
        found.insert(path.to_owned());
        return;
    };
    for (name, key) in properties {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        keys(&path, key, found);
    }
}

/// `[capabilities.<name>]` takes the keys of `[defaults]`, so that one test shows both; `[log.capabilities]` the name of
/// each capability.
fn known_keys() -> BTreeSet<String> {
    let builder = Runtime::builder().with::<Fussy>().with::<House>();
    let mut found = BTreeSet::new();
    keys("", builder.schemas().document(), &mut found);
    found
        .into_iter()
        .filter(|key| !key.starts_with("capabilities.") || key.contains(".settings."))
        .filter(|key| !key.starts_with("log.capabilities."))
        .chain(["log.capabilities".to_owned()])
        .collect()
}

#[test]
fn every_key_has_a_test_that_shows_its_effect() {
    let shown = SHOWN.iter().map(|(key, ..)| *key);
    let elsewhere = SHOWN_ELSEWHERE.iter().map(|(key, _)| *key);
    let named: BTreeSet<String> = shown.chain(elsewhere).map(str::to_owned).collect();
    assert_eq!(known_keys(), named);
}

#[test]
fn every_test_that_is_named_exists() {
    for (key, module, test) in SHOWN {
        let source = SOURCES.iter().find(|(name, _)| name == module);
        let (_, text) = source.expect("the module is among the sources");
        assert!(
            text.contains(&format!("fn {test}(")),
            "{key}: no test {test} in {module}"
        );
    }
}

#[test]
fn a_capability_takes_every_key_that_means_something_for_it() {
    let document = Runtime::builder()
        .with::<House>()
        .schemas()
        .document()
        .clone();
    let mut own = BTreeSet::new();
    keys(
        "",
        &document["properties"]["capabilities"]["properties"]["houses"],
        &mut own,
    );
    let mut all = BTreeSet::new();
    keys("", &document["properties"]["defaults"], &mut all);
    all.remove("instances");
    assert_eq!(own, all, "it is keyed and durable");
}
