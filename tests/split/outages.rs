//! A server that is not there: at the start, for a while, or for good.

use std::time::Duration;

use futures_util::future::join_all;

use crate::city::until;
use crate::counter::{Add, Counting, Read};
use crate::ledger::{Entries, Ledgers};
use crate::stage::{HANGS, Stage, beside, run};

#[test]
fn without_a_server_a_node_serves_what_needs_no_other_and_joins_when_there_is_one() {
    run(async {
        let stage = Stage::new().hosts("counter", r#""counting""#);
        let mut stage = stage.hosts("rest", r#""*""#);
        stage.server.kill();
        let node = stage.node("counter").await;
        let missing = node.missing().expect("something is missing");
        assert!(missing.contains("no nats-server answers"), "{missing}");
        let counting = node.get::<Counting>();
        assert_eq!(counting.ask(Add { number: 2 }).await, Ok(2));
        let ledgers = node.get::<Ledgers>();
        let far = ledgers
            .ask(Entries {})
            .deadline(Duration::from_millis(300))
            .await;
        assert!(far.is_err(), "nobody can be reached: {far:?}");
        stage.server.restart().expect("it comes");
        until(|| node.missing().is_none()).await;
        let rest = stage.node("rest").await;
        assert!(node.settled(HANGS).await);
        let entries = ledgers.ask(Entries {}).await;
        assert_eq!(entries, Ok(vec![2]), "the event has waited");
        rest.stop().await;
        node.stop().await;
    });
}

#[test]
fn a_server_that_is_killed_under_load_costs_nothing_and_doubles_nothing() {
    run(async {
        let stage = Stage::new().hosts("counter", r#""counting""#);
        let mut stage = stage.hosts("rest", r#""*""#);
        let (counter, rest) = (stage.node("counter").await, stage.node("rest").await);
        let client = stage.client().await;
        let adders = (0..4).map(|_| {
            let counting = client.get::<Counting>();
            beside(async move {
                for _ in 0..150 {
                    let added = counting.ask(Add { number: 1 }).deadline(HANGS).await;
                    added.expect("it is sent again");
                }
            })
        });
        let adders: Vec<_> = adders.collect();
        for round in 1..=2 {
            until(|| counter.stats()[0].num_turns > round * 100).await;
            stage.server.kill();
            until(|| client.missing().is_some()).await;
            stage.server.restart().expect("it comes back");
            until(|| client.missing().is_none()).await;
        }
        for adder in join_all(adders).await {
            adder.expect("every add succeeds");
        }
        assert_eq!(client.get::<Counting>().ask(Read {}).await, Ok(600));
        assert!(client.settled(HANGS).await);
        let entries = client.get::<Ledgers>().ask(Entries {}).await;
        assert_eq!(entries, Ok((1..=600).collect()), "each once, in order");
        for runtime in [client, rest, counter] {
            runtime.stop().await;
        }
    });
}
