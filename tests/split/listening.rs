//! Events that every process hears for itself.

use crate::city::{Houses, Ring};
use crate::ledger::{Entries, Ledgers};
use crate::stage::{HANGS, Stage, run};
use skep::Runtime;

/// What the ledger holds after a bell has rung.
async fn rung(runtime: &Runtime) -> Vec<u64> {
    let house = runtime.get::<Houses>().key("a");
    house.ask(Ring { number: 1 }).await.expect("a reply");
    assert!(runtime.settled(HANGS).await);
    let entries = runtime.get::<Ledgers>().ask(Entries {}).await;
    entries.expect("the entries")
}

#[test]
fn each_replica_hears_what_is_for_each_of_them() {
    run(async {
        let stage = Stage::new().hosts("choir", r#""choirs""#);
        let stage = stage.set("nodes.choir.replicas=2").hosts("rest", r#""*""#);
        let stage = stage.set("capabilities.choirs.instances=1");
        let rest = stage.node("rest").await;
        let first = stage.node("choir").await;
        let second = stage.try_node("choir", 2).await.expect("another replica");
        assert_eq!(rung(&rest).await, [101, 101]);
        for runtime in [second, first, rest] {
            runtime.stop().await;
        }
    });
}

#[test]
fn who_hosts_emitter_and_listener_in_one_process_hears_once() {
    run(async {
        let stage = Stage::new().set("capabilities.choirs.instances=1");
        let whole = stage.whole().await;
        assert_eq!(rung(&whole).await, [101]);
        whole.stop().await;
    });
}
