//! `contract check` of the marketplace against the recommendations in Python: as they are, and as somebody got them wrong.

#![allow(
    clippy::panic,
    reason = "a test whose helper finds something else than it expects has failed"
)]

use std::fs;
use std::process::Command;

use serde_json::Value;

use place::{Place, Program};

#[allow(dead_code, reason = "the tests of the Python programs use all of it")]
#[path = "../../../examples/python/tests/python/environment.rs"]
mod environment;
#[allow(dead_code, reason = "the tests of the Python programs use all of it")]
#[path = "../../../examples/python/tests/python/place.rs"]
mod place;

/// How the check ended, and what it found.
fn checked(place: &Place) -> (Option<i32>, Vec<Value>) {
    let output = Command::new(env!("CARGO_BIN_EXE_marketplace"))
        .args(["contract", "check", "recommendations_python"])
        .args(["--as", "recommendations", "--json"])
        .args(["--against", &place.server.url()])
        .output()
        .expect("it starts");
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let trials = said["trials"].as_array().expect("trials");
    (output.status.code(), trials.clone())
}

/// The cases in which something else came than the contract says.
fn failed(trials: &[Value]) -> Vec<String> {
    let failed = trials.iter().filter(|trial| trial["passed"] == false);
    let told = |trial: &Value| {
        format!(
            "{}: {}",
            trial["case"].as_str().unwrap_or_default(),
            trial["got"].as_str().unwrap_or_default()
        )
    };
    failed.map(told).collect()
}

/// The service with these words in its text replaced.
fn mutated(place: &Place, changes: &[(&str, &str)]) -> (tempfile::TempDir, Program) {
    let original = environment::programs().join("recommendations.py");
    let mut text = fs::read_to_string(&original).expect("a program");
    let own = format!("pathlib.Path({:?})", original.display().to_string());
    let changes = [&[("pathlib.Path(__file__)", own.as_str())], changes].concat();
    for (before, after) in changes {
        assert!(
            text.contains(before),
            "{before} is not in the program any more"
        );
        text = text.replace(before, after);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("mutated.py");
    fs::write(&program, text).expect("a file");
    let program = place.start(&program.display().to_string(), &[]);
    (folder, program)
}

/// What is found of a service with these changes.
fn found(changes: &[(&str, &str)]) -> Option<Vec<String>> {
    let place = Place::open()?;
    let _service = mutated(&place, changes);
    let (code, trials) = checked(&place);
    assert_eq!(code, Some(1), "{trials:#?}");
    Some(failed(&trials))
}

#[test]
fn the_python_service_keeps_to_the_contract() {
    let Some(place) = Place::open() else { return };
    let _service = place.start("recommendations.py", &[]);
    let (code, trials) = checked(&place);
    assert_eq!(code, Some(0), "{trials:#?}");
    assert!(
        trials.iter().any(|trial| trial["got"] == "a reply"),
        "{trials:#?}"
    );
    assert!(
        trials.iter().any(|trial| trial["got"] == "a refusal"),
        "{trials:#?}"
    );
}

#[test]
fn a_reply_of_another_shape_is_found() {
    let Some(found) = found(&[("return {\"books\":", "return {\"titles\":")]) else {
        return;
    };
    assert!(!found.is_empty());
    for finding in &found {
        assert!(finding.contains("a reply that does not fit"), "{found:#?}");
        assert!(finding.contains("books"), "{found:#?}");
    }
}

#[test]
fn a_refusal_of_another_shape_is_found() {
    let Some(found) = found(&[("\"wrong_max_results\"", "\"too_many\"")]) else {
        return;
    };
    assert!(!found.is_empty());
    for finding in &found {
        assert!(
            finding.contains("a refusal that does not fit"),
            "{found:#?}"
        );
    }
}

#[test]
fn a_message_that_nobody_serves_is_found() {
    let Some(found) = found(&[("name=\"recommend\"", "name=\"suggest\"")]) else {
        return;
    };
    assert!(
        found
            .iter()
            .any(|finding| finding.starts_with("an example: no process answers")),
        "{found:#?}"
    );
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let late = ("            in_time(request.headers or {})\n", "");
    let wrong = (
        "raise Failure(\"400\", \"codec\", reason)",
        "raise Failure(\"500\", \"codec\", reason)",
    );
    let reply = ("return {\"books\":", "return {\"titles\":");
    let refusal = ("\"wrong_max_results\"", "\"too_many\"");
    let Some(found) = found(&[late, wrong, reply, refusal]) else {
        return;
    };
    for case in [
        "an example: a reply that does not fit",
        "max_results at its least: a refusal that does not fit",
        "no JSON: error 500",
        "a field less: error 500",
        "a deadline that has passed: a reply",
    ] {
        assert!(
            found.iter().any(|finding| finding.starts_with(case)),
            "{case}: {found:#?}"
        );
    }
}
