//! Counts the instructions of the hot paths, where valgrind is, and holds them against what is checked in.

use std::process::{Command, Stdio};

use super::measurement::build;
use crate::step::{Failure, Step, root, target};

/// The package and its program: small, so that a gate has little to build.
const PROGRAM: &str = "instructions";

/// Counts, and compares with `benches/instructions/counts.toml` or writes it anew. Without valgrind it says so and counts nothing.
///
/// # Errors
///
/// [`Failure`] when the program cannot be built, or a count is out of bounds.
pub(crate) fn run(renew: bool) -> Result<(), Failure> {
    if !has_valgrind() {
        println!("\nnot run: valgrind is not installed (Debian: apt install valgrind)");
        return Ok(());
    }
    build(PROGRAM, std::iter::once(PROGRAM))?;
    let program = target().join("release").join(PROGRAM);
    let step = Step::program("instructions", program, root());
    let counts = step.argument("benches/instructions/counts.toml");
    if renew {
        return counts.argument("--renew").run();
    }
    counts.run()
}

fn has_valgrind() -> bool {
    let probe = Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    probe.is_ok_and(|status| status.success())
}
