//! Law 6: a message that keeps failing is put aside, seen and replayable, and holds up nobody.

use std::time::Duration;

use skep::Runtime;
use skep::testing::{Colony, Placement};

use crate::counter::{Add, Counter, Counting};
use crate::gate::Fuse;
use crate::ledger::{Entries, Ledger, Ledgers, Spoil};

const MINUTE: Duration = Duration::from_secs(60);

/// A counter whose events a ledger enters; the total 3 is spoiled as long as the fuse blows.
async fn spoiled(colony: Colony, fuse: &Fuse, panic: bool) -> Runtime {
    let colony = colony.with::<Counter>().with::<Ledger>();
    // Who tries again is the emitter's relay, or over NATS the listener; how often is the listener's to say.
    let runtime = colony
        .set("capabilities.ledgers.delivery.attempts=3")
        .set("capabilities.ledgers.delivery.backoff_min=10ms")
        .start()
        .await;
    let spoil = Spoil {
        number: 3,
        fuse: fuse.name.clone(),
        panic,
    };
    runtime.get::<Ledgers>().ask(spoil).await.expect("a reply");
    for _ in 0..5 {
        runtime
            .get::<Counting>()
            .ask(Add { number: 1 })
            .await
            .expect("a reply");
    }
    assert!(runtime.settled(MINUTE).await, "{:?}", runtime.stats());
    runtime
}

/// Whose dead letters the counter's events are in: those of whoever has tried to deliver them.
fn buried(colony: &Colony) -> &'static str {
    match colony.placement() {
        Placement::Local | Placement::Wire => "counting",
        Placement::Nats => "ledgers",
    }
}

async fn entries(runtime: &Runtime) -> Vec<u64> {
    runtime
        .get::<Ledgers>()
        .ask(Entries {})
        .await
        .expect("the entries")
}

#[skep::test]
async fn an_event_whose_turn_fails_comes_again_in_its_order(colony: Colony) {
    for panic in [true, false] {
        let fuse = Fuse::new(2);
        let colony = Colony::new(colony.placement(), colony.time());
        let runtime = spoiled(colony, &fuse, panic).await;
        assert_eq!(entries(&runtime).await, [1, 2, 3, 4, 5]);
        for capability in ["counting", "ledgers"] {
            let dead = runtime.dead_letters(capability).await.expect("the store");
            assert!(dead.is_empty(), "{dead:?}");
        }
    }
}

#[skep::test]
async fn an_event_that_keeps_failing_is_put_aside_and_seen(colony: Colony) {
    let fuse = Fuse::new(u32::MAX);
    let buried = buried(&colony);
    let runtime = spoiled(colony, &fuse, true).await;
    assert_eq!(entries(&runtime).await, [1, 2, 4, 5]);
    let dead = runtime.dead_letters(buried).await.expect("the store");
    let [letter] = dead.as_slice() else {
        panic!("one letter, not {dead:?}");
    };
    assert_eq!(
        (letter.target.as_str(), letter.message.as_str()),
        ("ledgers", "counted")
    );
    assert_eq!((letter.attempts, letter.body.get()), (3, "{\"total\":3}"));
    assert!(
        letter.reason.contains("number 3 is spoiled"),
        "{}",
        letter.reason
    );
}

#[skep::test]
async fn a_dead_letter_is_replayed_once_it_can_be_handled(colony: Colony) {
    let fuse = Fuse::new(3);
    let buried = buried(&colony);
    let runtime = spoiled(colony, &fuse, true).await;
    let number = runtime.dead_letters(buried).await.expect("the store")[0].number;
    runtime
        .replay_dead_letter(buried, number)
        .await
        .expect("the store");
    assert!(runtime.settled(MINUTE).await);
    assert_eq!(entries(&runtime).await, [1, 2, 4, 5, 3]);
    assert!(
        runtime
            .dead_letters(buried)
            .await
            .expect("the store")
            .is_empty()
    );
}

#[skep::test]
async fn a_dead_letter_may_be_dropped(colony: Colony) {
    let fuse = Fuse::new(u32::MAX);
    let buried = buried(&colony);
    let runtime = spoiled(colony, &fuse, true).await;
    let number = runtime.dead_letters(buried).await.expect("the store")[0].number;
    runtime
        .drop_dead_letter(buried, number)
        .await
        .expect("the store");
    assert!(
        runtime
            .dead_letters(buried)
            .await
            .expect("the store")
            .is_empty()
    );
    let error = runtime.drop_dead_letter(buried, number).await;
    assert!(
        matches!(error, Err(skep::DeadLetterError::Unknown { .. })),
        "{error:?}"
    );
}
