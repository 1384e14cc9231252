//! What is left of calls when they are over.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::runtime::Handle;

use super::{Caller, UnderWay};
use crate::actor::services::Tasks;
use crate::call::route::{Remote, Request, RequestKind};
use crate::call::{CallError, Clock};
use crate::config::NatsSettings;
use crate::transport::Far;
use crate::transport::nats::link::Link;
use crate::transport::nats::server::{ServerOptions, ServerProcess, find_server};

/// Asks at a time, and how many times.
const SIDE_BY_SIDE: usize = 1000;
const ROUNDS: usize = 20;

fn request(clock: &Clock) -> Request {
    Request {
        contract: "silent".to_owned(),
        version: 1,
        message: "hear".to_owned(),
        key: None,
        id: None,
        deadline: clock.now().after(Duration::from_millis(10)),
        waiting: Vec::new(),
        trace: None,
        inside: false,
        kind: RequestKind::Ask,
        body: b"{}".to_vec(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_asks_that_time_out_leave_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let binary = find_server(&mut |_| ()).expect("a server");
    let options = ServerOptions::in_folder(folder.path());
    let server = ServerProcess::start(&binary, options).expect("it starts");
    let (clock, tasks) = (
        Clock::real().expect("a clock"),
        Tasks::new(Handle::current()),
    );
    let settings = NatsSettings {
        servers: vec![server.url().parse().expect("an address")],
        ..NatsSettings::default()
    };
    let link = Link::connect(&settings, "test", "a process", &tasks, clock.clone());
    let link = link.await.expect("a link");
    // Somebody hears it all, and never says a word.
    let heard = link.serve(link.subjects().calls("silent")).await;
    let heard = heard.expect("it may listen");
    let far = Far {
        capability: "silent",
        remembers: false,
        idempotent: Default::default(),
        is_foreign: false,
        window: 1,
    };
    let under_way = UnderWay::default();
    let caller = Caller::new(far, link.clone(), tasks.clone(), Arc::clone(&under_way));
    for _ in 0..ROUNDS {
        let asks = (0..SIDE_BY_SIDE).map(|_| caller.call(request(&clock)));
        for answer in join_all(asks).await {
            let error = answer.expect_err("nobody answers");
            assert!(
                matches!(error, CallError::DeadlineExceeded { .. }),
                "{error}"
            );
        }
    }
    assert_eq!(link.num_waiting(), 0);
    assert_eq!(under_way.load(Ordering::SeqCst), 0);
    drop(heard);
    tasks.end().await;
}
