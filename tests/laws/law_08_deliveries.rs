//! Law 8, deliveries: events and sends arrive, in order, at those they are for, and nobody holds up anybody else.

use std::time::Duration;

use skep::testing::{Colony, Placement};
use skep::{CallError, Runtime};

use crate::city::{
    Choir, Crier, Doorman, Doormen, HastyTower, Heard, Herald, House, Houses, Postman, Postmen,
    Ring, Rust, StandAt, Strokes, Tower, Towers, pass_time,
};
use crate::counter::{Add, Counter, Counting};
use crate::gate::{Fuse, Gate};
use crate::ledger::{Clerk, Clerking, Entries, Errand, Ledger, Ledgers, Run, Spoil};

const HOUR: Duration = Duration::from_secs(3600);

async fn ring(runtime: &Runtime, house: &str, number: u64) {
    let rung = runtime
        .get::<Houses>()
        .key(house)
        .ask(Ring { number })
        .await;
    rung.expect("a reply");
}

async fn settle(runtime: &Runtime) {
    assert!(runtime.settled(HOUR).await, "{:?}", runtime.stats());
}

async fn entries(runtime: &Runtime) -> Vec<u64> {
    runtime
        .get::<Ledgers>()
        .ask(Entries {})
        .await
        .expect("the entries")
}

fn send(number: u64) -> Run {
    Run {
        number,
        errands: vec![Errand::Send],
        fuse: None,
        panic: false,
    }
}

#[skep::test]
async fn a_keyed_subscriber_gets_an_event_by_its_key(colony: Colony) {
    let runtime = colony.with::<House>().with::<Postman>().start().await;
    for number in 0..6 {
        ring(&runtime, ["a", "b"][number as usize % 2], number).await;
    }
    settle(&runtime).await;
    let postmen = runtime.get::<Postmen>();
    assert_eq!(postmen.key("a").ask(Heard {}).await, Ok(vec![0, 2, 4]));
    assert_eq!(postmen.key("b").ask(Heard {}).await, Ok(vec![1, 3, 5]));
}

#[skep::test]
async fn events_of_one_actor_arrive_in_order_however_often_they_fail(colony: Colony) {
    let colony = colony.with::<Counter>().with::<Ledger>();
    let quickly = "defaults.delivery.backoff_min=10ms";
    let runtime = colony.set(quickly).start().await;
    let fuses: Vec<_> = (0..5).map(|_| Fuse::new(2)).collect();
    for (fuse, number) in fuses.iter().zip([2, 3, 7, 11, 12]) {
        let spoil = Spoil {
            number,
            fuse: fuse.name.clone(),
            panic: false,
        };
        runtime.get::<Ledgers>().ask(spoil).await.expect("a reply");
    }
    for _ in 0..12 {
        runtime
            .get::<Counting>()
            .ask(Add { number: 1 })
            .await
            .expect("a reply");
    }
    settle(&runtime).await;
    assert_eq!(entries(&runtime).await, (1..=12).collect::<Vec<_>>());
}

#[skep::test]
async fn an_event_reaches_one_of_several_equal_actors_or_each(colony: Colony) {
    let colony = colony
        .with::<House>()
        .with::<Crier>()
        .with::<Choir>()
        .with::<Ledger>()
        .set("capabilities.criers.instances=3")
        .set("capabilities.choirs.instances=3");
    let runtime = colony.start().await;
    ring(&runtime, "a", 1).await;
    settle(&runtime).await;
    let mut heard = entries(&runtime).await;
    heard.sort_unstable();
    assert_eq!(
        heard,
        [1, 101, 101, 101],
        "balanced once, broadcast to three"
    );
}

/// Both send to the ledger because of the same event: these are two messages.
#[skep::test]
async fn what_two_subscribers_do_for_one_event_is_not_taken_for_the_same(colony: Colony) {
    let colony = colony
        .with::<House>()
        .with::<Crier>()
        .with::<Herald>()
        .with::<Ledger>();
    let runtime = colony.start().await;
    ring(&runtime, "a", 1).await;
    settle(&runtime).await;
    let mut heard = entries(&runtime).await;
    heard.sort_unstable();
    assert_eq!(heard, [1, 201]);
}

