//! A replay against the split hotel ends with what a replay in one process ends with.

use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use crate::process::{Ran, run, sample};
use crate::up::Up;

const ROWS: usize = 100;
pub(crate) const REPLAY: [&str; 4] = ["replay", "bookings.csv", "--verify", "--json"];

/// What a replay said.
pub(crate) fn report(ran: &Ran) -> Value {
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
    serde_json::from_str(&ran.stdout).expect("a report in JSON")
}

/// What came of a replay in one process.
fn whole(folder: &Path) -> Value {
    sample(folder, ROWS);
    report(&run(folder, &REPLAY))
}

fn ends_with_the_same(configuration: &str) {
    let folder = tempdir().expect("a folder");
    let expected = whole(folder.path());
    let up = Up::ready(configuration);
    sample(up.folder.path(), ROWS);
    let split = report(&up.run(&REPLAY));
    for part in ["bookings", "rejected", "hotels"] {
        assert_eq!(split["summary"][part], expected["summary"][part], "{part}");
    }
    assert_eq!(split["total"].to_string(), expected["total"].to_string());
    let promises = |report: &Value| -> Vec<(String, bool)> {
        let checks = report["checks"].as_array().expect("checks");
        let promise = |check: &Value| (check["promise"].to_string(), check["holds"] == true);
        checks.iter().map(promise).collect()
    };
    assert_eq!(promises(&split), promises(&expected));
    up.interrupt();
}

#[test]
fn every_capability_in_a_process_of_its_own_changes_no_total() {
    ends_with_the_same("microservices.toml");
}

#[test]
fn two_replicas_of_the_reports_change_no_total() {
    ends_with_the_same("split.toml");
}
