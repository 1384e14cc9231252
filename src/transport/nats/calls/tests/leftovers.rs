//! What is left of calls when they are over.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;

use super::stage::{CAPABILITY, Stage};
use crate::call::CallError;
use crate::call::route::{Remote, Request};

/// Asks at a time, and how many times.
const SIDE_BY_SIDE: usize = 1000;
const ROUNDS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_asks_that_time_out_leave_nothing_behind() {
    let stage = Stage::new().await;
    // Somebody hears it all, and never says a word.
    let heard = stage.other.serve(stage.other.subjects().calls(CAPABILITY));
    let heard = heard.await.expect("it may listen");
    for _ in 0..ROUNDS {
        let asks = (0..SIDE_BY_SIDE).map(|_| {
            stage.caller.call(Request {
                deadline: stage.clock.now().after(Duration::from_millis(10)),
                ..stage.request("{}")
            })
        });
        for answer in join_all(asks).await {
            let error = answer.expect_err("nobody answers");
            assert!(
                matches!(error, CallError::DeadlineExceeded { .. }),
                "{error}"
            );
        }
    }
    assert_eq!(stage.link.num_waiting(), 0);
    assert_eq!(stage.under_way.load(Ordering::SeqCst), 0);
    drop(heard);
    stage.tasks.end().await;
}
