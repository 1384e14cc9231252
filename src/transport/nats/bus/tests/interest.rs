//! What a stream keeps, and for whom: nothing that nobody wants, and everything that somebody does, also while a consumer is
//! made anew.

use std::sync::Arc;

use super::stage::{Answer, Desk, Process, Server, event, in_time, num_stored, server};
use crate::engine::parcel::Parcel;
use crate::transport::nats::bus::consumers::{Durable, Step};
use crate::transport::nats::bus::streams::Kind;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_stored_for_which_nobody_listens() {
    let server = server();
    let process = Process::start(&server).await;
    process.ensure("hotel", &[]).await;
    process.emit("hotel", "lisbon", 0..10).await;
    assert_eq!(num_stored(&process, Kind::Events, "hotel").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_all_have_acknowledged_is_stored_no_more() {
    let server = server();
    let process = Process::start(&server).await;
    process.ensure("hotel", &["desk", "bell"]).await;
    let (desk, bell) = (
        Desk::taking(&process, "desk"),
        Desk::taking(&process, "bell"),
    );
    let _desk = process.listen(&desk, "hotel");
    process.emit("hotel", "lisbon", 0..10).await;
    process.idle().await;
    assert_eq!(num_stored(&process, Kind::Events, "hotel").await, 10);
    let _bell = process.listen(&bell, "hotel");
    process.idle().await;
    assert_eq!(num_stored(&process, Kind::Events, "hotel").await, 0);
    assert_eq!(
        bell.recorder.numbers("lisbon"),
        desk.recorder.numbers("lisbon")
    );
}

fn direct_to(who: &str, number: u32) -> Parcel {
    let mut parcel = event("hotel", "lisbon", number);
    if let Some(sent) = &mut parcel.sent {
        sent.direct = Some(Arc::from(who));
    }
    parcel
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_emitters_process_delivers_itself_is_acknowledged_unseen() {
    let server = server();
    let process = Process::ready(&server).await;
    let desk = Desk::taking(&process, "desk");
    let _listening = process.listen(&desk, "hotel");
    for parcel in [
        direct_to("bell,desk", 0),
        direct_to("bell", 1),
        direct_to("desk", 2),
        direct_to("desks", 3),
    ] {
        let delivered = process.bus.events().deliver(parcel).await;
        delivered.expect("it is published").await.expect("it lands");
    }
    process.idle().await;
    assert_eq!(desk.recorder.numbers("lisbon"), [1, 3]);
    assert_eq!(num_stored(&process, Kind::Events, "hotel").await, 0);
}

/// A process takes ten events, none of them to the end, and dies.
async fn die_with_ten_under_way(server: &Server, capability: &str) {
    let process = Process::start(server).await;
    process.ensure(capability, &["desk"]).await;
    let desk = Desk::new(&process, "desk", Box::new(|_| Answer::NeverLands));
    let _listening = process.listen(&desk, capability);
    process.emit(capability, "lisbon", 0..10).await;
    desk.recorder.until_got(10).await;
    process.kill().await;
}

fn consumer(process: &Process, capability: &str) -> Durable {
    let events = ["booked".to_owned()].into();
    let ground = process.bus.ground();
    ground.listener(capability, &events, "desk".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_while_it_makes_its_consumer_anew_loses_nothing() {
    let server = server();
    for num_taken in 0..=Step::ALL.len() {
        let capability = format!("hotel{num_taken}");
        die_with_ten_under_way(&server, &capability).await;
        let second = Process::start(&server).await;
        for step in &Step::ALL[..num_taken] {
            let taken = consumer(&second, &capability).take(*step, 1).await;
            taken.expect("the step is taken");
        }
        second.kill().await;
        // An emitter that starts meanwhile makes sure of all consumers, and goes on.
        let emitter = Process::start(&server).await;
        emitter.ensure(&capability, &["desk"]).await;
        emitter.emit(&capability, "lisbon", 10..20).await;

        let third = Process::start(&server).await;
        third.ensure(&capability, &["desk"]).await;
        let desk = Desk::taking(&third, "desk");
        let _listening = third.listen(&desk, &capability);
        desk.recorder.until_number("lisbon", 19).await;
        third.idle().await;
        let got = desk.recorder.numbers("lisbon");
        assert_eq!(got, Vec::from_iter(0..20), "killed after {num_taken} steps");
        assert_eq!(num_stored(&third, Kind::Events, &capability).await, 0);
        third.kill().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emitter_that_makes_the_missing_consumer_too_late_does_no_harm() {
    let server = server();
    die_with_ten_under_way(&server, "hotel").await;
    let second = Process::start(&server).await;
    let consumer = consumer(&second, "hotel");
    for step in [Step::Hold, Step::Delete] {
        consumer.take(step, 1).await.expect("the step is taken");
    }
    // What an emitter makes that has looked for the hold before there was one.
    consumer.begin().await.expect("it is made");
    second.ensure("hotel", &["desk"]).await;
    second.emit("hotel", "lisbon", 10..12).await;
    for step in [Step::Create, Step::Release] {
        consumer.take(step, 1).await.expect("the step is taken");
    }
    let desk = Desk::taking(&second, "desk");
    let listening = second.listen(&desk, "hotel");
    second.idle().await;
    in_time(listening.pause()).await;
    assert_eq!(desk.recorder.numbers("lisbon"), Vec::from_iter(0..12));
}
