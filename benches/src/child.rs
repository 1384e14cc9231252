//! A measurement in a process of its own: what one leaves in memory is not in the next one's way.

use std::process::{Command, Stdio};

use serde::de::DeserializeOwned;

/// Starts this program again with `--child work` and returns what it prints, which is one JSON document.
///
/// # Panics
///
/// When it does not start, fails, or prints something else: there is nothing to measure then.
#[must_use]
pub fn measure_in_child<T: DeserializeOwned>(work: &str) -> T {
    let program = std::env::current_exe().expect("a program knows where it is");
    let output = Command::new(program)
        .args(["--child", work])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .expect("the program starts a second time");
    assert!(
        output.status.success(),
        "the child that does `{work}` failed: {}",
        output.status
    );
    serde_json::from_slice(&output.stdout).expect("a child prints what it has measured")
}
