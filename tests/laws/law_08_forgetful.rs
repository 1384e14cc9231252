//! Law 8, chains: what capabilities that are not durable let out because of a delivery is not lost with their process. The
//! delivery has landed when all that came of it has.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::testing::{Colony, Placement};
use skep::{Cx, Message, Runtime};

use crate::city::{Choir, Crier, House, Houses, Ring, Rung, pass_time};
use crate::gate::{Fuse, Gate};
use crate::ledger::{Enter, Entries, Ledger, Ledgers, Slacken, Spoil};

const HOUR: Duration = Duration::from_secs(3600);

/// An echo that comes back so often before it is entered.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Echo {
    number: u64,
    left: u64,
}

skep::contract! {
    /// Send echoes to themselves.
    pub(crate) Valleys v1 { Echo }
}
skep::contract! {
    /// Send echoes to the slopes on the other side.
    pub(crate) Slopes v1 { Echo }
}
skep::contract! {
    /// Send echoes back.
    pub(crate) Cliffs v1 { Echo }
}

#[derive(Default)]
pub(crate) struct Valley;

#[skep::capability(contract = Valleys, uses(Houses, Ledgers, Valleys))]
impl Valley {
    #[on]
    async fn rung(&mut self, e: Rung, cx: &mut Cx<Self>) {
        let (number, left) = (e.number, e.number);
        cx.send::<Valleys, _>(Echo { number, left });
    }

    #[handle]
    async fn echo(&mut self, Echo { number, left }: Echo, cx: &mut Cx<Self>) {
        match left.checked_sub(1) {
            Some(left) => cx.send::<Valleys, _>(Echo { number, left }),
            None => cx.send::<Ledgers, _>(Enter { number }),
        }
    }
}

#[derive(Default)]
pub(crate) struct Slope;

#[skep::capability(contract = Slopes, stateless, uses(Houses, Ledgers, Cliffs))]
impl Slope {
    #[on]
    async fn rung(&mut self, e: Rung, cx: &mut Cx<Self>) {
        let (number, left) = (e.number, e.number);
        cx.send::<Cliffs, _>(Echo { number, left });
    }

    #[handle]
    async fn echo(&mut self, Echo { number, left }: Echo, cx: &mut Cx<Self>) {
        match left.checked_sub(1) {
            Some(left) => cx.send::<Cliffs, _>(Echo { number, left }),
            None => cx.send::<Ledgers, _>(Enter { number }),
        }
    }
}

#[derive(Default)]
pub(crate) struct Cliff;

#[skep::capability(contract = Cliffs, stateless, uses(Slopes))]
impl Cliff {
    #[handle]
    async fn echo(&mut self, m: Echo, cx: &mut Cx<Self>) {
        cx.send::<Slopes, _>(m);
    }
}

async fn ring(runtime: &Runtime, number: u64) {
    let houses = runtime.get::<Houses>();
    let rung = houses.key("a").ask(Ring { number }).await;
    rung.expect("a reply");
}

async fn entries(runtime: &Runtime) -> Vec<u64> {
    let entries = runtime.get::<Ledgers>().ask(Entries {}).await;
    let mut entries = entries.expect("the entries");
    entries.sort_unstable();
    entries
}

/// From now on the ledger enters nothing before the gate is opened for it.
async fn slacken(runtime: &Runtime, gate: &Gate) {
    let gate = Some(gate.name.clone());
    let slackened = runtime.get::<Ledgers>().ask(Slacken { gate }).await;
    slackened.expect("a reply");
}

async fn settle(runtime: &Runtime) {
    assert!(runtime.settled(HOUR).await, "{:?}", runtime.stats());
}

fn undelivered(runtime: &Runtime, capability: &str) -> u64 {
    let stats = runtime.stats();
    let mut stats = stats.iter();
    let stats = stats.find(|stats| stats.capability == capability);
    stats.expect("it is hosted").num_undelivered
}

