//! What only one process may host.

use skep::RuntimeError;

use crate::counter::{Add, Counting};
use crate::stage::{Stage, run};

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
