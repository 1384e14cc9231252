//! What every engine must do: one suite, run on `memory`, `sled`, `fjall`, and on engines to come.

use std::sync::Arc;

use super::batch::{Batch, MAX_KEY_BYTES, MAX_VALUE_BYTES, TreeName};
use super::error::Error;
use super::history;
use super::port::{Entry, Store};

/// Makes the stores that the suite tries.
pub trait Harness {
    /// A new, empty store.
    fn fresh(&self) -> Arc<dyn Store>;

    /// Closes a store (the argument is its last owner) and opens it again; a store that forgets gives
    /// the same one back.
    fn reopen(&self, store: Arc<dyn Store>) -> Arc<dyn Store>;
}

/// Keys that sort in ways one forgets.
const EDGE_KEYS: &[&[u8]] = &[
    b"",
    b"\x00",
    b"\x00\x00",
    b"\x00\xff",
    b"\x01",
    b"\x02",
    b"a",
    b"a\x00",
    b"ab",
    b"a\xff",
    b"a\xff\xff",
    b"b",
    b"\xfe",
    b"\xff",
    b"\xff\x00",
    b"\xff\xff",
];

/// Runs every check of the suite.
///
/// # Panics
///
/// At the first promise that the engine does not keep.
pub fn check(harness: &dyn Harness) {
    reads_see_what_was_committed(harness);
    the_last_write_to_a_key_wins(harness);
    empty_batches_change_nothing(harness);
    scans_are_ordered_and_bounded(harness);
    last_is_the_end_of_a_scan(harness);
    trees_are_apart(harness);
    unknown_trees_are_empty(harness);
    values_of_every_length_come_back(harness);
    long_values_give_their_space_back_to_short_ones(harness);
    what_is_too_large_is_refused_alone(harness);
    everything_is_there_after_reopening(harness);
    readers_see_whole_values_while_they_change(harness);
    history::any_history_equals_the_model(harness);
}

/// A checked tree name.
///
/// # Panics
///
/// When the name is no tree name.
#[must_use]
pub fn tree(name: &str) -> TreeName {
    TreeName::new(name).expect("the suite names its trees well")
}

fn put(store: &dyn Store, name: &str, entries: &[(&[u8], &[u8])]) {
    let mut batch = Batch::new(tree(name));
    entries
        .iter()
        .for_each(|(key, value)| batch.put(*key, *value));
    store.commit(&[batch]).expect("a commit");
}

/// All entries under a prefix, from a key on.
///
/// # Panics
///
/// When the store reports an error.
#[must_use]
pub fn entries(store: &dyn Store, tree: &str, prefix: &[u8], from: Option<&[u8]>) -> Vec<Entry> {
    store
        .scan(tree, prefix, from)
        .collect::<Result<_, _>>()
        .expect("a scan")
}

pub(super) fn get(store: &dyn Store, tree: &str, key: &[u8]) -> Option<Vec<u8>> {
    store.get(tree, key).expect("a read")
}

fn reads_see_what_was_committed(harness: &dyn Harness) {
    let store = harness.fresh();
    assert_eq!(get(&*store, "t", b"k"), None);
    put(&*store, "t", &[(b"k", b"1")]);
    assert_eq!(get(&*store, "t", b"k"), Some(b"1".to_vec()));
    put(&*store, "t", &[(b"k", b""), (b"l", b"2")]);
    assert_eq!(
        get(&*store, "t", b"k"),
        Some(Vec::new()),
        "an empty value is a value"
    );
    let mut batch = Batch::new(tree("t"));
    batch.delete("k");
    batch.delete("never there");
    store.commit(&[batch]).expect("a commit");
    assert_eq!(
        entries(&*store, "t", b"", None),
        [(b"l".to_vec(), b"2".to_vec())]
    );
}

fn the_last_write_to_a_key_wins(harness: &dyn Harness) {
    let store = harness.fresh();
    let mut first = Batch::new(tree("t"));
    first.put("a", vec![1; 10_000]);
    first.put("a", "short");
    first.put("b", "gone");
    first.delete("b");
    first.delete("c");
    first.put("c", "kept");
    let mut second = Batch::new(tree("t"));
    second.put("c", "newest");
    store.commit(&[first, second]).expect("a commit");
    let expected = [
        (b"a".to_vec(), b"short".to_vec()),
        (b"c".to_vec(), b"newest".to_vec()),
    ];
    assert_eq!(entries(&*store, "t", b"", None), expected);
}

