//! What the committer promises, tried on stores that fail, hang and wait on command.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use parking_lot::Mutex;

use super::conformance::{entries, tree};
use super::fault::{Fault, FaultyStore};
use super::{
    Batch, CommitFailure, Committer, CommitterSettings, Done, FailStop, MAX_VALUE_BYTES,
    MemoryStore, OnFail, Outcome, State, Store,
};

/// How a batch ended, by its name.
pub(super) type Told = (String, Result<(), CommitFailure>);

pub(super) struct Bench {
    pub(super) store: Arc<FaultyStore>,
    pub(super) committer: Committer,
    pub(super) tell: SyncSender<Told>,
    pub(super) told: Mutex<Receiver<Told>>,
    pub(super) failed: Mutex<Receiver<FailStop>>,
}

pub(super) fn settings() -> CommitterSettings {
    CommitterSettings {
        watchdog: Duration::from_secs(3600),
        ..CommitterSettings::default()
    }
}

fn bench(settings: CommitterSettings) -> Bench {
    with(|store, on_fail| Committer::start(store, settings, on_fail).unwrap())
}

pub(super) fn with(start: impl FnOnce(Arc<dyn Store>, OnFail) -> Committer) -> Bench {
    let store = FaultyStore::new(Arc::new(MemoryStore::new()));
    let (fail, failed) = sync_channel(8);
    let on_fail: OnFail = Box::new(move |stop| fail.send(stop.clone()).unwrap());
    let committer = start(Arc::clone(&store) as Arc<dyn Store>, on_fail);
    let (tell, told) = sync_channel(100_000);
    Bench {
        store,
        committer,
        tell,
        told: Mutex::new(told),
        failed: Mutex::new(failed),
    }
}

pub(super) fn batch(name: &str) -> Batch {
    let mut batch = Batch::new(tree("t"));
    batch.put(name, name);
    batch
}

pub(super) fn barrier() -> Batch {
    Batch::new(tree("t"))
}

impl Bench {
    pub(super) fn done(&self, name: &str) -> Done {
        let (told, name) = (self.tell.clone(), name.to_owned());
        Box::new(move |result| told.send((name, result)).unwrap())
    }

    pub(super) fn submit(&self, name: &str) {
        self.committer.submit(batch(name), self.done(name));
    }

    pub(super) fn submit_barrier(&self, name: &str) {
        self.committer.submit(barrier(), self.done(name));
    }

    /// The next one told, by name; it must have succeeded.
    pub(super) fn committed(&self) -> String {
        let (name, result) = self.told.lock().recv().unwrap();
        result.unwrap();
        name
    }

    /// The next one told; it must have failed with the whole committer.
    pub(super) fn lost(&self) -> (String, Outcome) {
        match self.told.lock().recv().unwrap() {
            (name, Err(CommitFailure::Failed { outcome, .. })) => (name, outcome),
            other => panic!("{other:?}"),
        }
    }

    /// Who was told so far, without waiting.
    pub(super) fn told_now(&self) -> Vec<String> {
        self.told
            .lock()
            .try_iter()
            .map(|(name, result)| result.map(|()| name).unwrap())
            .collect()
    }

    pub(super) fn nobody_was_told(&self) -> bool {
        self.told.lock().try_recv().is_err()
    }

    pub(super) fn keys(&self) -> Vec<String> {
        let entries = entries(&*self.store, "t", b"", None);
        entries
            .into_iter()
            .map(|(key, _)| String::from_utf8(key).unwrap())
            .collect()
    }
}

#[test]
fn a_batch_is_told_when_it_is_in_the_store() {
    let bench = bench(settings());
    bench.submit("a");
    assert_eq!(bench.committed(), "a");
    assert_eq!(bench.keys(), ["a"]);
}

