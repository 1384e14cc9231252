//! Law 7: a reply means durable; what one turn does is committed whole, or not at all.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::poll;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::store::MemoryStore;
use skep::store::fault::{Fault, FaultyStore};
use skep::testing::Colony;
use skep::{AskError, CallError, Delivery, Health, Message, Runtime};

use crate::city::pass_time;
use crate::counter::{Add, AddAndFail, Counter, Counting, Read};
use crate::gate::{self, Fuse, Gate};
use crate::late_store::LateStore;
use crate::ledger::{Clerk, Clerking, Entries, Errand, Ledger, Ledgers, Run, Spoiled, Written};
use crate::shelf::{Heap, Shelf, Shelves};
use crate::worker::{Notes, Noting, Worker};

const MINUTE: Duration = Duration::from_secs(60);

fn faulty(colony: Colony) -> (Colony, Arc<FaultyStore>) {
    let store = FaultyStore::new(Arc::new(MemoryStore::new()));
    (colony.store(Arc::<FaultyStore>::clone(&store)), store)
}

fn add(number: u64) -> Add {
    Add { number }
}

#[skep::test(real_time)]
async fn no_reply_leaves_before_its_commit(colony: Colony) {
    let (colony, store) = faulty(colony.with::<Counter>());
    let runtime = colony.start().await;
    let counting = runtime.get::<Counting>();
    store.hold();
    let mut ask = pin!(counting.ask(add(5)).deadline(MINUTE));
    assert!(poll!(ask.as_mut()).is_pending());
    store.wait_for_commit(1);
    assert!(poll!(ask.as_mut()).is_pending());
    store.release();
    assert_eq!(ask.await, Ok(5));
}

#[skep::test(real_time)]
async fn a_read_waits_for_the_commits_it_could_have_seen(colony: Colony) {
    let (colony, store) = faulty(colony.with::<Counter>());
    let runtime = colony.start().await;
    let counting = runtime.get::<Counting>();
    store.hold();
    counting.tell(add(5)).await.expect("room");
    store.wait_for_commit(1);
    let mut read = pin!(counting.ask(Read {}).deadline(MINUTE));
    assert!(poll!(read.as_mut()).is_pending());
    while runtime.stats()[0].num_turns < 2 {
        tokio::task::yield_now().await;
    }
    assert!(
        poll!(read.as_mut()).is_pending(),
        "its turn is over, the commit is not"
    );
    store.release();
    assert_eq!(read.await, Ok(5));
}

#[skep::test(real_time)]
async fn the_next_turn_starts_on_top_of_writes_under_way(colony: Colony) {
    let (colony, store) = faulty(colony.with::<Counter>());
    let runtime = colony.start().await;
    let counting = runtime.get::<Counting>();
    store.hold();
    for _ in 0..4 {
        counting.tell(add(5)).await.expect("room");
    }
    let mut ask = pin!(counting.ask(add(1)).deadline(MINUTE));
    assert!(poll!(ask.as_mut()).is_pending());
    store.wait_for_commit(1);
    store.release();
    assert_eq!(ask.await, Ok(21));
}

#[skep::test(real_time)]
async fn after_a_panic_an_actor_sees_the_writes_that_were_under_way(colony: Colony) {
    let (colony, store) = faulty(colony.with::<Counter>());
    let runtime = colony.start().await;
    let counting = runtime.get::<Counting>();
    store.hold();
    counting.tell(add(5)).await.expect("room");
    store.wait_for_commit(1);
    counting.tell(add(2)).await.expect("room");
    let panicked = counting
        .ask(AddAndFail { panic: true })
        .deadline(MINUTE)
        .await;
    assert!(panicked.is_err());
    let mut read = pin!(counting.ask(Read {}).deadline(MINUTE));
    assert!(poll!(read.as_mut()).is_pending());
    store.release();
    assert_eq!(read.await, Ok(7));
}

/// Two turns commit one after the other; the relay, called for the first, finds the event of the second in the store, too.
#[skep::test(real_time)]
async fn an_event_is_not_delivered_before_it_is_durable(colony: Colony) {
    let store = LateStore::new();
    let colony = colony.store(Arc::<LateStore>::clone(&store));
    let runtime = colony.with::<Counter>().with::<Witness>().start().await;
    let gate = Gate::new();
    let watching = runtime.get::<Watching>();
    watching
        .ask(Hold {
            gate: gate.name.clone(),
        })
        .await
        .expect("a reply");
    let counting = runtime.get::<Counting>();
    store.hold();
    counting.tell(add(1)).await.expect("room");
    store.wait_for_commit(1);
    counting.tell(add(1)).await.expect("room");
    while runtime.stats()[0].num_turns < 2 {
        tokio::task::yield_now().await;
    }
    store.scan_after(2);
    store.let_one();
    gate.arrived().await;
    gate.open();
    let second = tokio::time::timeout(Duration::from_millis(300), gate.arrived()).await;
    assert!(second.is_err(), "the second event is not durable yet");
    store.release();
    gate.arrived().await;
    gate.open();
    assert!(runtime.settled(MINUTE).await);
    assert_eq!(watching.ask(Saw {}).await, Ok(vec![1, 2]));
}

