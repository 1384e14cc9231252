//! The engine: where turns run, who may wait for whom, and how actors of keys come and go.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::poll;
use skep::Runtime;
use skep::testing::{Colony, Placement};

use crate::blocker;
use crate::blocker::{Block, Rock, Rocks, Stone, Stones, TellAndBlock};
use crate::city::{House, Houses, Ring, Rings, pass_time};
use crate::counter::{Counter, Counting, Read, Slow};
use crate::gate::Gate;
use crate::hops::{Gamma, Hop, hoppers};
use crate::worker::{Chase, Note, NoteSlowly, Notes, Noting, Pass, Spin, Trip, Worker};

#[skep::test]
async fn an_idle_actor_runs_on_its_callers_thread(colony: Colony) {
    let is_local = colony.placement() == Placement::Local;
    let runtime = colony.with::<Worker>().start().await;
    for number in 0..10 {
        runtime
            .get::<Noting>()
            .ask(Note { sender: 0, number })
            .await
            .expect("a reply");
    }
    let stats = &runtime.stats()[0];
    assert_eq!(stats.num_turns, 10);
    assert_eq!(stats.num_inline_turns, if is_local { 10 } else { 0 });
}

#[skep::test]
async fn a_busy_actor_does_not_run_on_its_callers_thread(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let noting = runtime.get::<Noting>();
    let gate = Gate::new();
    noting
        .tell(Pass {
            gate: gate.name.clone(),
        })
        .await
        .expect("room");
    gate.arrived().await;
    let mut asks: Vec<_> = (0..10)
        .map(|number| Box::pin(noting.ask(Note { sender: 0, number })))
        .collect();
    for ask in &mut asks {
        assert!(poll!(ask).is_pending());
    }
    gate.open();
    join_all(asks).await;
    let stats = &runtime.stats()[0];
    assert_eq!((stats.num_turns, stats.num_inline_turns), (11, 0));
}

/// Turns take no time where time stands still; that is known of a message when its first turn is over.
#[skep::test]
async fn a_told_message_whose_turns_are_short_is_handled_on_its_senders_thread(colony: Colony) {
    let is_local = colony.placement() == Placement::Local;
    let runtime = colony.with::<Worker>().start().await;
    let noting = runtime.get::<Noting>();
    let told = |number| noting.tell(Note { sender: 0, number });
    told(0).await.expect("room");
    let notes = noting.ask(Notes {}).await.expect("notes");
    assert_eq!(notes, [(0, 0)]);
    let before = runtime.stats().remove(0).num_inline_turns;
    told(1).await.expect("room");
    told(2).await.expect("room");
    let inline = runtime.stats().remove(0).num_inline_turns - before;
    assert_eq!(inline, if is_local { 2 } else { 0 });
    let notes = noting.ask(Notes {}).await.expect("notes");
    assert_eq!(notes, [(0, 0), (0, 1), (0, 2)]);
}

#[skep::test]
async fn a_told_message_that_may_wait_is_not_handled_on_its_senders_thread(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let noting = runtime.get::<Noting>();
    for number in 0..3 {
        let slowly = NoteSlowly { sender: 0, number };
        noting.tell(slowly).await.expect("room");
        noting.ask(Notes {}).await.expect("it has ended");
    }
    let meters = runtime.meters();
    let slow = meters.iter().find(|meter| meter.message == "note_slowly");
    let inline = slow.map(|meter| meter.turns.iter().filter(|(_, inline, _)| *inline));
    let inline: u64 = inline.expect("a meter").map(|(.., count)| count).sum();
    assert_eq!(inline, 0);
}

#[skep::test]
async fn what_becomes_of_a_told_message_is_not_its_senders_business(colony: Colony) {
    let runtime = colony.with::<Worker>().start().await;
    let noting = runtime.get::<Noting>();
    for _ in 0..3 {
        noting.tell(Trip {}).await.expect("room");
        let note = Note {
            sender: 0,
            number: 0,
        };
        assert_eq!(noting.ask(note).await, Ok(1), "a new actor");
    }
    let failures = runtime.call_failures();
    assert!(failures.iter().all(|(.., number)| *number == 0));
}

#[skep::test(real_time)]
async fn a_busy_actor_does_not_starve_its_neighbour_on_one_thread(colony: Colony) {
    let colony = hoppers(colony).with::<Worker>().set("runtime.arbiters=1");
    let runtime = colony.start().await;
    let gate = Gate::new();
    let noting = runtime.get::<Noting>();
    noting
        .tell(Spin {
            gate: gate.name.clone(),
        })
        .await
        .expect("room");
    for key in 0..200_u64 {
        // Made by its first message, an actor's first turn is at home, where the busy one is.
        assert_eq!(
            runtime.get::<Gamma>().key(key).ask(Hop::default()).await,
            Ok(0)
        );
    }
    gate.open();
    noting.ask(Notes {}).await.expect("the busy one has ended");
}

#[skep::test(real_time)]
async fn a_mailbox_that_is_never_empty_does_not_starve_a_neighbour_on_one_thread(colony: Colony) {
    let colony = hoppers(colony).with::<Worker>().set("runtime.arbiters=1");
    let runtime = colony.start().await;
    let gate = Gate::new();
    let noting = runtime.get::<Noting>();
    let chase = Chase {
        gate: gate.name.clone(),
    };
    noting.tell(chase).await.expect("room");
    for key in 0..200_u64 {
        assert_eq!(
            runtime.get::<Gamma>().key(key).ask(Hop::default()).await,
            Ok(0)
        );
    }
    gate.open();
    noting.ask(Notes {}).await.expect("the busy one has ended");
}