#[test]
fn while_one_group_syncs_the_next_gathers() {
    let bench = bench(settings());
    bench.store.hold();
    bench.submit("first");
    bench.store.wait_for_commit(1);
    (0..300).for_each(|n| bench.submit(&format!("{n:03}")));
    assert!(bench.nobody_was_told(), "nothing is synced yet");
    bench.store.release();
    assert_eq!(bench.committed(), "first");
    (0..300).for_each(|n| assert_eq!(bench.committed(), format!("{n:03}")));
    assert_eq!(bench.store.groups(), [1, 256, 44], "bounded by 256 batches");
    let reading = bench.committer.metrics().read();
    assert_eq!(
        (reading.syncs, reading.batches, reading.bytes),
        (3, 301, 10 + 300 * 6)
    );
    assert_eq!(reading.group_sizes, [1, 0, 0, 0, 0, 1, 0, 0, 1]);
}

#[test]
fn a_group_is_bounded_in_bytes() {
    let bench = bench(CommitterSettings {
        max_bytes: 10,
        ..settings()
    });
    bench.store.hold();
    bench.submit("first");
    bench.store.wait_for_commit(1);
    ["aaa", "bb", "c", "more than ten bytes"]
        .into_iter()
        .for_each(|name| bench.submit(name));
    bench.store.release();
    ["first", "aaa", "bb", "c", "more than ten bytes"]
        .into_iter()
        .for_each(|name| assert_eq!(bench.committed(), name));
    assert_eq!(bench.store.groups(), [1, 2, 1, 1]);
}

#[test]
fn a_barrier_waits_for_what_came_before_and_writes_nothing() {
    let bench = bench(settings());
    bench.store.hold();
    bench.submit("a");
    bench.store.wait_for_commit(1);
    bench.submit_barrier("read");
    assert!(bench.nobody_was_told());
    bench.store.release();
    assert_eq!(bench.committed(), "a");
    assert_eq!(bench.committed(), "read");
    bench.committer.shutdown();
    assert_eq!(bench.store.groups(), [1]);
    assert_eq!(bench.committer.metrics().read().barriers, 1);
}

#[test]
fn a_barrier_with_nothing_under_way_is_told_at_once() {
    let bench = bench(settings());
    bench.store.hold();
    let (told, here) = sync_channel(1);
    let done: Done = Box::new(move |_| told.send(std::thread::current().id()).unwrap());
    bench.committer.submit(barrier(), done);
    assert_eq!(here.try_recv().unwrap(), std::thread::current().id());
    bench.store.release();
}

#[test]
fn a_full_queue_gives_the_batch_back_and_tells_when_there_is_room() {
    let bench = bench(CommitterSettings {
        queue_batches: 2,
        ..settings()
    });
    bench.store.hold();
    bench.submit("first");
    bench.store.wait_for_commit(1);
    bench.submit("a");
    assert!(bench.committer.has_room());
    bench.submit_barrier("b");
    assert!(!bench.committer.has_room());
    let full = bench
        .committer
        .try_submit(batch("c"), bench.done("c"))
        .unwrap_err();
    assert_eq!(full.batch, batch("c"));
    let (wake, room) = sync_channel(1);
    bench
        .committer
        .when_room(Box::new(move || wake.send(()).unwrap()));
    assert!(room.try_recv().is_err());
    bench.store.release();
    room.recv().unwrap();
    bench.committer.try_submit(full.batch, full.done).unwrap();
    ["first", "a", "b", "c"]
        .into_iter()
        .for_each(|name| assert_eq!(bench.committed(), name));
}

#[test]
fn the_queue_is_bounded_in_bytes_but_takes_a_large_batch_when_empty() {
    let bench = bench(CommitterSettings {
        queue_bytes: 10,
        ..settings()
    });
    bench.store.hold();
    bench.submit("first");
    bench.store.wait_for_commit(1);
    let large = "much larger than ten bytes";
    bench
        .committer
        .try_submit(batch(large), bench.done(large))
        .unwrap();
    assert!(
        bench
            .committer
            .try_submit(batch("x"), bench.done("x"))
            .is_err()
    );
    bench.store.release();
    assert_eq!([bench.committed(), bench.committed()], ["first", large]);
}