/// Which totals it saw.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Vec<u64>)]
pub(crate) struct Saw {}

/// Each event waits at this gate.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Hold {
    gate: String,
}

skep::contract! {
    /// Sees events, and forgets them with the process.
    pub(crate) Watching v1 { Saw, Hold }
}

#[derive(Default)]
pub(crate) struct Witness {
    saw: Vec<u64>,
    gate: Option<String>,
}

#[skep::capability(contract = Watching, uses(Counting))]
impl Witness {
    #[handle]
    async fn saw(&mut self, _: Saw) -> Vec<u64> {
        self.saw.clone()
    }

    #[handle]
    async fn hold(&mut self, m: Hold) {
        self.gate = Some(m.gate);
    }

    #[on]
    async fn counted(&mut self, e: crate::counter::Counted) {
        if let Some(gate) = &self.gate {
            gate::pass(gate).await;
        }
        self.saw.push(e.total);
    }
}

#[skep::test(real_time)]
async fn a_failed_commit_is_told_and_fails_the_runtime(colony: Colony) {
    let (colony, store) = faulty(colony.with::<Counter>());
    let runtime = colony.start().await;
    let counting = runtime.get::<Counting>();
    counting.ask(add(5)).await.expect("a reply");
    // Else the commit that fails could be the one that forgets what was delivered.
    assert!(runtime.settled(MINUTE).await);
    store.fail_commit(store.groups().len() + 1, Fault::Io);
    let error = counting.ask(add(1)).await.expect_err("the commit fails");
    let error = error.call().expect("a call error").clone();
    assert!(
        matches!(error, CallError::Storage { tried: true, .. }),
        "{error}"
    );
    assert_eq!(error.delivery(), Delivery::Unknown);
    let health = runtime
        .health_becomes(|health| matches!(health, Health::Failed { .. }))
        .await;
    assert!(matches!(health, Health::Failed { .. }));
}

#[skep::test(real_time)]
async fn after_a_failed_commit_later_calls_are_refused_unhandled(colony: Colony) {
    let (colony, store) = faulty(colony.with::<Counter>().with::<Worker>());
    let runtime = colony.start().await;
    let counting = runtime.get::<Counting>();
    store.fail_commit(1, Fault::Sync);
    counting.ask(add(5)).await.expect_err("the commit fails");
    let error = counting
        .ask(add(1))
        .await
        .expect_err("the store has failed");
    let error = error.call().expect("a call error");
    assert!(
        matches!(error, CallError::Storage { tried: false, .. }),
        "{error}"
    );
    assert!(
        counting.ask(Read {}).await.is_err(),
        "a read could show what is not durable"
    );
    assert_eq!(runtime.get::<Noting>().ask(Notes {}).await, Ok(Vec::new()));
}

#[skep::test(real_time)]
async fn after_a_failed_commit_a_restart_finds_whole_turns(colony: Colony) {
    for fault in [Fault::Io, Fault::DiskFull, Fault::Sync, Fault::Panic] {
        let memory = Arc::new(MemoryStore::new());
        let store = FaultyStore::new(Arc::<MemoryStore>::clone(&memory));
        let colony = Colony::new(colony.placement(), skep::testing::Time::Real);
        let colony = colony
            .with::<Counter>()
            .with::<Ledger>()
            .store(store.clone());
        let runtime = colony.start().await;
        store.fail_commit(1, fault);
        runtime
            .get::<Counting>()
            .ask(add(5))
            .await
            .expect_err("the commit fails");
        runtime.stop().await;
        let runtime = colony.store(memory).start().await;
        let total = runtime
            .get::<Counting>()
            .ask(Read {})
            .await
            .expect("the total");
        assert!(runtime.settled(MINUTE).await);
        let entries = runtime
            .get::<Ledgers>()
            .ask(Entries {})
            .await
            .expect("the entries");
        let expected = if total == 5 { vec![5] } else { Vec::new() };
        assert_eq!(
            entries, expected,
            "{fault:?}: the event is there if the total is"
        );
        runtime.stop().await;
    }
}

