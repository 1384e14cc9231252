//! Started, kept going, ended in order.

use rustix::process::{Pid, Signal, kill_process};

use super::*;
use crate::cli::exit::Exit;

/// Kills a process of the colony, as a crash would.
fn kill(status: &Status) {
    let pid = i32::try_from(status.pid.expect("it runs")).expect("a process id");
    kill_process(Pid::from_raw(pid).expect("a process id"), Signal::KILL)
        .expect("it can be killed");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_replica_of_every_node_runs_and_says_that_it_is_ready() {
    let played = Played::ready().await;
    let states = played.states();
    let names: Vec<&str> = states.keys().map(String::as_str).collect();
    assert_eq!(names, ["front", "money", "reports", "reports-2"]);
    assert!(states.values().all(|state| *state == State::Ready));
    let status = played.status("reports-2");
    assert_eq!(status.api.as_deref(), Some("http://reports-2"));
    assert!(status.pid.is_some());
    within(played.colony.stop()).await;
    assert_eq!(played.colony.list(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_by_itself_is_started_again() {
    let played = Played::ready().await;
    let before = played.status("money");
    kill(&before);
    within(played.colony.board().until(|all| {
        all.values()
            .any(|one| one.restarts == 1 && one.state == State::Ready)
    }))
    .await
    .expect("nothing fatal");
    assert_ne!(played.status("money").pid, before.pid);
    assert_eq!(played.status("front").restarts, 0);
    let end = played.status("money").last_end;
    assert!(end.is_some_and(|end| end.contains("signal: 9")));
    within(played.colony.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_may_pass_is_tried_again() {
    let played = Played::new(HANGS);
    played.fails("front", 75);
    within(played.colony.start_nodes())
        .await
        .expect("the second start is good");
    assert_eq!(played.status("front").restarts, 1);
    within(played.colony.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_configuration_is_not_tried_again() {
    let played = Played::new(HANGS);
    played.fails("reports", 78);
    let ended = within(played.colony.start_nodes())
        .await
        .expect_err("useless");
    assert_eq!(ended.exit, Exit::Config);
    assert!(
        ended.reason.starts_with("reports cannot run"),
        "{}",
        ended.reason
    );
    within(played.colony.stop()).await;
    let starts = played
        .events()
        .iter()
        .filter(|event| *event == "reports starts")
        .count();
    assert_eq!(starts, 1);
    assert_eq!(played.colony.list(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_start_is_not_tried_again() {
    let played = Played::new(HANGS);
    played.fails("nats", 69);
    let ended = within(played.colony.start_server())
        .await
        .expect_err("no server");
    assert_eq!(ended.exit, Exit::Unavailable);
    within(played.colony.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ran_is_tried_again_until_it_runs() {
    let played = Played::new(HANGS);
    within(played.colony.start_server())
        .await
        .expect("a server");
    played.fails("nats", 69);
    kill(&played.status("nats"));
    let is_back = |all: &BTreeMap<ProcessId, Status>| {
        all.values()
            .any(|one| one.restarts == 2 && one.state == State::Ready)
    };
    within(played.colony.board().until(is_back))
        .await
        .expect("nothing fatal");
    within(played.colony.stop()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_not_there_is_told() {
    let played = Played::new(HANGS);
    let launch = Launch::of("/no/such/program", &[]);
    let id = ProcessId::server();
    let error = launch
        .start(&id, &played.folder.path().join("x"))
        .expect_err("no program");
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn doors_end_first_and_the_server_last() {
    let played = Played::new(HANGS);
    within(played.colony.start_server())
        .await
        .expect("a server");
    within(played.colony.start_nodes())
        .await
        .expect("all are ready");
    within(played.colony.stop()).await;
    let events = played.events();
    let drains: Vec<&str> = events
        .iter()
        .filter_map(|event| event.strip_suffix(" drains"))
        .collect();
    assert_eq!(drains.len(), 5, "{events:?}");
    assert_eq!(events[0], "nats starts");
    assert_eq!((drains[0], drains[4]), ("front", "nats"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_drain_in_time_is_killed() {
    let played = Played::new(Duration::from_millis(200));
    within(played.colony.start_nodes())
        .await
        .expect("all are ready");
    played.stubborn("money");
    within(played.colony.stop()).await;
    assert_eq!(played.colony.list(), []);
    assert!(!played.events().contains(&"money drains".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_cannot_wait_kills_all() {
    let played = Played::ready().await;
    for name in ["front", "money", "reports", "reports-2"] {
        played.stubborn(name);
    }
    tokio::select! {
        () = played.colony.stop() => panic!("a stubborn process does not drain"),
        () = within(async {
            let draining = |all: &BTreeMap<ProcessId, Status>| all.values().any(|one| one.state == State::Draining);
            played.colony.board().until(draining).await.expect("nothing fatal");
        }) => {}
    }
    within(played.colony.kill()).await;
    assert_eq!(played.colony.list(), []);
}