/// Each of three tells the ledger; it takes the first of that, then the process ends.
#[skep::test]
async fn what_was_let_out_and_not_delivered_is_let_out_again_after_a_crash(colony: Colony) {
    let colony = colony
        .with::<House>()
        .with::<Choir>()
        .with::<Ledger>()
        .set("capabilities.choirs.instances=3");
    let runtime = colony.start().await;
    let gate = Gate::new();
    slacken(&runtime, &gate).await;
    ring(&runtime, 1).await;
    gate.arrived().await;
    gate.open();
    gate.arrived().await;
    if colony.placement() != Placement::Nats {
        // Over a stream it is the stream that keeps it.
        pass_time(Duration::from_secs(1)).await;
        assert_eq!(undelivered(&runtime, "houses"), 1, "it has not landed");
    }
    drop(runtime);
    let runtime = colony.start().await;
    for _ in 0..10 {
        gate.open();
    }
    settle(&runtime).await;
    assert_eq!(entries(&runtime).await, [101, 101, 101]);
    assert_eq!(undelivered(&runtime, "houses"), 0);
}

#[skep::test]
async fn a_long_chain_that_a_crash_cuts_arrives_once(colony: Colony) {
    let colony = colony.with::<House>().with::<Slope>().with::<Cliff>();
    let colony = colony.with::<Ledger>();
    let runtime = colony.start().await;
    let gate = Gate::new();
    slacken(&runtime, &gate).await;
    for number in [3, 5] {
        ring(&runtime, number).await;
    }
    gate.arrived().await;
    if colony.placement() != Placement::Nats {
        pass_time(Duration::from_secs(1)).await;
        assert_eq!(undelivered(&runtime, "houses"), 2, "neither has landed");
    }
    drop(runtime);
    let runtime = colony.start().await;
    for _ in 0..10 {
        gate.open();
    }
    settle(&runtime).await;
    assert_eq!(entries(&runtime).await, [3, 5]);
}

/// More hops than the relay takes at a time, and more chains beside each other than that.
#[skep::test]
async fn who_sends_to_itself_does_not_wait_for_itself(colony: Colony) {
    let colony = colony.with::<House>().with::<Valley>().with::<Ledger>();
    let runtime = colony.start().await;
    let numbers = (0..70).map(|number| if number == 9 { 150 } else { number % 3 });
    let mut numbers: Vec<u64> = numbers.collect();
    for number in &numbers {
        ring(&runtime, *number).await;
    }
    settle(&runtime).await;
    numbers.sort_unstable();
    assert_eq!(entries(&runtime).await, numbers);
    assert_eq!(undelivered(&runtime, "houses"), 0);
}

#[skep::test]
async fn those_who_send_in_a_circle_do_not_wait_for_each_other(colony: Colony) {
    let colony = colony.with::<House>().with::<Slope>().with::<Cliff>();
    let runtime = colony.with::<Ledger>().start().await;
    let numbers = (0..70).map(|number| if number == 9 { 150 } else { number % 3 });
    let mut numbers: Vec<u64> = numbers.collect();
    for number in &numbers {
        ring(&runtime, *number).await;
    }
    settle(&runtime).await;
    numbers.sort_unstable();
    assert_eq!(entries(&runtime).await, numbers);
    assert_eq!(undelivered(&runtime, "houses"), 0);
}

/// The ledger takes nothing; the criers hear all the same.
#[skep::test]
async fn turns_run_before_those_ahead_of_them_have_landed(colony: Colony) {
    let colony = colony.with::<House>().with::<Crier>().with::<Ledger>();
    let runtime = colony.start().await;
    let gate = Gate::new();
    slacken(&runtime, &gate).await;
    for number in 0..20 {
        ring(&runtime, number).await;
    }
    gate.arrived().await;
    let heard = || {
        let stats = runtime.stats();
        let mut stats = stats.iter();
        let criers = stats.find(|stats| stats.capability == "criers");
        criers.expect("they are hosted").num_turns
    };
    while heard() < 20 {
        pass_time(Duration::from_millis(1)).await;
    }
    for _ in 0..20 {
        gate.open();
    }
    settle(&runtime).await;
    assert_eq!(entries(&runtime).await, (0..20).collect::<Vec<_>>());
}

#[skep::test]
async fn what_nobody_could_be_given_holds_nothing_up(colony: Colony) {
    let colony = colony.with::<House>().with::<Crier>().with::<Ledger>();
    let runtime = colony.start().await;
    let fuse = Fuse::new(u32::MAX);
    let spoil = Spoil {
        number: 1,
        fuse: fuse.name.clone(),
        panic: false,
    };
    runtime.get::<Ledgers>().ask(spoil).await.expect("a reply");
    for number in 0..3 {
        ring(&runtime, number).await;
    }
    settle(&runtime).await;
    assert_eq!(entries(&runtime).await, [0, 2]);
    assert_eq!(undelivered(&runtime, "houses"), 0);
}