#[skep::test(real_time)]
async fn a_turn_that_blocks_its_thread_blocks_nobody_else(colony: Colony) {
    let colony = colony
        .with::<Stone>()
        .with::<Worker>()
        .set("runtime.arbiters=1");
    let runtime = colony.start().await;
    let door = Gate::new().name.clone() + " blocks nobody";
    runtime
        .get::<Stones>()
        .tell(Block { door: door.clone() })
        .await
        .expect("room");
    blocker::wait_for(&door, 1);
    for number in 0..20 {
        let noted = runtime
            .get::<Noting>()
            .ask(NoteSlowly { sender: 0, number })
            .await;
        assert_eq!(noted, Ok(number + 1));
    }
    blocker::open(&door);
}

#[skep::test(real_time, in_process = "each process has threads of its own")]
async fn as_many_turns_block_at_a_time_as_there_are_threads_for_them(colony: Colony) {
    let colony = colony.with::<Stone>().with::<Rock>();
    for num_threads in [1, 2] {
        let placement = colony.placement();
        let colony = Colony::new(placement, skep::testing::Time::Real)
            .with::<Stone>()
            .with::<Rock>();
        let colony = colony.set(format!("runtime.blocking_threads={num_threads}"));
        let runtime = colony.start().await;
        let door = format!("{num_threads} threads, {placement:?}");
        runtime
            .get::<Stones>()
            .tell(Block { door: door.clone() })
            .await
            .expect("room");
        runtime
            .get::<Rocks>()
            .tell(Block { door: door.clone() })
            .await
            .expect("room");
        blocker::wait_for(&door, num_threads);
        if num_threads == 1 {
            assert_eq!(blocker::arrived(&door), 1);
        }
        blocker::open(&door);
        blocker::wait_for(&door, 2);
        runtime.stop().await;
    }
}

/// What a blocking turn wakes must not wait on its thread for it to end.
#[skep::test(real_time)]
async fn a_blocking_turn_may_wait_for_another_that_it_called(colony: Colony) {
    let colony = colony
        .with::<Stone>()
        .with::<Rock>()
        .set("runtime.blocking_threads=2");
    let placement = colony.placement();
    let runtime = colony.start().await;
    for round in 0..crate::repeats(20) {
        let door = format!("told {round} {placement:?}");
        runtime
            .get::<Stones>()
            .ask(TellAndBlock { door })
            .await
            .expect("the other has come");
    }
}

#[skep::test]
async fn an_idle_actor_of_a_key_goes_and_comes_back_with_its_state(colony: Colony) {
    let colony = colony
        .with::<House>()
        .set("capabilities.houses.idle_after=1s");
    let runtime = colony.start().await;
    let house = runtime.get::<Houses>().key("a");
    house.ask(Ring { number: 1 }).await.expect("a reply");
    assert_eq!(house.ask(Rings {}).await, Ok((1, 0)));
    pass_time(Duration::from_secs(3)).await;
    assert_eq!(runtime.stats()[0].num_actors, 0);
    assert_eq!(
        house.ask(Rings {}).await,
        Ok((1, 1)),
        "its state is there, and it was told to stop"
    );
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn an_actor_of_a_key_that_is_used_stays(colony: Colony) {
    let colony = colony
        .with::<House>()
        .set("capabilities.houses.idle_after=1s");
    let runtime = colony.start().await;
    let house = runtime.get::<Houses>().key("a");
    for _ in 0..20 {
        assert_eq!(house.ask(Rings {}).await, Ok((0, 0)));
        pass_time(Duration::from_millis(500)).await;
    }
}

#[skep::test]
async fn ten_thousand_keys_have_ten_thousand_actors(colony: Colony) {
    let runtime = hoppers(colony).start().await;
    let gamma = runtime.get::<Gamma>();
    for key in 0..10_000_u64 {
        assert_eq!(gamma.key(key).ask(Hop::default()).await, Ok(0));
    }
    assert_eq!(runtime.stats()[2].num_actors, 10_000);
}

/// Runs a future on this thread, which knows no async runtime.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::task::Waker::from(std::sync::Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future
            .as_mut()
            .poll(&mut std::task::Context::from_waker(&waker))
        {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

fn memory() -> skep::Builder {
    let sources = skep::config::Sources::of("test").set("capabilities.counting.durability=memory");
    Runtime::builder().with::<Counter>().sources(sources)
}

#[test]
fn callers_need_no_async_runtime() {
    let runtime = memory().start_blocking().expect("it starts");
    let counting = runtime.get::<Counting>();
    assert_eq!(
        block_on(counting.ask(Slow { ms: 3 })),
        Ok(1),
        "its handler waits with tokio's timer"
    );
    assert_eq!(block_on(counting.ask(Read {})), Ok(1));
    let late = block_on(
        counting
            .ask(Slow { ms: 60_000 })
            .deadline(Duration::from_millis(20)),
    );
    assert!(late.is_err(), "deadlines need none either");
    block_on(async {
        drop(runtime);
    });
}

#[test]
fn it_runs_inside_an_application_on_any_tokio_runtime() {
    let builders = [
        tokio::runtime::Builder::new_current_thread(),
        tokio::runtime::Builder::new_multi_thread(),
    ];
    for mut builder in builders {
        let application = builder.enable_all().build().expect("a runtime");
        application.block_on(async {
            let runtime = memory().start().await.expect("it starts");
            let counting = runtime.get::<Counting>();
            assert_eq!(counting.ask(Slow { ms: 3 }).await, Ok(1));
            assert_eq!(counting.ask(Read {}).await, Ok(1));
            runtime.stop().await;
        });
    }
}