/// Lets the clerk do everything that a turn can do, and fail; says what came of it elsewhere.
async fn fail_everything(colony: Colony, panic: bool) -> Runtime {
    let runtime = colony.with::<Clerk>().with::<Ledger>().start().await;
    let fuse = Fuse::new(1);
    let run = Run {
        number: 7,
        errands: vec![
            Errand::Write,
            Errand::Send,
            Errand::Emit,
            Errand::Later { ms: 10 },
        ],
        fuse: Some(fuse.name.clone()),
        panic,
    };
    let answer = runtime.get::<Clerking>().ask(run).await;
    match answer.expect_err("it fails") {
        AskError::Domain(spoiled) => assert_eq!(spoiled, Spoiled { number: 7 }),
        AskError::Call(error) => assert!(matches!(error, CallError::Panicked { .. }), "{error}"),
    }
    pass_time(Duration::from_millis(300)).await;
    assert!(runtime.settled(MINUTE).await);
    runtime
}

#[skep::test]
async fn a_refusal_rolls_back_rows_events_sends_and_timers(colony: Colony) {
    let runtime = fail_everything(colony, false).await;
    assert_eq!(
        runtime.get::<Clerking>().ask(Written {}).await,
        Ok(Vec::new())
    );
    assert_eq!(
        runtime.get::<Ledgers>().ask(Entries {}).await,
        Ok(Vec::new())
    );
}

#[skep::test]
async fn a_panic_rolls_back_rows_events_sends_and_timers(colony: Colony) {
    let runtime = fail_everything(colony, true).await;
    assert_eq!(
        runtime.get::<Clerking>().ask(Written {}).await,
        Ok(Vec::new())
    );
    assert_eq!(
        runtime.get::<Ledgers>().ask(Entries {}).await,
        Ok(Vec::new())
    );
}

#[skep::test]
async fn a_turn_that_succeeds_lets_everything_out(colony: Colony) {
    let runtime = colony.with::<Clerk>().with::<Ledger>().start().await;
    let errands = vec![Errand::Write, Errand::Send, Errand::Later { ms: 10 }];
    let run = Run {
        number: 7,
        errands,
        fuse: None,
        panic: false,
    };
    runtime.get::<Clerking>().ask(run).await.expect("a reply");
    pass_time(Duration::from_secs(1)).await;
    assert!(runtime.settled(MINUTE).await);
    assert_eq!(
        runtime.get::<Clerking>().ask(Written {}).await,
        Ok(vec![7, 7])
    );
    assert_eq!(runtime.get::<Ledgers>().ask(Entries {}).await, Ok(vec![7]));
}

#[skep::test]
async fn what_was_replied_is_there_after_a_restart(colony: Colony) {
    let colony = colony.with::<Counter>();
    for round in 1..=3 {
        let runtime = colony.start().await;
        assert_eq!(runtime.get::<Counting>().ask(add(4)).await, Ok(4 * round));
        runtime.stop().await;
    }
}

#[skep::test(real_time)]
async fn what_was_replied_is_there_after_a_restart_on_disk(colony: Colony) {
    for engine in ["sled", "fjall"] {
        let directory = tempfile::tempdir().expect("a directory");
        let colony = Colony::new(colony.placement(), skep::testing::Time::Real)
            .with::<Counter>()
            .on_disk(directory.path())
            .set(format!("store.engine={engine}"));
        for round in 1..=3 {
            let runtime = colony.start().await;
            assert_eq!(
                runtime.get::<Counting>().ask(add(4)).await,
                Ok(4 * round),
                "{engine}"
            );
            runtime.stop().await;
        }
    }
}

#[skep::test(real_time)]
async fn what_was_replied_is_there_after_the_runtime_was_dropped(colony: Colony) {
    let directory = tempfile::tempdir().expect("a directory");
    let colony = colony.with::<Counter>().on_disk(directory.path());
    for round in 1..=3 {
        let runtime = colony.start().await;
        assert_eq!(runtime.get::<Counting>().ask(add(4)).await, Ok(4 * round));
        drop(runtime);
    }
}

#[skep::test]
async fn a_turn_that_writes_too_much_is_refused_whole(colony: Colony) {
    let runtime = colony.with::<Shelf>().start().await;
    let heap = Heap {
        num_rows: 5,
        row_bytes: skep::store::MAX_BATCH_BYTES / 4,
    };
    let error = runtime
        .get::<Shelves>()
        .ask(heap)
        .await
        .expect_err("too much");
    let error = error.call().expect("a call error");
    assert!(
        matches!(error, CallError::Storage { tried: false, .. }),
        "{error}"
    );
    let small = Heap {
        num_rows: 5,
        row_bytes: 10,
    };
    assert_eq!(runtime.get::<Shelves>().ask(small).await, Ok(()));
}

#[skep::test]
async fn memory_durability_forgets_with_the_process(colony: Colony) {
    let colony = colony
        .with::<Counter>()
        .set("capabilities.counting.durability=memory");
    let runtime = colony.start().await;
    assert_eq!(runtime.get::<Counting>().ask(add(4)).await, Ok(4));
    runtime.stop().await;
    let runtime = colony.start().await;
    assert_eq!(runtime.get::<Counting>().ask(Read {}).await, Ok(0));
}
