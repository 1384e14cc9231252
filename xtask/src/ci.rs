//! `cargo xtask ci`: every gate that a change must pass, cheapest first, the tests last. What this machine cannot run is
//! said to be `not run`.

use std::process::{Command, Stdio};

use crate::arguments::Options;
use crate::openapi::Effort;
use crate::step::{Failure, Step};
use crate::tally::Tally;
use crate::{bench, browser, manifest, openapi, test};

/// Runs every gate; the first that fails ends it.
///
/// # Errors
///
/// The [`Failure`] of that gate.
pub(crate) fn run(options: &Options, tally: &mut Tally) -> Result<(), Failure> {
    gates()?.iter().try_for_each(Step::run)?;
    deny()?;
    openapi::run(Effort {
        minutes: 1,
        repeatable: true,
    })?;
    browser::run(tally)?;
    bench::check(false)?;
    test::run(options, tally)
}

fn gates() -> Result<Vec<Step>, Failure> {
    let mut gates = vec![
        Step::cargo("format", "fmt --all --check"),
        Step::cargo(
            "clippy",
            "clippy --workspace --all-targets --all-features --locked -- -D warnings",
        ),
        // Not a test of any plain run, and so none of `--all-targets` either.
        Step::cargo(
            "clippy, browser",
            "clippy -p browser --test page --locked -- -D warnings",
        ),
        Step::cargo("docs", "doc --workspace --no-deps --all-features --locked")
            .environment("RUSTDOCFLAGS", "-D warnings"),
        Step::cargo("no feature", "check -p skep --locked --no-default-features"),
    ];
    for feature in manifest::features()? {
        let words = format!("check -p skep --locked --no-default-features --features {feature}");
        gates.push(Step::cargo(format!("feature {feature} alone"), &words));
    }
    // A build of the workspace lends every package the features of all; a contract must do without them.
    for contract in manifest::contracts() {
        let step = Step::cargo("contract alone", "check --locked --manifest-path");
        gates.push(step.argument(contract.to_string_lossy()));
    }
    Ok(gates)
}

/// cargo-deny is the one gate that needs a tool which does not come with Rust. Advisories need their database, which not
/// every machine can reach; the rest needs nothing.
fn deny() -> Result<(), Failure> {
    let probe = Command::new("cargo-deny")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if probe.is_ok_and(|status| status.success()) {
        return Step::cargo("deny", "deny check licenses bans sources").run();
    }
    println!("\n==> deny: skipped, cargo-deny is not installed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_of_the_manifest_is_a_gate() {
        let typed: Vec<String> = gates().unwrap().iter().map(ToString::to_string).collect();
        for feature in ["runtime", "sled", "fjall", "cli", "testing"] {
            let wanted =
                format!("cargo check -p skep --locked --no-default-features --features {feature}");
            assert!(
                typed.contains(&wanted),
                "{feature} is not checked alone: {typed:#?}"
            );
        }
    }
}
