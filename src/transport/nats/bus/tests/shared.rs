//! Replicas that listen together.

use std::time::Duration;

use super::stage::{Answer, Desk, Process, in_time, server};

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_share_and_each_letter_goes_to_one() {
    let server = server();
    let (first, second) = (Process::ready(&server).await, Process::ready(&server).await);
    // The first never finishes a turn: it takes what it has room for, and the other one gets the rest.
    let full = Desk::new(&first, "desk", Box::new(|_| Answer::NeverRuns));
    let free = Desk::taking(&second, "desk");
    let _first = first.listen_as(&full, "hotel", Some("one"));
    first.emit("hotel", "lisbon", 0..64).await;
    full.recorder.until_got(64).await;
    let _second = second.listen_as(&free, "hotel", Some("two"));
    first.emit("hotel", "lisbon", 64..200).await;
    free.recorder.until_got(136).await;
    let mut got = [
        full.recorder.numbers("lisbon"),
        free.recorder.numbers("lisbon"),
    ]
    .concat();
    got.sort_unstable();
    assert_eq!(got, Vec::from_iter(0..200));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_replica_had_goes_to_another() {
    let server = server();
    let wait = Duration::from_secs(1);
    let first = Process::start_with(&server, wait).await;
    first.ensure("hotel", &["desk"]).await;
    let desk = Desk::new(&first, "desk", Box::new(|_| Answer::NeverRuns));
    let _first = first.listen_as(&desk, "hotel", Some("one"));
    first.emit("hotel", "lisbon", 0..10).await;
    desk.recorder.until_got(10).await;
    first.kill().await;
    let second = Process::start_with(&server, wait).await;
    second.ensure("hotel", &["desk"]).await;
    let desk = Desk::taking(&second, "desk");
    let _second = second.listen_as(&desk, "hotel", Some("two"));
    desk.recorder.until_got(10).await;
    second.idle().await;
    let mut got = desk.recorder.distinct("lisbon");
    got.sort_unstable();
    assert_eq!(got, Vec::from_iter(0..10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broadcast_reaches_every_replica() {
    let server = server();
    let (first, second) = (Process::ready(&server).await, Process::ready(&server).await);
    let one = Desk::taking(&first, "desk");
    let two = Desk::taking(&second, "desk");
    let _one = first.listen_to_broadcast(&one, "one").await;
    let _two = second.listen_to_broadcast(&two, "two").await;
    first.emit("hotel", "lisbon", 0..5).await;
    for desk in [&one, &two] {
        desk.recorder.until_got(5).await;
    }
    in_time(Box::pin(async {
        tokio::join!(first.idle(), second.idle())
    }))
    .await;
    assert_eq!(one.recorder.got().len() + two.recorder.got().len(), 10);
}
