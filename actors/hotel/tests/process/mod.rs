//! The hotel's own binary, run in a folder of its own.

use std::path::Path;
use std::process::{Command, Output};

/// A command line of the hotel with everything it keeps in `folder`.
pub(crate) fn hotel(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hotel"));
    command.current_dir(folder).args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HOTEL_") {
            command.env_remove(name);
        }
    }
    command.env_remove("RUST_LOG");
    command
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Runs the hotel to its end.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Ran {
    let output = hotel(folder, arguments).output();
    Ran::from(output.expect("the hotel's binary can be started"))
}

/// The first rows of the sample, in a file `bookings.csv`.
pub(crate) fn sample(folder: &Path, rows: usize) {
    let text = include_str!("../../data/sample_bookings.csv");
    let rows: Vec<&str> = text.lines().take(rows + 1).collect();
    std::fs::write(folder.join("bookings.csv"), rows.join("\n")).expect("a file can be written");
}
