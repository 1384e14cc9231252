//! The server is killed and comes back: nothing is lost, lanes keep their order, and what comes twice has one id.

use std::collections::BTreeSet;
use std::time::Duration;

use async_nats::jetstream::consumer::pull;
use futures_util::StreamExt;

use super::stage::{Answer, Desk, Process, in_time, server};

const ACK_WAIT: Duration = Duration::from_secs(1);
const LANES: [&str; 4] = ["lisbon", "porto", "faro", "braga"];

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_loses_nothing_and_turns_nothing_around() {
    let mut server = server();
    let emitter = Process::ready(&server).await;
    let process = Process::ready(&server).await;
    let desk = Desk::taking(&process, "desk");
    let _listening = process.listen(&desk, "hotel");
    let emitting = async {
        let lanes = LANES.map(|lane| emitter.emit("hotel", lane, 0..500));
        in_time(futures_util::future::join_all(lanes)).await;
    };
    let killing = async {
        for enough in [100, 700, 1300] {
            desk.recorder.until_got(enough).await;
            let restarted = tokio::task::block_in_place(|| server.process.restart());
            restarted.expect("it comes back");
        }
    };
    tokio::join!(emitting, killing);
    for lane in LANES {
        desk.recorder.until_number(lane, 499).await;
    }
    process.idle().await;
    for lane in LANES {
        assert_eq!(
            desk.recorder.distinct(lane),
            Vec::from_iter(0..500),
            "{lane}"
        );
    }
    let ids: BTreeSet<_> = desk.recorder.got().iter().map(|parcel| parcel.id).collect();
    assert_eq!(ids.len(), 2000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_held_longer_than_the_server_waits_is_not_delivered_again() {
    let server = server();
    let process = Process::start_with(&server, ACK_WAIT).await;
    process.ensure("hotel", &["desk"]).await;
    let desk = Desk::new(&process, "desk", Box::new(|_| Answer::NeverLands));
    let _listening = process.listen(&desk, "hotel");
    let mut bystander = bystander(&process).await;
    process.emit("hotel", "lisbon", 0..2).await;
    desk.recorder.until_got(2).await;
    // Who says nothing of it gets it again and again: when that has happened, the server has waited long enough.
    in_time(async {
        while let Some(Ok(message)) = bystander.next().await {
            if message.info().is_ok_and(|info| info.delivered == 4) {
                return;
            }
        }
    })
    .await;
    let events = ["booked".to_owned()].into();
    let durable = process
        .bus
        .ground()
        .listener("hotel", &events, "desk".to_owned());
    let info = durable
        .info()
        .await
        .expect("it answers")
        .expect("it is there");
    assert_eq!((info.num_ack_pending, info.num_redelivered), (2, 0));
    assert_eq!(desk.recorder.numbers("lisbon"), [0, 1]);
}

/// Another one who listens, and acknowledges nothing.
async fn bystander(process: &Process) -> pull::Stream {
    let context = async_nats::jetstream::new(process.link.client().clone());
    let config = pull::Config {
        ack_wait: ACK_WAIT,
        ..pull::Config::default()
    };
    let consumer = context.create_consumer_on_stream(config, "SKEP_test_EV_hotel");
    let consumer = consumer.await.expect("it is made");
    consumer.messages().await.expect("it is open")
}
