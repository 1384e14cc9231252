//! The commands against the greeting itself, as it runs.

use std::path::Path;

use tempfile::tempdir;

use super::program::{Ran, Running, run};

/// Runs a command that is expected to end like this.
fn ends(folder: &Path, arguments: &[&str], code: i32) -> Ran {
    let ran = run(folder, arguments);
    assert_eq!(ran.code, Some(code), "{arguments:?}: {ran:#?}");
    ran
}

#[test]
fn a_running_process_is_listed_inspected_asked_and_traced() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let mut process = Running::ready(folder);
    let listed = ends(folder, &["list", "--json"], 0).json();
    assert_eq!(listed["capabilities"][0]["name"], "greeting");
    let told = ends(folder, &["inspect", "greeting"], 0);
    for words in ["greet\n", "replies string", "heard by listening"] {
        assert!(told.stdout.contains(words), "{words:?} in {told:#?}");
    }
    let schema = ends(folder, &["inspect", "greeting.greeted", "--schema"], 0).json();
    assert_eq!(schema["payload"]["type"], "string");

    let reply = ends(
        folder,
        &["request", "greeting.greet", "\"Ada\"", "--json"],
        0,
    )
    .json();
    assert_eq!(reply["reply"], "Hi, Ada!");
    assert_eq!(process.line(), "Ada was greeted\n");
    let trace = reply["trace"].as_str().expect("a trace");
    let tree = ends(folder, &["trace", &trace[..12]], 0);
    assert!(tree.stdout.contains("greeting.greet"), "{tree:#?}");
    let roots = ends(folder, &["trace", "--json"], 0).json();
    let roots = roots["traces"].as_array().expect("traces");
    assert!(
        roots.iter().any(|root| root["trace"] == trace),
        "{roots:#?}"
    );

    let figures = ends(
        folder,
        &[
            "request",
            "greeting.greet",
            "\"Bob\"",
            "-n",
            "40",
            "-C",
            "4",
            "--json",
        ],
        0,
    );
    assert_eq!(figures.json()["replied"], 40);
    let healthy = ends(folder, &["doctor", "--json"], 0).json();
    let checks = healthy["checks"].as_array().expect("checks");
    assert!(
        checks.iter().all(|check| check["state"] == "ok"),
        "{checks:#?}"
    );
}

#[test]
fn what_does_not_fit_is_refused_with_what_would() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let _process = Running::ready(folder);
    let wrong = ends(folder, &["request", "greeting.greet", "7"], 65);
    assert!(wrong.stderr.contains("string"), "{wrong:#?}");
    let typo = ends(folder, &["request", "greeting.gret", "\"Ada\""], 65);
    assert!(typo.stderr.contains("did you mean \"greet\"?"), "{typo:#?}");
    let typo = ends(folder, &["inspect", "greting"], 65);
    assert!(typo.stderr.contains("did you mean greeting?"), "{typo:#?}");
    let bare = ends(folder, &["request", "greeting.greet", "Ada"], 65);
    assert!(bare.stderr.contains("'\"Ada\"'"), "{bare:#?}");
    ends(folder, &["request", "greeting", "\"Ada\""], 64);
}

#[test]
fn a_killed_process_leaves_a_file_that_the_next_one_replaces() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let mut process = Running::ready(folder);
    process.kill();
    let gone = ends(folder, &["list"], 69);
    assert!(
        gone.stderr.contains("left ./data/admin.json behind"),
        "{gone:#?}"
    );
    let _process = Running::ready(folder);
    ends(folder, &["list"], 0);
}

#[test]
fn scripts_and_pages_come_from_the_same_definitions_as_the_help() {
    let folder = tempdir().expect("a folder");
    let folder = folder.path();
    let script = ends(folder, &["completions", "bash"], 0);
    assert!(script.stdout.contains("log-level"), "{script:#?}");
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let script = ends(folder, &["completions", shell], 0);
        assert!(script.stdout.contains("no-follow"), "{shell}");
    }
    let page = ends(folder, &["man"], 0);
    assert!(page.stdout.contains(".TH greeting 1"), "{page:#?}");
    ends(folder, &["man", "--out", "pages"], 0);
    for page in ["greeting.1", "greeting-request.1", "greeting-dlq-replay.1"] {
        assert!(folder.join("pages").join(page).exists(), "{page}");
    }
}

#[test]
fn the_script_for_bash_completes_commands_and_values_where_there_is_a_bash() {
    let folder = tempdir().expect("a folder");
    let script = ends(folder.path(), &["completions", "bash"], 0);
    std::fs::write(folder.path().join("script"), script.stdout).expect("a file");
    let asked = "source ./script; COMP_WORDS=(greeting log); COMP_CWORD=1; _greeting greeting log greeting; echo ${COMPREPLY[@]}; \
        COMP_WORDS=(greeting tail --level ''); COMP_CWORD=3; _greeting greeting '' --level; echo ${COMPREPLY[@]}";
    let bash = std::process::Command::new("bash")
        .args(["--norc", "-c", asked])
        .current_dir(folder.path())
        .output();
    let Ok(output) = bash else {
        return;
    };
    let said = Ran::from(output);
    assert_eq!(
        said.stdout, "log-level\nerror warn info debug trace\n",
        "{said:#?}"
    );
}

#[test]
fn the_help_of_every_command_fits_a_terminal_and_shows_how_it_is_used() {
    let folder = tempdir().expect("a folder");
    let page = ends(folder.path(), &["--help"], 0);
    let commands = page.stdout.lines().skip_while(|line| *line != "Commands:");
    let commands = commands.skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> = commands
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(names.len() >= 18, "{names:?}");
    for name in names {
        let help = ends(folder.path(), &[name, "--help"], 0);
        let examples = help.stdout.split_once("Examples:\n");
        let (_, examples) = examples.unwrap_or_else(|| panic!("no examples of {name}"));
        let examples = examples.lines().take_while(|line| !line.is_empty());
        for example in examples.filter(|line| !line.contains("completions")) {
            assert!(example.len() <= 80, "{example:?} is too long");
        }
    }
}

#[test]
fn the_store_of_an_application_that_keeps_nothing_is_told_to_be_none() {
    let folder = tempdir().expect("a folder");
    let none = ends(folder.path(), &["store", "info"], 66);
    assert!(none.stderr.contains("./data"), "{none:#?}");
}
