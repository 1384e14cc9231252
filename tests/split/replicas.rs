//! Any number of processes that host what is stateless.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::future::join_all;
use skep::Runtime;

use crate::city::until;
use crate::hops::{Delta, Hop};
use crate::stage::{Stage, beside, run};

fn num_turns(runtime: &Runtime) -> u64 {
    runtime.stats().iter().map(|stats| stats.num_turns).sum()
}

#[test]
fn a_replica_that_comes_and_goes_under_load_fails_no_request() {
    run(async {
        let stage = Stage::new().hosts("rest", r#""*""#);
        let stage = stage.hosts("delta", r#""delta""#);
        let stage = stage.set("nodes.delta.replicas=2");
        let rest = stage.node("rest").await;
        let first = stage.node("delta").await;
        let client = stage.client().await;
        let is_over = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicU64::new(0));
        let callers = (0..8).map(|_| {
            let delta = client.get::<Delta>();
            let (is_over, answered) = (Arc::clone(&is_over), Arc::clone(&answered));
            beside(async move {
                while !is_over.load(Ordering::Relaxed) {
                    delta.ask(Hop::default()).await?;
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<_, skep::AskError<crate::hops::Stuck>>(())
            })
        });
        let callers: Vec<_> = callers.collect();
        for _ in 0..5 {
            let second = stage.try_node("delta", 2).await.expect("another replica");
            until(|| num_turns(&second) > 200).await;
            second.stop().await;
        }
        let before = answered.load(Ordering::Relaxed);
        until(|| answered.load(Ordering::Relaxed) > before + 200).await;
        is_over.store(true, Ordering::Relaxed);
        for caller in join_all(callers).await {
            caller.expect("no panic").expect("no request fails");
        }
        for runtime in [client, first, rest] {
            runtime.stop().await;
        }
    });
}