fn empty_batches_change_nothing(harness: &dyn Harness) {
    let store = harness.fresh();
    store.commit(&[]).expect("an empty group");
    store
        .commit(&[Batch::new(tree("t"))])
        .expect("an empty batch");
    assert_eq!(store.trees().expect("trees"), Vec::<String>::new());
    assert_eq!(store.stats().expect("stats").commits, 0);
    put(&*store, "t", &[(b"k", b"v")]);
    assert_eq!(store.stats().expect("stats").commits, 1);
}

fn scans_are_ordered_and_bounded(harness: &dyn Harness) {
    let store = harness.fresh();
    let all: Vec<(&[u8], &[u8])> = EDGE_KEYS.iter().rev().map(|key| (*key, *key)).collect();
    put(&*store, "t", &all);
    let mut froms: Vec<Option<&[u8]>> = EDGE_KEYS.iter().map(|key| Some(*key)).collect();
    let beside: [&[u8]; 3] = [b"aa", b"zzz", b"\xff\xff\xff"];
    froms.extend(beside.map(Some));
    froms.push(None);
    for prefix in EDGE_KEYS
        .iter()
        .copied()
        .chain([b"zz".as_slice(), b"\xff\xff\xff"])
    {
        for from in &froms {
            let wanted =
                |key: &&&[u8]| key.starts_with(prefix) && from.is_none_or(|from| **key >= from);
            let expected: Vec<Entry> = EDGE_KEYS
                .iter()
                .filter(wanted)
                .map(|key| (key.to_vec(), key.to_vec()))
                .collect();
            assert_eq!(
                entries(&*store, "t", prefix, *from),
                expected,
                "{prefix:?} from {from:?}"
            );
        }
    }
}

fn last_is_the_end_of_a_scan(harness: &dyn Harness) {
    let store = harness.fresh();
    let all: Vec<(&[u8], &[u8])> = EDGE_KEYS.iter().map(|key| (*key, *key)).collect();
    put(&*store, "t", &all);
    for prefix in EDGE_KEYS
        .iter()
        .copied()
        .chain([b"zz".as_slice(), b"\xff\xff\xff"])
    {
        let expected = entries(&*store, "t", prefix, None).pop();
        assert_eq!(
            store.last("t", prefix).expect("a read"),
            expected,
            "{prefix:?}"
        );
    }
}

fn trees_are_apart(harness: &dyn Harness) {
    let mut store = harness.fresh();
    let names: Vec<String> = (0..40)
        .map(|n| format!("capability-{n:02}/größe"))
        .collect();
    for name in &names {
        put(&*store, name, &[(b"me", name.as_bytes())]);
    }
    let mut emptied = Batch::new(tree(&names[7]));
    emptied.delete("me");
    store.commit(&[emptied]).expect("a commit");
    for _ in 0..2 {
        assert_eq!(store.trees().expect("trees"), names);
        assert_eq!(store.stats().expect("stats").num_trees, names.len());
        for (n, name) in names.iter().enumerate() {
            let expected = (n != 7).then(|| name.clone().into_bytes());
            assert_eq!(get(&*store, name, b"me"), expected);
        }
        store = harness.reopen(store);
    }
}

fn unknown_trees_are_empty(harness: &dyn Harness) {
    let store = harness.fresh();
    assert_eq!(get(&*store, "nobody", b"k"), None);
    assert_eq!(entries(&*store, "nobody", b"", None), []);
    assert_eq!(store.last("nobody", b"").expect("a read"), None);
    assert_eq!(
        store.trees().expect("trees"),
        Vec::<String>::new(),
        "reading makes no tree"
    );
}

/// Lengths around the chunk limits of all engines.
fn lengths() -> Vec<usize> {
    let around = |n: usize| [n - 1, n, n + 1];
    let mut lengths = vec![0, 1, 3 * 1024 * 1024 + 17, MAX_VALUE_BYTES];
    lengths.extend(
        [4096, 8192, 131_072, 1024 * 1024]
            .into_iter()
            .flat_map(around),
    );
    lengths
}

fn value_of(length: usize) -> Vec<u8> {
    let byte = |n: usize| (n.wrapping_mul(2_654_435_761) >> 13) as u8;
    (0..length).map(|n| byte(n + length)).collect()
}

