//! The rules of the house that a machine can see: each is one test here, and says where it is broken, by what, and why
//! the rule is there. The rules themselves, with a wrong snippet that each must refuse, are in `tests/tidy/`.

use tidy::tree::{Offence, Source, sources};
use tidy::{files, layers, packages, words};

mod tidy {
    pub(crate) mod code;
    pub(crate) mod files;
    pub(crate) mod layers;
    pub(crate) mod packages;
    pub(crate) mod paths;
    pub(crate) mod tree;
    pub(crate) mod words;
}

/// Tests that may sleep, each with its reason.
const SLEEPERS: &[words::Allowed] = &[words::Allowed {
    path: "tests/laws/counter.rs",
    reason: "a handler that takes its time, in virtual time: what is tested is who waits for it",
}];

/// Fails with every place that breaks the rule at once.
fn hold(rule: &str, check: impl Fn(&[Source]) -> Vec<Offence>) {
    let offences: Vec<String> = check(&sources()).iter().map(ToString::to_string).collect();
    assert!(
        offences.is_empty(),
        "{rule}:\n  {}\n",
        offences.join("\n  ")
    );
}

#[test]
fn the_walk_finds_the_project() {
    let found = sources();
    for path in ["Cargo.toml", "src/lib.rs", "tests/tidy.rs"] {
        assert!(
            found.iter().any(|source| source.path == path),
            "{path} is not among {} files",
            found.len()
        );
    }
}

#[test]
fn lower_floors_know_nothing_of_higher_ones() {
    hold(
        "folders of src/ know lower floors only",
        layers::upward_edges,
    );
}

#[test]
fn the_root_names_what_it_re_exports() {
    hold("no glob re-exports in src/lib.rs", layers::root_globs);
}

#[test]
fn hidden_packages_stay_hidden() {
    hold(
        "actix, async-nats, sled and fjall are named in their own places only",
        layers::leaks,
    );
}

#[test]
fn no_file_is_too_long() {
    hold("a file has one reason to exist", files::too_long);
}

#[test]
fn every_file_introduces_itself() {
    hold("a Rust file opens with `//!`", files::without_head);
}

#[test]
fn every_name_says_something() {
    hold(
        "files and folders are named by what is inside",
        files::empty_names,
    );
}

#[test]
fn every_capability_has_a_page() {
    hold(
        "a package of actors/ has a README.md",
        packages::without_readme,
    );
}

#[test]
fn contracts_stay_small() {
    hold(
        "a contract is small enough for any client",
        packages::heavy_contracts,
    );
    hold(
        "the workspace takes skep without features",
        packages::heavy_workspace,
    );
}

#[test]
fn nothing_names_a_registry_a_machine_or_unfinished_work() {
    hold("the project speaks of itself alone", words::unwelcome_words);
    hold("what is not built yet is left out", words::holes);
}

#[test]
fn every_test_can_fail_for_its_reason_alone() {
    hold("tests are run, and say what went wrong", words::evasions);
}

#[test]
fn no_test_sleeps() {
    hold("tests wait for conditions", |sources| {
        words::sleeps(sources, SLEEPERS)
    });
    let idle = words::idle_entries(&sources(), SLEEPERS);
    assert!(
        idle.is_empty(),
        "entries of SLEEPERS that allow nothing: {idle:?}"
    );
}
