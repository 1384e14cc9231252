//! Actors of keys: each key has its own, however many there are and whoever chooses the keys; those that go lose nothing.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::testing::Colony;
use skep::{Cx, Message, Ref};

use crate::city::{pass_time, until};
use crate::gate::{self, Gate};

/// Counts one more visit; says how many there were.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
struct Visit {}

/// From now on it waits at this gate when it goes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
struct WaitAt {
    gate: String,
}

skep::contract! {
    /// Somebody who is visited, and forgets it when he goes.
    Hosts v1 keyed by name { Visit, WaitAt }
}

#[derive(Default)]
struct Host {
    visits: u64,
    gate: Option<String>,
}

#[skep::capability(contract = Hosts)]
impl Host {
    #[handle]
    async fn visit(&mut self, _: Visit) -> u64 {
        self.visits += 1;
        self.visits
    }

    #[handle]
    async fn wait_at(&mut self, m: WaitAt) {
        self.gate = Some(m.gate);
    }

    #[stop]
    async fn go(&mut self, _: &mut Cx<Self>) {
        if let Some(gate) = &self.gate {
            gate::pass(gate).await;
        }
    }
}

/// Visits so many hosts, some at a time; each must have been visited so often then.
async fn visit_all(hosts: &Ref<Hosts>, num: u64, visits: u64) {
    let visit = async |number: u64| {
        let visited = hosts.key(number).ask(Visit {}).await;
        assert_eq!(visited, Ok(visits), "of {number}");
    };
    let all = futures_util::stream::iter(0..num).map(visit);
    all.buffer_unordered(64).for_each(async |()| ()).await;
}

#[skep::test]
async fn each_key_keeps_its_actor_while_thousands_come(colony: Colony) {
    let runtime = colony.with::<Host>().start().await;
    let hosts = runtime.get::<Hosts>();
    visit_all(&hosts, 10, 1).await;
    visit_all(&hosts, 10, 2).await;
    for number in 10..5_000_u64 {
        assert_eq!(hosts.key(number).ask(Visit {}).await, Ok(1));
        let known = number % 10;
        let visited = hosts.key(known).ask(Visit {}).await;
        assert_eq!(visited, Ok(number / 10 + 2), "of {known}");
    }
    assert_eq!(runtime.stats()[0].num_actors, 5_000);
}

#[skep::test]
async fn keys_that_hardly_differ_have_actors_of_their_own(colony: Colony) {
    let runtime = colony.with::<Host>().start().await;
    let hosts = runtime.get::<Hosts>();
    let long = "x".repeat(254);
    let keys = [
        "1", "01", "1 ", " 1", "a", "A", "ä", "a\u{308}", "\0", "\0\0", "a\0", "[a]", "#1",
    ];
    let keys = keys.map(str::to_owned).into_iter();
    let keys: Vec<_> = keys
        .chain(["x", "y", ""].map(|end| format!("{long}{end}")))
        .collect();
    for visits in 1..=3 {
        for key in &keys {
            assert_eq!(hosts.key(key).ask(Visit {}).await, Ok(visits), "{key:?}");
        }
    }
    assert_eq!(runtime.stats()[0].num_actors, keys.len());
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn those_that_are_used_stay_while_thousands_go(colony: Colony) {
    let colony = colony
        .with::<Host>()
        .set("capabilities.hosts.idle_after=1s");
    let runtime = colony.start().await;
    let hosts = runtime.get::<Hosts>();
    visit_all(&hosts, 3_000, 1).await;
    for visits in 2..=10 {
        visit_all(&hosts, 10, visits).await;
        pass_time(Duration::from_millis(500)).await;
    }
    let stats = &runtime.stats()[0];
    assert_eq!(stats.num_actors, 10, "nobody asked the others");
    assert_eq!(stats.num_turns, 3_090, "what they did is not forgotten");
    visit_all(&hosts, 10, 11).await;
}

#[skep::test(in_process = "the time that passes is told by a clock that stands still")]
async fn what_comes_while_an_actor_goes_is_done_when_it_has_gone(colony: Colony) {
    let colony = colony
        .with::<Host>()
        .set("capabilities.hosts.idle_after=1s");
    let runtime = colony.start().await;
    let hosts = runtime.get::<Hosts>();
    let gate = Gate::new();
    let host = hosts.key("a");
    assert_eq!(host.ask(Visit {}).await, Ok(1));
    let wait_at = WaitAt {
        gate: gate.name.clone(),
    };
    host.ask(wait_at).await.expect("it waits when it goes");
    gate.arrived().await;
    let visits = join(host.ask(Visit {}), host.ask(Visit {}));
    let opened = async {
        until(|| runtime.stats()[0].num_queued == 2).await;
        gate.open();
    };
    let (visited, ()) = join(visits, opened).await;
    assert_eq!(visited, (Ok(1), Ok(2)), "its successor did it, in order");
}