/// Whoever emits is answered, and the postmen hear, while the doorman stands at his gate before the first bell.
#[skep::test]
async fn a_slow_subscriber_holds_up_neither_the_emitter_nor_other_subscribers(colony: Colony) {
    let colony = colony.with::<House>().with::<Postman>().with::<Doorman>();
    let runtime = colony.start().await;
    let gate = Gate::new();
    let stand = StandAt {
        gate: Some(gate.name.clone()),
    };
    runtime.get::<Doormen>().ask(stand).await.expect("a reply");
    for house in 0..100_u64 {
        ring(&runtime, &house.to_string(), house).await;
    }
    for house in 0..100_u64 {
        let postman = runtime.get::<Postmen>().key(house);
        let hears = async {
            while postman.ask(Heard {}).await != Ok(vec![house]) {
                pass_time(Duration::from_millis(10)).await;
            }
        };
        let heard = tokio::time::timeout(Duration::from_secs(60), hears).await;
        heard.expect("every postman hears the bell of his house");
    }
    assert!(
        !runtime.settled(Duration::ZERO).await,
        "the doorman has not heard them"
    );
}

#[skep::test]
async fn a_failing_subscriber_holds_up_nobody(colony: Colony) {
    let colony = colony.with::<Counter>().with::<Ledger>().with::<Clerk>();
    let runtime = colony.start().await;
    let fuse = Fuse::new(u32::MAX);
    let spoil = Spoil {
        number: 1,
        fuse: fuse.name.clone(),
        panic: false,
    };
    runtime.get::<Ledgers>().ask(spoil).await.expect("a reply");
    runtime
        .get::<Counting>()
        .ask(Add { number: 1 })
        .await
        .expect("a reply");
    // To the same receiver, from another sender.
    runtime
        .get::<Clerking>()
        .ask(send(50))
        .await
        .expect("a reply");
    // How long a delivery takes where it crosses processes is for the machine to say.
    for _ in 0..1000 {
        if !entries(&runtime).await.is_empty() {
            break;
        }
        pass_time(Duration::from_millis(10)).await;
    }
    assert_eq!(entries(&runtime).await, [50]);
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn what_is_sent_to_a_capability_that_is_down_arrives_when_it_is_up(colony: Colony) {
    let colony = colony
        .with::<Clerk>()
        .with::<Ledger>()
        .set("capabilities.ledgers.restart.budget=0")
        .set("capabilities.ledgers.restart.down_for=10m");
    let runtime = colony.start().await;
    let fuse = Fuse::new(1);
    let spoil = Spoil {
        number: 1,
        fuse: fuse.name.clone(),
        panic: true,
    };
    let ledgers = runtime.get::<Ledgers>();
    ledgers.ask(spoil).await.expect("a reply");
    ledgers
        .ask(crate::ledger::Enter { number: 1 })
        .await
        .expect_err("it panics");
    runtime
        .get::<Clerking>()
        .ask(send(50))
        .await
        .expect("a reply");
    pass_time(Duration::from_secs(300)).await;
    let down = ledgers.ask(Entries {}).await.expect_err("it is down");
    assert!(
        matches!(down.call(), Some(CallError::Down { .. })),
        "{down}"
    );
    settle(&runtime).await;
    assert_eq!(entries(&runtime).await, [50]);
}

#[skep::test]
async fn what_is_sent_to_a_capability_that_is_not_hosted_waits_for_it(colony: Colony) {
    let store = std::sync::Arc::new(skep::store::MemoryStore::new());
    let alone = Colony::new(colony.placement(), colony.time());
    let alone = alone.with::<Clerk>().store(store.clone()).start().await;
    alone
        .get::<Clerking>()
        .ask(send(50))
        .await
        .expect("a reply");
    assert_eq!(alone.stats()[0].num_undelivered, 1);
    alone.stop().await;
    let runtime = colony
        .with::<Clerk>()
        .with::<Ledger>()
        .store(store)
        .start()
        .await;
    settle(&runtime).await;
    assert_eq!(entries(&runtime).await, [50]);
}

#[skep::test]
async fn a_send_that_the_receiver_refuses_is_a_dead_letter_at_once(colony: Colony) {
    let buried = match colony.placement() {
        Placement::Local | Placement::Wire => "clerking",
        Placement::Nats => "ledgers",
    };
    let runtime = colony.with::<Clerk>().with::<Ledger>().start().await;
    let fuse = Fuse::new(1);
    let spoil = Spoil {
        number: 50,
        fuse: fuse.name.clone(),
        panic: false,
    };
    runtime.get::<Ledgers>().ask(spoil).await.expect("a reply");
    runtime
        .get::<Clerking>()
        .ask(send(50))
        .await
        .expect("a reply");
    settle(&runtime).await;
    let dead = runtime.dead_letters(buried).await.expect("the store");
    assert_eq!((dead.len(), dead[0].attempts), (1, 1), "{dead:?}");
}

#[skep::test]
async fn a_full_outbox_refuses_turns_that_emit_and_takes_no_actor_down(colony: Colony) {
    let colony = colony
        .with::<Clerk>()
        .set("capabilities.clerking.outbox_limit=3");
    let runtime = colony.start().await;
    let clerk = runtime.get::<Clerking>();
    for number in 0..3 {
        clerk.ask(send(number)).await.expect("room");
    }
    for number in 0..20 {
        let error = clerk.ask(send(number)).await.expect_err("it is full");
        let error = error.call().expect("a call error");
        assert!(matches!(error, CallError::Overloaded { .. }), "{error}");
    }
    let write = Run {
        errands: vec![Errand::Write],
        ..send(9)
    };
    assert_eq!(clerk.ask(write).await, Ok(0));
}

#[skep::test]
async fn a_backlog_survives_a_restart_in_order(colony: Colony) {
    let colony = colony.with::<Counter>().with::<Ledger>();
    let runtime = colony.start().await;
    let gate = Gate::new();
    let slacken = crate::ledger::Slacken {
        gate: Some(gate.name.clone()),
    };
    runtime
        .get::<Ledgers>()
        .ask(slacken)
        .await
        .expect("a reply");
    for _ in 0..100 {
        runtime
            .get::<Counting>()
            .ask(Add { number: 1 })
            .await
            .expect("a reply");
    }
    gate.arrived().await;
    gate.open();
    runtime.stop().await;
    let runtime = colony.start().await;
    for _ in 0..99 {
        gate.open();
    }
    settle(&runtime).await;
    let entered = entries(&runtime).await;
    assert_eq!(entered, (1..=100).collect::<Vec<_>>());
}

async fn strokes(runtime: &Runtime) -> Vec<u64> {
    runtime
        .get::<Towers>()
        .ask(Strokes {})
        .await
        .expect("the strokes")
}

fn gaps(strokes: &[u64]) -> Vec<u64> {
    strokes.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn a_periodic_turn_runs_each_period(colony: Colony) {
    let runtime = colony.with::<Tower>().start().await;
    pass_time(5 * HOUR + Duration::from_secs(60)).await;
    let strokes = strokes(&runtime).await;
    assert_eq!((strokes.len(), gaps(&strokes)), (5, vec![3600; 4]));
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn a_periodic_turn_that_panics_or_fails_is_called_again(colony: Colony) {
    for panic in [true, false] {
        let colony = Colony::new(colony.placement(), colony.time());
        let runtime = colony.with::<Tower>().start().await;
        let fuse = Fuse::new(2);
        let rust = Rust {
            fuse: fuse.name.clone(),
            panic,
        };
        runtime.get::<Towers>().ask(rust).await.expect("a reply");
        pass_time(5 * HOUR + Duration::from_secs(60)).await;
        let expected = if panic { 5 } else { 3 };
        let struck = strokes(&runtime).await;
        assert_eq!(
            struck.len(),
            expected,
            "a panic is tried again, an error is not: {struck:?}"
        );
    }
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn a_restart_does_not_move_a_period(colony: Colony) {
    let colony = colony.with::<Tower>();
    let runtime = colony.start().await;
    pass_time(HOUR / 2).await;
    runtime.stop().await;
    let runtime = colony.start().await;
    // A test's wall clock begins anew with each start, so the stroke is due an hour after it.
    pass_time(HOUR + Duration::from_secs(60)).await;
    assert_eq!(strokes(&runtime).await.len(), 1);
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn a_changed_period_counts_from_the_next_start(colony: Colony) {
    let store = std::sync::Arc::new(skep::store::MemoryStore::new());
    let placement = colony.placement();
    let fresh = || Colony::new(placement, skep::testing::Time::Virtual).store(store.clone());
    let runtime = fresh().with::<Tower>().start().await;
    pass_time(Duration::from_secs(60)).await;
    runtime.stop().await;
    let runtime = fresh().with::<HastyTower>().start().await;
    pass_time(Duration::from_secs(630)).await;
    let struck = strokes(&runtime).await;
    assert_eq!((struck.len(), gaps(&struck)), (10, vec![60; 9]));
}