#[test]
fn submit_blocks_until_there_is_room() {
    let bench = bench(CommitterSettings {
        queue_batches: 1,
        ..settings()
    });
    bench.store.hold();
    bench.submit("first");
    bench.store.wait_for_commit(1);
    bench.submit("second");
    std::thread::scope(|scope| {
        let blocked = scope.spawn(|| bench.submit("third"));
        assert!(
            bench
                .committer
                .try_submit(batch("x"), bench.done("x"))
                .is_err()
        );
        bench.store.release();
        blocked.join().unwrap();
    });
    ["first", "second", "third"]
        .into_iter()
        .for_each(|name| assert_eq!(bench.committed(), name));
}

#[test]
fn a_failed_commit_stops_everything_behind_it() {
    for fault in [Fault::Io, Fault::DiskFull, Fault::Sync, Fault::Panic] {
        let bench = bench(CommitterSettings {
            max_batches: 1,
            ..settings()
        });
        bench.store.fail_commit(2, fault);
        bench.store.hold();
        bench.submit("good");
        bench.store.wait_for_commit(1);
        bench.submit("failing");
        bench.submit("queued");
        bench.submit_barrier("read");
        bench.store.release();
        assert_eq!(bench.committed(), "good");
        assert_eq!(
            bench.lost(),
            ("failing".to_owned(), Outcome::Unknown),
            "{fault:?}"
        );
        assert_eq!(bench.lost(), ("queued".to_owned(), Outcome::NotWritten));
        assert_eq!(bench.lost(), ("read".to_owned(), Outcome::NotWritten));
        bench.submit("late");
        assert_eq!(bench.lost(), ("late".to_owned(), Outcome::NotWritten));
        let stop = bench.failed.lock().recv().unwrap();
        assert_eq!(bench.committer.state(), State::Failed(stop.clone()));
        assert_eq!(
            stop.reason().contains("SK0111"),
            fault == Fault::DiskFull,
            "{stop:?}"
        );
        assert_eq!(
            bench.store.groups(),
            [1, 1],
            "nothing was written after the failure"
        );
        bench.committer.shutdown();
        assert!(bench.failed.lock().try_recv().is_err(), "told once");
    }
}

#[test]
fn a_hanging_commit_is_noticed_and_everybody_told() {
    let bench = bench(CommitterSettings {
        watchdog: Duration::from_millis(20),
        ..settings()
    });
    bench.submit("good");
    assert_eq!(bench.committed(), "good");
    bench.store.hold();
    bench.submit("hanging");
    bench.store.wait_for_commit(2);
    bench
        .committer
        .submit(batch("queued"), bench.done("queued"));
    let stop = bench.failed.lock().recv().unwrap();
    assert!(matches!(stop, FailStop::Hung { .. }), "{stop:?}");
    assert_eq!(bench.lost(), ("hanging".to_owned(), Outcome::Unknown));
    assert_eq!(bench.lost(), ("queued".to_owned(), Outcome::NotWritten));
    bench.committer.shutdown();
    bench.store.release();
    assert_eq!(bench.store.groups(), [1, 1]);
    assert!(
        bench.nobody_was_told(),
        "nobody is told twice when the commit returns after all"
    );
}

#[test]
fn a_slow_store_is_not_a_hanging_one() {
    let bench = bench(settings());
    bench.store.slow(Duration::from_millis(5));
    (0..5).for_each(|n| bench.submit(&n.to_string()));
    (0..5).for_each(|n| assert_eq!(bench.committed(), n.to_string()));
    assert_eq!(bench.committer.state(), State::Running);
    assert!(bench.committer.metrics().read().longest_sync >= Duration::from_millis(5));
}

