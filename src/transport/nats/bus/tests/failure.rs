//! Letters that cannot be handled: tried again, then among the dead letters of whom they were for; what comes behind goes on.

use async_nats::HeaderMap;

use super::stage::{Answer, Desk, Process, in_time, number_of, send, server};
use crate::delivery::DeadLetters;

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_keeps_failing_is_buried_by_its_receiver_and_its_lane_goes_on() {
    let server = server();
    let process = Process::ready(&server).await;
    let poison = |parcel: &_| match number_of(parcel, "lisbon") {
        Some(1) => Answer::Failed,
        _ => Answer::Done,
    };
    let desk = Desk::new(&process, "desk", Box::new(poison));
    let _listening = process.listen(&desk, "hotel");
    process.emit("hotel", "lisbon", 0..3).await;
    process.idle().await;
    assert_eq!(desk.recorder.numbers("lisbon"), [0, 1, 1, 1, 2]);
    let dead = desk.dead_letters();
    assert_eq!(dead.len(), 1);
    let said = (
        dead[0].attempts,
        dead[0].message.as_str(),
        dead[0].target.as_str(),
    );
    assert_eq!(said, (3, "booked", "desk"));
    assert_eq!(dead[0].id, super::stage::id("lisbon", 1));
    assert_eq!(dead[0].body.get(), r#"["lisbon",1]"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_from_elsewhere_is_replayed_through_its_receivers_own_outbox() {
    let server = server();
    let process = Process::ready(&server).await;
    let desk = Desk::new(&process, "desk", Box::new(|_| Answer::Failed));
    let _listening = process.listen(&desk, "hotel");
    process.emit("hotel", "lisbon", 0..1).await;
    process.idle().await;
    let dead = desk.dead_letters();
    let letters = DeadLetters::new(std::sync::Arc::clone(&desk.services));
    let replayed = letters.replay(dead[0].number).await;
    replayed.expect("it is replayed");
    let tree = desk.services.tree.as_str();
    let prefix = crate::actor::layout::outbox_lane("desk", "hotel/lisbon");
    let row = desk.services.store.scan(tree, &prefix, None).next();
    let (_, row) = row.expect("it is in the outbox").expect("it can be read");
    let row: serde_json::Value = serde_json::from_slice(&row).expect("JSON");
    assert_eq!(row["contract"], "hotel");
    assert_eq!(row["name"], "booked");
    assert!(desk.dead_letters().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_the_domain_refuses_is_dead_at_once_and_an_event_is_tried_again() {
    let server = server();
    let process = Process::ready(&server).await;
    let desk = Desk::new(&process, "desk", Box::new(|_| Answer::Refused));
    let _listening = process.listen(&desk, "hotel");
    let delivered = process
        .bus
        .sends_to("desk")
        .deliver(send("lisbon", 7))
        .await;
    delivered.expect("it is published").await.expect("it lands");
    process.idle().await;
    assert_eq!(desk.recorder.numbers("lisbon"), [7]);
    assert_eq!(desk.dead_letters()[0].attempts, 1);
    process.emit("hotel", "lisbon", 8..9).await;
    process.idle().await;
    assert_eq!(desk.recorder.numbers("lisbon"), [7, 8, 8, 8]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sends_of_one_sender_arrive_in_order_with_the_key_of_their_receiver() {
    let server = server();
    let process = Process::ready(&server).await;
    let sends = process.bus.sends_to("desk");
    for number in 0..20 {
        let mut parcel = send("lisbon", number);
        parcel.key = Some(crate::call::Key::from("a, b/ü%"));
        let delivered = sends.deliver(parcel).await;
        delivered.expect("it is published").await.expect("it lands");
    }
    let desk = Desk::taking(&process, "desk");
    let _listening = process.listen(&desk, "hotel");
    process.idle().await;
    assert_eq!(desk.recorder.numbers("lisbon"), Vec::from_iter(0..20));
    let got = desk.recorder.got();
    let key = got[0].key.as_ref();
    assert_eq!(key.map(crate::call::Key::as_str), Some("a, b/ü%"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_for_a_capability_that_has_moved_arrives_there_as_an_event() {
    let server = server();
    let process = Process::ready(&server).await;
    let desk = Desk::taking(&process, "desk");
    let _listening = process.listen(&desk, "hotel");
    let parcel = super::stage::event("hotel", "lisbon", 4);
    let what = parcel.what.clone();
    let delivered = process.bus.sends_to("desk").deliver(parcel).await;
    delivered.expect("it is published").await.expect("it lands");
    desk.recorder.until_got(1).await;
    assert_eq!(desk.recorder.got()[0].what, what);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_strangers_publish_is_delivered_or_buried_and_stops_nobody() {
    let server = server();
    let process = Process::ready(&server).await;
    let desk = Desk::taking(&process, "desk");
    let listening = process.listen(&desk, "hotel");
    let client = process.link.client();
    let subject = process.link.subjects().event("hotel", "booked", "a key");
    let mut garbage = HeaderMap::new();
    for header in [
        "Skep-Lane",
        "Skep-At",
        "Skep-Direct",
        "traceparent",
        "Skep-Contract",
    ] {
        garbage.insert(header, "%zz,%");
    }
    let published = client.publish_with_headers(subject.clone(), garbage, vec![0, 255, 1].into());
    published.await.expect("it is sent");
    let plain = client.publish(subject, r#"["stranger",1]"#.into());
    plain.await.expect("it is sent");
    process.emit("hotel", "lisbon", 0..1).await;
    desk.recorder.until_got(2).await;
    process.idle().await;
    assert_eq!(desk.recorder.numbers("lisbon"), [0]);
    assert_eq!(desk.recorder.numbers("stranger"), [1]);
    assert_eq!(listening.num_unreadable(), 1);
    let dead = desk.dead_letters();
    assert_eq!(dead.len(), 1);
    assert!(dead[0].reason.contains("Skep-Lane"), "{}", dead[0].reason);
    in_time(listening.pause()).await;
}
