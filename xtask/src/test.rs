//! `cargo xtask test`: every test of the workspace in two steps, and their sum.

use crate::arguments::Options;
use crate::step::{Failure, Step};
use crate::tally::Tally;

/// What each step runs, and cargo's way to say so. A failing binary does not hide the next one's result.
const STEPS: &[(&str, &str)] = &[
    (
        "tests",
        "test --workspace --all-features --locked --no-fail-fast --tests",
    ),
    (
        "doctests",
        "test --workspace --all-features --locked --no-fail-fast --doc",
    ),
];

/// Runs the tests and counts them.
///
/// # Errors
///
/// The [`Failure`] of the first step that fails, and [`Failure::NoTest`] if the filter fits none.
pub(crate) fn run(options: &Options, tally: &mut Tally) -> Result<(), Failure> {
    for (name, words) in STEPS {
        step(name, words, options).stream(|line| tally.count(line))?;
    }
    if tally.is_empty() {
        return Err(Failure::NoTest {
            filter: options.filter.clone(),
        });
    }
    Ok(())
}

/// Names the tests that [`run`] would run.
///
/// # Errors
///
/// The [`Failure`] of the first step that fails.
pub(crate) fn list(options: &Options) -> Result<(), Failure> {
    let mut num_tests = 0;
    for (name, words) in STEPS {
        let step = step(name, words, options);
        step.stream(|line| num_tests += u64::from(line.ends_with(": test")))?;
    }
    println!("\n{num_tests} tests");
    Ok(())
}

fn step(name: &str, words: &str, options: &Options) -> Step {
    let mut step = Step::cargo(name, words).argument("--");
    if options.quick {
        step = step.environment("SKEP_CRASH_ROUNDS", "0");
    }
    if options.list {
        step = step.argument("--list");
    }
    match &options.filter {
        Some(filter) => step.argument(filter),
        None => step,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_reach_the_tests() {
        let options = Options {
            quick: true,
            filter: Some("mail box".to_owned()),
            list: true,
        };
        let typed = step("tests", "test", &options).to_string();
        assert_eq!(typed, "SKEP_CRASH_ROUNDS=0 cargo test -- --list 'mail box'");
    }
}
