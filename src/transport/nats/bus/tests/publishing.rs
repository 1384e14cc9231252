//! What a server must be like, and what is said of one that is not.

use std::collections::BTreeMap;

use async_nats::jetstream::stream::{Config, StorageType};

use super::stage::{Desk, Process, event, in_time, server, server_with};
use crate::engine::parcel::Undelivered;
use crate::transport::Wanted;
use crate::transport::nats::bus::BusError;

fn hotel() -> [Wanted; 1] {
    [Wanted {
        capability: "hotel".to_owned(),
        listeners: BTreeMap::new(),
    }]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_streams_is_refused() {
    let server =
        server_with("accounts { PLAIN { users: [ { user: a, password: a } ] } }\nno_auth_user: a");
    let process = Process::start(&server).await;
    let error = in_time(process.bus.ensure(&hotel(), &[])).await;
    assert_eq!(error, Err(BusError::NoJetStream));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_may_not_use_streams_is_told_what_it_needs() {
    let server = server_with(
        "authorization { users: [ { user: a, password: a, permissions: { publish: { deny: \"$JS.API.>\" } } } ] }\nno_auth_user: a",
    );
    let process = Process::start(&server).await;
    let error = in_time(process.bus.ensure(&hotel(), &[])).await;
    let error = error.expect_err("it is denied");
    assert!(matches!(error, BusError::Denied { .. }), "{error:?}");
    assert!(error.to_string().contains("$JS.API.>"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_another_kind_is_refused_with_the_setting_that_differs() {
    let server = server();
    let process = Process::start(&server).await;
    let context = async_nats::jetstream::new(process.link.client().clone());
    let foreign = Config {
        name: "SKEP_test_EV_hotel".to_owned(),
        subjects: vec!["skep.v1.test.ev.hotel.*.*".to_owned()],
        storage: StorageType::Memory,
        retention: async_nats::jetstream::stream::RetentionPolicy::Interest,
        ..Config::default()
    };
    context.create_stream(foreign).await.expect("it is made");
    let error = in_time(process.bus.ensure(&hotel(), &[])).await;
    let error = error.expect_err("it is refused").to_string();
    assert!(
        error.contains("SKEP_test_EV_hotel has storage = Memory where File is needed"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_can_be_mended_is_and_keeps_the_limits_of_whoever_runs_the_server() {
    let server = server();
    let process = Process::start(&server).await;
    process.bus.ensure(&hotel(), &[]).await.expect("it is made");
    let context = async_nats::jetstream::new(process.link.client().clone());
    let stream = context
        .get_stream("SKEP_test_EV_hotel")
        .await
        .expect("it is there");
    let mut config = stream.cached_info().config.clone();
    config.max_age = std::time::Duration::from_secs(3600);
    config.max_bytes = 1 << 30;
    context.update_stream(&config).await.expect("it is changed");
    process
        .bus
        .ensure(&hotel(), &[])
        .await
        .expect("it is mended");
    let stream = context
        .get_stream("SKEP_test_EV_hotel")
        .await
        .expect("it is there");
    let config = &stream.cached_info().config;
    assert_eq!(
        (config.max_age, config.max_bytes),
        (std::time::Duration::ZERO, 1 << 30)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_the_server_would_not_take_is_refused_for_good() {
    let server = server_with("max_payload: 64KB");
    let process = Process::ready(&server).await;
    let mut parcel = event("hotel", "lisbon", 0);
    parcel.body = format!("\"{}\"", "x".repeat(70_000)).into();
    let refused = process.bus.events().deliver(parcel).await;
    let refused = refused.err().expect("it is refused");
    assert!(
        matches!(&refused, Undelivered::Misfit(reason) if reason.contains("max_payload")),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_somebody_removes_is_made_anew() {
    let server = server();
    let process = Process::ready(&server).await;
    let desk = Desk::taking(&process, "desk");
    let _listening = process.listen(&desk, "hotel");
    process.emit("hotel", "lisbon", 0..5).await;
    desk.recorder.until_got(5).await;
    let context = async_nats::jetstream::new(process.link.client().clone());
    context
        .delete_stream("SKEP_test_EV_hotel")
        .await
        .expect("it is removed");
    in_time(process.emit("hotel", "lisbon", 5..8)).await;
    desk.recorder.until_number("lisbon", 7).await;
    process.idle().await;
    assert_eq!(desk.recorder.numbers("lisbon"), Vec::from_iter(0..8));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_published_before_the_streams_are_there_waits_for_them() {
    let server = server();
    let process = Process::start(&server).await;
    let desk = Desk::taking(&process, "desk");
    let _listening = process.listen(&desk, "hotel");
    let emitting = process.emit("hotel", "lisbon", 0..3);
    let ensuring = process.ensure("hotel", &["desk"]);
    in_time(Box::pin(async { tokio::join!(emitting, ensuring) })).await;
    process.idle().await;
    assert_eq!(desk.recorder.numbers("lisbon"), [0, 1, 2]);
}
