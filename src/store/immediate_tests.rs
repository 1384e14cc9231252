//! What a committer without a thread promises.

use super::committer_tests::{batch, with};
use super::fault::Fault;
use super::{Committer, Done, FailStop, Outcome, State};

#[test]
fn an_immediate_committer_commits_within_the_submission() {
    let bench = with(Committer::immediate);
    bench.submit("a");
    bench.submit_barrier("read");
    assert_eq!(bench.told_now(), ["a", "read"]);
    assert_eq!(bench.keys(), ["a"]);
    bench.committer.shutdown();
    assert_eq!(bench.committer.state(), State::Stopped);
}

#[test]
fn an_immediate_committer_keeps_order_when_callbacks_submit() {
    let bench = with(Committer::immediate);
    let (committer, told, inner) = (
        bench.committer.clone(),
        bench.done("outer"),
        bench.done("inner"),
    );
    let outer: Done = Box::new(move |result| {
        committer.submit(batch("inner"), inner);
        told(result);
    });
    bench.committer.submit(batch("outer"), outer);
    assert_eq!([bench.committed(), bench.committed()], ["outer", "inner"]);
}

#[test]
fn an_immediate_committer_stops_at_a_failure_too() {
    let bench = with(Committer::immediate);
    bench.store.fail_commit(2, Fault::DiskFull);
    ["a", "b", "c"]
        .into_iter()
        .for_each(|name| bench.submit(name));
    assert_eq!(bench.committed(), "a");
    assert_eq!(bench.lost(), ("b".to_owned(), Outcome::Unknown));
    assert_eq!(bench.lost(), ("c".to_owned(), Outcome::NotWritten));
    assert!(matches!(
        bench.failed.lock().try_recv().unwrap(),
        FailStop::Failed { .. }
    ));
}