fn values_of_every_length_come_back(harness: &dyn Harness) {
    let mut store = harness.fresh();
    let long_key = |length: usize| {
        let mut key = vec![0xff; MAX_KEY_BYTES - 8];
        key.extend((length as u64).to_be_bytes());
        key
    };
    for length in lengths() {
        put(&*store, "t", &[(&long_key(length), &value_of(length))]);
    }
    for _ in 0..2 {
        let mut expected = lengths();
        expected.sort_unstable();
        let found = entries(&*store, "t", b"\xff", None);
        assert_eq!(
            found
                .iter()
                .map(|(_, value)| value.len())
                .collect::<Vec<_>>(),
            expected
        );
        for (key, value) in found {
            assert_eq!(key, long_key(value.len()));
            assert!(
                value == value_of(value.len()),
                "the value of {} bytes",
                value.len()
            );
            assert!(get(&*store, "t", &key).is_some_and(|read| read == value));
        }
        store = harness.reopen(store);
    }
}

fn long_values_give_their_space_back_to_short_ones(harness: &dyn Harness) {
    let mut store = harness.fresh();
    for length in [9_000, 3_000_000, 5_000, 20_000, 2, 70_000] {
        let value = value_of(length);
        put(
            &*store,
            "t",
            &[(b"k", &value), (b"l", &value), (b"", &value)],
        );
        assert!(
            get(&*store, "t", b"k").is_some_and(|read| read == value),
            "{length}"
        );
        store = harness.reopen(store);
        assert!(
            get(&*store, "t", b"").is_some_and(|read| read == value),
            "{length} reopened"
        );
        assert_eq!(
            store.last("t", b"").expect("a read").map(|(key, _)| key),
            Some(b"l".to_vec())
        );
    }
    let mut batch = Batch::new(tree("t"));
    batch.delete("k");
    batch.delete("");
    store.commit(&[batch]).expect("a commit");
    assert_eq!(
        entries(&*store, "t", b"", None),
        [(b"l".to_vec(), value_of(70_000))]
    );
}

fn what_is_too_large_is_refused_alone(harness: &dyn Harness) {
    let store = harness.fresh();
    let mut fits = Batch::new(tree("t"));
    fits.put("k", "v");
    let mut too_large = Batch::new(tree("t"));
    too_large.put("l", vec![0; MAX_VALUE_BYTES + 1]);
    let refused = store.commit(&[fits.clone(), too_large]);
    assert!(
        matches!(refused, Err(Error::TooLarge { .. })),
        "{refused:?}"
    );
    assert_eq!(
        entries(&*store, "t", b"", None),
        [],
        "nothing of the group was written"
    );
    store.commit(&[fits]).expect("the store goes on");
}

fn everything_is_there_after_reopening(harness: &dyn Harness) {
    let mut store = harness.fresh();
    let mut expected = Vec::new();
    for n in 0..2_000_u32 {
        let mut batch = Batch::new(tree(if n % 2 == 0 { "even" } else { "odd" }));
        batch.put(n.to_be_bytes(), n.to_string());
        batch.delete((n / 3).to_be_bytes());
        batch.put("last", n.to_string());
        expected.push(batch);
    }
    expected
        .chunks(256)
        .for_each(|group| store.commit(group).expect("a commit"));
    let before = ["even", "odd"].map(|name| entries(&*store, name, b"", None));
    let stats = store.stats().expect("stats");
    for _ in 0..2 {
        store = harness.reopen(store);
        assert_eq!(
            before,
            ["even", "odd"].map(|name| entries(&*store, name, b"", None))
        );
        assert_eq!(store.stats().expect("stats").commits, stats.commits);
    }
    assert_eq!(get(&*store, "odd", b"last"), Some(b"1999".to_vec()));
}

/// A reader never sees half of one value and half of the next, nor a value that nobody wrote.
fn readers_see_whole_values_while_they_change(harness: &dyn Harness) {
    let store = harness.fresh();
    let value = |n: u8| {
        vec![
            n;
            if n.is_multiple_of(3) {
                10
            } else {
                9_000 + usize::from(n) * 100
            }
        ]
    };
    put(&*store, "t", &[(b"k", &value(0))]);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            loop {
                let read = get(&*store, "t", b"k").expect("the key is always there");
                assert!(
                    read == value(read[0]),
                    "{} bytes of {}",
                    read.len(),
                    read[0]
                );
                let scanned = entries(&*store, "t", b"", None);
                assert!(scanned.iter().all(|(_, read)| *read == value(read[0])));
                if read[0] == u8::MAX {
                    return;
                }
            }
        });
        for n in 1..=u8::MAX {
            put(
                &*store,
                "t",
                &[(b"k", &value(n)), (b"l", &value(u8::MAX - n))],
            );
        }
        reader.join().expect("the reader saw whole values only");
    });
}
