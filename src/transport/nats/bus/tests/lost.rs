//! Letters that the server has delivered and that never arrived, as when a connection breaks: here a thief takes them.

use std::time::Duration;

use async_nats::jetstream::consumer::{PullConsumer, pull};
use futures_util::StreamExt;

use super::stage::{Desk, Process, event, in_time, server};

/// The server would wait longer than any test.
const NEVER: Duration = Duration::from_secs(3600);

/// Somebody who takes up to five letters from the consumer of `desk`, and says nothing of them.
async fn thief(process: &Process) -> pull::Batch {
    let context = async_nats::jetstream::new(process.link.client().clone());
    let consumer = context.get_consumer_from_stream("desk", "SKEP_test_EV_hotel");
    let consumer: PullConsumer = consumer.await.expect("it is there");
    let batch = consumer.batch().max_messages(5).expires(NEVER).messages();
    let batch = batch.await.expect("it is open");
    process
        .link
        .fence()
        .await
        .expect("the server has heard of it");
    batch
}

async fn steal(batch: &mut pull::Batch) {
    let stolen = in_time(batch.next()).await;
    stolen.expect("it goes on").expect("it is stolen");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_on_the_way_is_fetched_again_before_what_comes_after_it() {
    let server = server();
    let process = Process::start_with(&server, NEVER).await;
    process.ensure("hotel", &["desk"]).await;
    let desk = Desk::taking(&process, "desk");
    let _listening = process.listen(&desk, "hotel");
    process.idle().await;
    let mut batch = thief(&process).await;
    process.emit("hotel", "lisbon", 0..50).await;
    for _ in 0..5 {
        steal(&mut batch).await;
    }
    process.idle().await;
    assert_eq!(desk.recorder.numbers("lisbon"), Vec::from_iter(0..50));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_lost_and_followed_by_nothing_is_missed_all_the_same() {
    let server = server();
    let process = Process::start_with(&server, NEVER).await;
    process.ensure("hotel", &["desk"]).await;
    let mut batch = thief(&process).await;
    let desk = Desk::taking(&process, "desk");
    let _listening = process.listen(&desk, "hotel");
    process.idle().await;
    // Its turn comes first or second: then nothing follows.
    let events = process.bus.events();
    let mut number = 0;
    let stolen = loop {
        let delivered = events.deliver(event("hotel", "lisbon", number)).await;
        delivered.expect("it is published").await.expect("it lands");
        tokio::select! {
            () = steal(&mut batch) => break number,
            () = desk.recorder.until_number("lisbon", number) => number += 1,
        }
    };
    desk.recorder.until_number("lisbon", stolen).await;
    process.idle().await;
    assert_eq!(desk.recorder.numbers("lisbon"), Vec::from_iter(0..=stolen));
}
