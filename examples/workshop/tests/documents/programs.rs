//! [`Programs`]: what `cargo run` and `curl` mean to the commands of a page.
//!
//! A folder that comes first in `PATH` has a `cargo` that runs the program which the test build has made, whether the page
//! says `--release` or not: `-p hotel` is the hotel, and without `-p` it is the hotel too, as in this repository, or the
//! program that the page has quoted last, as in the reader's own folder. All other subcommands go to the real cargo.
//! `target/release` has the same programs. Where
//! there is no curl, or one before 7.82, a stand-in written in Python answers to the options that the pages use.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The programs by the names that pages use for them.
const PROGRAMS: &[(&str, &str)] = &[
    ("hotel", env!("CARGO_BIN_EXE_documents-hotel")),
    ("greeting", env!("CARGO_BIN_EXE_documents-greeting")),
    ("marketplace", env!("CARGO_BIN_EXE_documents-marketplace")),
    ("skep", env!("CARGO_BIN_EXE_documents-skep")),
];

/// What a page runs after it has quoted this file as the reader's own `src/main.rs`; its name is `greeting`.
const QUOTED: &[(&str, &str)] = &[
    (
        "examples/workshop/src/greet.rs",
        env!("CARGO_BIN_EXE_workshop-1"),
    ),
    (
        "examples/workshop/src/events.rs",
        env!("CARGO_BIN_EXE_workshop-2"),
    ),
    (
        "examples/workshop/src/visits.rs",
        env!("CARGO_BIN_EXE_workshop-3"),
    ),
];

/// A program's help shows the name by which it was run, so the links have the names that readers see.
const CARGO: &str = r#"#!/bin/sh
programs=$(dirname "$0")/programs
program=$programs/$(readlink "$programs/default")
[ "$1" = run ] || exec "$REAL_CARGO" "$@"
shift
while [ $# -gt 0 ]; do
  case "$1" in
    --release | -q | --quiet) shift ;;
    -p | --package) program=$programs/$2; shift 2 ;;
    --bin) shift 2 ;;
    --) shift; break ;;
    *) echo "cargo: no option $1 is known to the test of the documents" >&2; exit 64 ;;
  esac
done
exec "$program" "$@"
"#;

const CURL: &str = include_str!("curl.py");

/// A folder of programs, to come first in `PATH`.
#[derive(Debug)]
pub(crate) struct Programs {
    folder: PathBuf,
}

/// Which curl is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curl {
    /// The machine's, if it has one.
    Real,
    /// The one in Python.
    StandIn,
}

impl Programs {
    pub(crate) fn new(folder: PathBuf, curl: Curl) -> Self {
        fs::create_dir_all(folder.join("programs")).expect("a folder for programs");
        write_script(&folder.join("cargo"), CARGO);
        if curl == Curl::StandIn || !has_curl() {
            write_script(&folder.join("curl"), CURL);
        }
        let linked = Self { folder };
        for (name, program) in PROGRAMS {
            linked.link(name, program);
        }
        linked.lead_to(PROGRAMS[0].0);
        linked
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// From now on the reader's own program is what was quoted, if it is one.
    pub(crate) fn quoted(&self, file: &str) {
        let place = QUOTED.iter().position(|(quoted, _)| *quoted == file);
        if let Some(place) = place {
            let name = format!("own-{place}/greeting");
            self.link(&name, QUOTED[place].1);
            self.lead_to(&name);
        }
    }

    /// Puts the programs where a build for release leaves them.
    pub(crate) fn build(&self, home: &Path) {
        let target = home.join("target/release");
        fs::create_dir_all(&target).expect("a folder");
        for (name, program) in PROGRAMS {
            symlink(program, target.join(name)).expect("a link");
        }
    }

    /// Makes a program known by a name.
    fn link(&self, name: &str, program: &str) {
        let link = self.folder.join("programs").join(name);
        fs::create_dir_all(link.parent().expect("a folder")).expect("a folder");
        let _ = fs::remove_file(&link);
        symlink(program, link).expect("a link");
    }

    /// Has `cargo run` without a name run this one.
    fn lead_to(&self, name: &str) {
        let default = self.folder.join("programs/default");
        let _ = fs::remove_file(&default);
        symlink(name, default).expect("a link");
    }
}

fn write_script(path: &Path, text: &str) {
    fs::write(path, text).expect("a script");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a script that runs");
}

/// Whether there is a curl that knows `--json`, as those from 7.82 on do.
fn has_curl() -> bool {
    let help = Command::new("curl").args(["--help", "all"]).output();
    help.is_ok_and(|help| String::from_utf8_lossy(&help.stdout).contains("--json"))
}