#[test]
fn an_oversized_batch_is_refused_alone_and_in_its_turn() {
    let bench = bench(settings());
    bench.store.hold();
    bench.submit("a");
    bench.store.wait_for_commit(1);
    let mut oversized = batch("b");
    oversized.put("c", vec![0; MAX_VALUE_BYTES + 1]);
    bench.committer.submit(oversized, bench.done("b"));
    assert!(bench.nobody_was_told());
    bench.store.release();
    assert_eq!(bench.committed(), "a");
    let (name, refused) = bench.told.lock().recv().unwrap();
    assert!(
        matches!(refused, Err(CommitFailure::Refused(_))),
        "{refused:?}"
    );
    assert_eq!(name, "b");
    bench.submit("d");
    assert_eq!(bench.committed(), "d");
    assert_eq!(bench.keys(), ["a", "d"]);
}

#[test]
fn shutdown_commits_what_is_queued_and_refuses_what_comes_later() {
    let bench = bench(settings());
    bench.store.hold();
    (0..50).for_each(|n| bench.submit(&format!("{n:02}")));
    std::thread::scope(|scope| {
        let ending = scope.spawn(|| bench.committer.shutdown());
        bench.store.wait_for_commit(1);
        assert!(bench.nobody_was_told());
        bench.store.release();
        ending.join().unwrap();
    });
    (0..50).for_each(|n| assert_eq!(bench.committed(), format!("{n:02}")));
    assert_eq!(
        (bench.keys().len(), bench.committer.state()),
        (50, State::Stopped)
    );
    bench.submit("late");
    let late = bench.told.lock().recv().unwrap();
    assert!(matches!(late, (_, Err(CommitFailure::Stopped))), "{late:?}");
}

#[test]
fn the_last_handle_commits_what_is_queued() {
    let Bench {
        store,
        committer,
        tell,
        told,
        ..
    } = bench(settings());
    let done: Done = Box::new(move |result| tell.send((String::new(), result)).unwrap());
    let clone = committer.clone();
    clone.submit(batch("a"), done);
    drop(clone);
    drop(committer);
    told.lock().try_recv().unwrap().1.unwrap();
    assert_eq!(store.groups(), [1]);
}

#[test]
fn a_panicking_callback_hurts_nobody_else() {
    let bench = bench(settings());
    bench
        .committer
        .submit(batch("a"), Box::new(|_| panic!("ordered by the test")));
    bench.submit("b");
    assert_eq!(bench.committed(), "b");
    assert_eq!(bench.committer.state(), State::Running);
}

#[test]
fn a_callback_may_submit_although_the_queue_is_full() {
    let bench = bench(CommitterSettings {
        queue_batches: 1,
        max_batches: 1,
        ..settings()
    });
    bench.store.hold();
    let (committer, told) = (bench.committer.clone(), bench.done("from within"));
    let done: Done = Box::new(move |_| committer.submit(batch("from within"), told));
    bench.committer.submit(batch("first"), done);
    bench.store.wait_for_commit(1);
    bench.submit("second");
    bench.store.release();
    assert_eq!(
        [bench.committed(), bench.committed()],
        ["second", "from within"]
    );
}

#[test]
fn many_threads_lose_nothing_and_share_syncs() {
    let bench = bench(CommitterSettings {
        queue_batches: 16,
        ..settings()
    });
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let bench = &bench;
            scope.spawn(move || (0..500).for_each(|n| bench.submit(&format!("{thread}-{n:03}"))));
        }
    });
    bench.committer.shutdown();
    let mut told: Vec<String> = (0..2_000).map(|_| bench.committed()).collect();
    for thread in ["0-", "1-", "2-", "3-"] {
        let of_one: Vec<_> = told
            .iter()
            .filter(|name| name.starts_with(thread))
            .collect();
        assert!(
            of_one.is_sorted(),
            "each submitter's batches are told in their order"
        );
    }
    told.sort();
    assert_eq!(told, bench.keys());
}
