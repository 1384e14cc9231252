//! The laws of DESIGN: one module a law, each test in every placement.

#![allow(
    clippy::panic,
    reason = "a test whose helper finds something else than it expects has failed"
)]

mod alarm;
mod blocker;
mod city;
mod counter;
mod engine;
mod engine_stress;
mod frail;
mod gate;
mod guests;
mod hermit;
mod hops;
mod keys;
mod late_store;
mod law_01_one_semantics;
mod law_02_calls_can_fail;
mod law_03_deadlines;
mod law_04_one_turn_at_a_time;
mod law_05_bounded_queues;
mod law_06_dead_letters;
mod law_06_panics;
mod law_07_a_reply_means_durable;
mod law_07_event_log;
mod law_07_tables;
mod law_08_deliveries;
mod law_08_effectively_once;
mod law_08_emit_by_name;
mod law_08_forgetful;
mod law_10_guards;
mod law_10_safe_by_default;
mod law_11_every_key;
mod law_11_no_inert_setting;
mod ledger;
mod meters;
#[cfg(feature = "observe")]
mod metrics;
#[cfg(feature = "observe")]
mod metrics_page;
mod settings;
mod shelf;
mod traces;
mod worker;

use std::future::Future;

/// How often a stress test is repeated: `usual` times, or as often as `$SKEP_REPEATS` says.
fn repeats(usual: usize) -> usize {
    std::env::var("SKEP_REPEATS")
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(usual)
}

/// Runs beside the test, on a thread of the test's runtime.
async fn on_a_task<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    #[expect(
        clippy::disallowed_methods,
        reason = "ends with the test, which waits for it"
    )]
    let task = tokio::spawn(work);
    task.await.expect("the task does not panic")
}
