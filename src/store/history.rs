//! Random histories against the simplest model there is: a map of maps.

use std::collections::BTreeMap;

use proptest::prelude::{Strategy, any, prop};
use proptest::test_runner::{Config, TestRunner};

use super::batch::Batch;
use super::conformance::{Harness, entries, get, tree};
use super::port::{Entry, Store};

/// A key and the length of its new value, or none for a delete.
type RandomWrite = (Vec<u8>, Option<usize>);

/// The number of a tree, and what to write there.
type RandomBatch = (u8, Vec<RandomWrite>);

/// One step of a random history.
#[derive(Debug, Clone)]
enum Step {
    Commit(Vec<RandomBatch>),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let key = prop::collection::vec(prop::sample::select(vec![0_u8, 1, b'a', 0xfe, 0xff]), 0..4);
    let length = prop::option::weighted(
        0.7,
        proptest::prop_oneof![8 => 0..200_usize, 2 => 4_000..4_200_usize, 1 => 8_000..30_000_usize],
    );
    let batch = (0..3_u8, prop::collection::vec((key, length), 0..8));
    let commit = prop::collection::vec(batch, 0..5).prop_map(Step::Commit);
    (commit, any::<u8>()).prop_map(|(commit, dice)| if dice < 10 { Step::Reopen } else { commit })
}

/// Runs random histories, reopening now and then, and holds the store against the model after each step.
pub(super) fn any_history_equals_the_model(harness: &dyn Harness) {
    let mut runner = TestRunner::new(Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    });
    let histories = prop::collection::vec(step(), 1..40);
    let held = runner.run(&histories, |history| {
        run_history(harness, &history);
        Ok(())
    });
    if let Err(failure) = held {
        assert_eq!(
            failure.to_string(),
            "",
            "a history that differs from the model"
        );
    }
}

fn run_history(harness: &dyn Harness, history: &[Step]) {
    let mut store = harness.fresh();
    let mut model: BTreeMap<String, BTreeMap<Vec<u8>, Vec<u8>>> = BTreeMap::new();
    for (at, step) in history.iter().enumerate() {
        match step {
            Step::Reopen => store = harness.reopen(store),
            Step::Commit(batches) => {
                let group: Vec<Batch> = batches
                    .iter()
                    .map(|batch| apply_to(&mut model, at, batch))
                    .collect();
                store.commit(&group).expect("a commit");
            }
        }
        assert_equal(&*store, &model);
    }
}

fn apply_to(
    model: &mut BTreeMap<String, BTreeMap<Vec<u8>, Vec<u8>>>,
    at: usize,
    (number, writes): &RandomBatch,
) -> Batch {
    let name = format!("tree-{number}");
    let mut batch = Batch::new(tree(&name));
    for (key, length) in writes {
        let entries = model.entry(name.clone()).or_default();
        if let Some(length) = length {
            entries.insert(key.clone(), vec![at as u8; *length]);
            batch.put(key.clone(), vec![at as u8; *length]);
        } else {
            entries.remove(key);
            batch.delete(key.clone());
        }
    }
    batch
}

/// Holds a whole store against a model, by scan, by point read and from the end.
fn assert_equal(store: &dyn Store, model: &BTreeMap<String, BTreeMap<Vec<u8>, Vec<u8>>>) {
    assert_eq!(
        store.trees().expect("trees"),
        model.keys().cloned().collect::<Vec<_>>()
    );
    for (name, expected) in model {
        let all: Vec<Entry> = expected
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        assert_eq!(store.last(name, b"").expect("a read"), all.last().cloned());
        assert_eq!(entries(store, name, b"", None), all);
        for (key, value) in &all {
            assert_eq!(get(store, name, key).as_ref(), Some(value));
        }
    }
}
