//! Turns that have to wait: beside their callers where that is as good as at home, and at home where it is not.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::testing::{Colony, Placement};
use skep::{CapabilityStats, Message, Ref, Runtime};
use tokio::runtime::Builder;

use crate::city::until;
use crate::engine::block_on;
use crate::gate::{self, Gate};
use crate::hops::{Alpha, Hop, hoppers};

/// Only ends a test that hangs.
const LIMIT: Duration = Duration::from_secs(60);

/// On which thread does a turn go on that has waited?
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = String)]
struct Where {
    /// Where it waits; without a gate it only lets others go first.
    gate: Option<String>,
}

skep::contract! { Whereabouts v1 { Where } }

#[derive(Default)]
struct Wanderer;

#[skep::capability(contract = Whereabouts)]
impl Wanderer {
    #[handle]
    async fn ask_where(&mut self, m: Where) -> String {
        match &m.gate {
            Some(name) => gate::pass(name).await,
            None => tokio::task::yield_now().await,
        }
        thread::current().name().unwrap_or_default().to_owned()
    }
}

/// An application whose tasks run on `num` threads called `callers`.
fn application(num: usize) -> (tokio::runtime::Runtime, Runtime) {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(num).thread_name("callers");
    let application = builder.enable_all().build().expect("threads");
    let sources = skep::config::Sources::of("test").set("runtime.arbiters=1");
    let starting = Runtime::builder().with::<Wanderer>().sources(sources);
    let runtime = application.block_on(starting.start()).expect("it starts");
    (application, runtime)
}

#[test]
fn a_turn_that_waits_goes_on_beside_its_callers() {
    let (application, runtime) = application(2);
    let whereabouts: Ref<Whereabouts> = runtime.get();
    let asking = application.spawn(async move {
        // On a machine that is busy with something else it may be sent home now and then.
        while whereabouts.ask(Where::default()).await.as_deref() != Ok("callers") {}
    });
    let asking = async { tokio::time::timeout(LIMIT, asking).await };
    let asked = application
        .block_on(asking)
        .expect("it never went on there");
    asked.expect("no panic");
    assert_eq!(runtime.stats()[0].num_inline_turns, 0);
    application.block_on(runtime.stop());
}

#[test]
fn a_turn_goes_on_while_its_callers_block_all_their_threads() {
    let (application, runtime) = application(1);
    let whereabouts: Ref<Whereabouts> = runtime.get();
    let (sender, answers) = mpsc::sync_channel(9);
    // Nobody waits for this task: if the answer does not come, it never ends.
    drop(application.spawn(async move {
        for _ in 0..3 {
            let thread = block_on(whereabouts.ask(Where::default()));
            sender.send(thread).expect("the test");
        }
    }));
    for _ in 0..3 {
        let thread = answers.recv_timeout(LIMIT).expect("an answer");
        assert_ne!(thread.expect("a reply"), "callers");
    }
    application.block_on(runtime.stop());
}

#[test]
fn a_turn_outlives_the_runtime_where_it_was_a_guest() {
    let (application, runtime) = application(2);
    let gate = Gate::new();
    let whereabouts: Ref<Whereabouts> = runtime.get();
    let waits = Where {
        gate: Some(gate.name.clone()),
    };
    let asking = {
        let whereabouts = whereabouts.clone();
        application.spawn(async move { whereabouts.ask(waits).await })
    };
    application.block_on(async {
        gate.arrived().await;
    });
    drop(application);
    drop(asking);
    gate.open();
    let (sender, answers) = mpsc::sync_channel(1);
    let next = thread::spawn(move || {
        let thread = block_on(whereabouts.ask(Where::default()));
        sender.send(thread).expect("the test");
    });
    let thread = answers.recv_timeout(LIMIT).expect("an answer");
    assert_ne!(thread.expect("a reply"), "callers");
    next.join().expect("no panic");
    block_on(runtime.stop());
}

/// Where the budget of the caller's task ends in the middle of a chain, the chain goes on, and the next call waits.
#[skep::test]
async fn a_chain_of_calls_is_not_torn_by_its_callers_budget(colony: Colony) {
    let is_local = colony.placement() == Placement::Local;
    let runtime = hoppers(colony).start().await;
    let alpha = runtime.get::<Alpha>();
    for _ in 0..300 {
        let hops = alpha.ask(Hop::along(&["beta", "gamma[a]", "delta"])).await;
        assert_eq!(hops, Ok(3));
    }
    let sum = |of: fn(&CapabilityStats) -> u64| runtime.stats().iter().map(of).sum::<u64>();
    // On a thread of its own a turn is counted after its reply.
    until(|| sum(|stats| stats.num_turns) >= 1200).await;
    assert_eq!(sum(|stats| stats.num_turns), 1200);
    let num_inline = sum(|stats| stats.num_inline_turns);
    assert_eq!(num_inline, if is_local { 1200 } else { 0 });
}
