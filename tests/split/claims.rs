//! What only one process may host.

use skep::{Health, RuntimeError};

use crate::counter::{Add, Counting};
use crate::stage::{HANGS, Stage, run};
use crate::wire::Stranger;

const REST: &str = r#""*""#;

#[test]
fn a_second_process_does_not_start_while_the_first_hosts_a_singleton_and_says_who_does() {
    run(async {
        let stage = Stage::new().hosts("rest", REST);
        let first = stage.node("rest").await;
        // The same node from another folder: what keeps it out is not the lock of its store.
        let beside = Stage::new().hosts("rest", REST);
        let beside = beside.set(format!("nats.servers=[{:?}]", stage.server.url()));
        let error = beside.try_node("rest", 1).await.expect_err("it is hosted");
        assert!(matches!(error, RuntimeError::NotJoined { .. }), "{error}");
        let said = error.to_string();
        let process = std::process::id();
        assert!(
            said.contains(&format!(
                "is hosted by node rest already (process {process} of this machine)"
            )),
            "{said}"
        );
        let added = first.get::<Counting>().ask(Add { number: 2 }).await;
        assert_eq!(added, Ok(2), "the first has not noticed");
        first.stop().await;
        let second = beside.node("rest").await;
        let added = second.get::<Counting>().ask(Add { number: 3 }).await;
        assert_eq!(added, Ok(3), "it is free at once");
        second.stop().await;
    });
}

#[test]
fn a_process_whose_claim_is_lost_stops_serving_that_capability_and_says_who_has_it() {
    run(async {
        let stage = Stage::new().hosts("rest", REST);
        let node = stage.node("rest").await;
        let thief = r#"{"node":"thief","instance":"thief-1","machine":"elsewhere","pid":7}"#;
        let url = stage.server.url();
        let mut stranger = Stranger::connect(&url);
        let health = {
            let failed = node.health_becomes(|health| matches!(health, Health::Failed { .. }));
            let stolen = async {
                // Again and again, as somebody does who lives and renews it.
                loop {
                    stranger.ask("$KV.SKEP_test_CLAIMS.counting", thief);
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(HANGS, async {
                tokio::select! {
                    health = failed => health,
                    () = stolen => unreachable!("it goes on for ever"),
                }
            })
            .await
            .expect("the loss is noticed")
        };
        let Health::Failed { reason } = health else {
            panic!("{health:?}");
        };
        assert!(
            reason.contains(
                "counting is hosted by node thief already (process 7 of another machine)"
            ),
            "{reason}"
        );
        let silent = async {
            while !stranger
                .ask("skep.v1.test.cap.counting.read", "{}")
                .headers
                .contains("503")
            {
                tokio::task::yield_now().await;
            }
        };
        let silent = tokio::time::timeout(HANGS, silent).await;
        silent.expect("it is not served any more");
        let others = stranger.ask("skep.v1.test.cap.ledgers.entries", "{}");
        assert!(!others.headers.contains("503"), "only that one: {others:?}");
        node.stop().await;
    });
}
