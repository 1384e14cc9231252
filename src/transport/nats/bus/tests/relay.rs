//! From the outbox of one process to a listener in another: the relay delivers to the bus as it does to anybody.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::to_raw_value;

use super::stage::{Desk, Process, Recorder, in_time, server};
use crate::actor::outgoing::EVENTS;
use crate::actor::services::{Post, Services};
use crate::call::Key;
use crate::delivery::{DeliveryPolicy, Emission, PostOffice, Receivers, Relay, Timers, emit};
use crate::engine::parcel::Receiver;
use crate::transport::nats::bus::streams::Kind;

fn policy() -> DeliveryPolicy {
    DeliveryPolicy {
        attempts: 3,
        backoff_min: Duration::from_millis(1),
        backoff_max: Duration::from_millis(2),
    }
}

/// The emitter: its events go to `bell`, here, and to all other processes.
fn hotel(process: &Process, bell: &Arc<Recorder>) -> (Arc<Services>, Arc<PostOffice>) {
    let post = Arc::new(PostOffice::default());
    let mut services = Desk::services(process, "hotel");
    services.audience = BTreeMap::from([(
        "booked".to_owned(),
        vec![Arc::from("bell"), Arc::from(EVENTS)],
    )]);
    services.post = Arc::clone(&post) as Arc<dyn Post>;
    let services = Arc::new(services);
    let receivers: Receivers = BTreeMap::from([
        ("bell".to_owned(), Arc::clone(bell) as Arc<dyn Receiver>),
        (EVENTS.to_owned(), process.bus.events()),
    ]);
    let relay = Relay::new(
        Arc::clone(&services),
        Arc::new(receivers),
        policy(),
        Arc::default(),
    );
    let timers = Timers::new(
        Arc::clone(&services),
        Arc::clone(bell) as Arc<dyn Receiver>,
        policy(),
    );
    post.open("hotel", relay, timers);
    (services, post)
}

async fn book(services: &Arc<Services>, lane: &str, number: u32) {
    let emission = Emission {
        event: "booked".to_owned(),
        key: Some(Key::from(lane)),
        trace: None,
        body: to_raw_value(&(lane, number)).expect("JSON"),
    };
    let sent = emit(services, emission).await;
    assert!(sent.is_ok(), "it is emitted");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_reaches_listeners_here_and_elsewhere_once_each_under_one_id() {
    let server = server();
    let (here, there) = (Process::start(&server).await, Process::start(&server).await);
    for process in [&here, &there] {
        process.ensure("hotel", &["bell", "desk"]).await;
    }
    let (bell, desk) = (Desk::taking(&here, "bell"), Desk::taking(&there, "desk"));
    let _bell = here.listen(&bell, "hotel");
    let _desk = there.listen(&desk, "hotel");
    let (services, post) = hotel(&here, &bell.recorder);
    for number in 0..100 {
        book(&services, "lisbon", number).await;
        book(&services, "porto", number).await;
    }
    for recorder in [&bell.recorder, &desk.recorder] {
        recorder.until_got(200).await;
    }
    in_time(Box::pin(async { tokio::join!(here.idle(), there.idle()) })).await;
    for lane in ["lisbon", "porto"] {
        assert_eq!(bell.recorder.numbers(lane), Vec::from_iter(0..100));
        assert_eq!(desk.recorder.numbers(lane), Vec::from_iter(0..100));
    }
    let ids = |desk: &Desk| {
        let got = desk.recorder.got().into_iter();
        got.map(|parcel| parcel.id)
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(ids(&bell), ids(&desk));
    assert_eq!(
        super::stage::num_stored(&here, Kind::Events, "hotel").await,
        0
    );
    in_time(async {
        while !post.is_idle() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(
        services.backlog.load(std::sync::atomic::Ordering::Relaxed),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_in_the_outbox_while_the_server_is_away_leaves_when_it_is_back() {
    let mut server = server();
    let here = Process::start(&server).await;
    here.ensure("hotel", &["bell", "desk"]).await;
    let (bell, desk) = (Desk::taking(&here, "bell"), Desk::taking(&here, "desk"));
    let _desk = here.listen(&desk, "hotel");
    let (services, post) = hotel(&here, &bell.recorder);
    server.process.kill();
    for number in 0..20 {
        book(&services, "lisbon", number).await;
    }
    // Who listens in the emitter's own process does not need the server.
    bell.recorder.until_got(20).await;
    assert!(!post.is_idle());
    assert!(desk.recorder.got().is_empty());
    let restarted = tokio::task::block_in_place(|| server.process.restart());
    restarted.expect("it comes back");
    desk.recorder.until_number("lisbon", 19).await;
    assert_eq!(desk.recorder.distinct("lisbon"), Vec::from_iter(0..20));
}
