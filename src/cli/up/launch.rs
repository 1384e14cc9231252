//! [`Launch`]: how a process of the colony is started.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use clap::ArgMatches;
use tokio::process::{Child, Command};

use super::process::ProcessId;
use crate::cli::leash::READY_FILE;

/// How processes are started: this program again, with the same options.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Launch {
    program: PathBuf,
    /// What comes before the command.
    leading: Vec<OsString>,
    /// What comes after it: the options for every command.
    options: Vec<OsString>,
}

impl Launch {
    /// This program with the options for every command that it was given itself.
    ///
    /// # Errors
    ///
    /// When the system does not say which program this is.
    pub(in crate::cli) fn again(arguments: &ArgMatches) -> std::io::Result<Self> {
        let mut options = Vec::new();
        let mut add = |flag: &str, value: OsString| options.extend([OsString::from(flag), value]);
        if let Some(file) = arguments.get_one::<OsString>("config-file") {
            add("--config", file.clone());
        }
        for (name, flag) in [("data", "--data"), ("log", "--log")] {
            if let Some(value) = arguments.get_one::<String>(name) {
                add(flag, value.into());
            }
        }
        for pair in arguments.get_many::<String>("set").into_iter().flatten() {
            add("--set", pair.into());
        }
        Ok(Self {
            program: std::env::current_exe()?,
            leading: Vec::new(),
            options,
        })
    }

    /// Another program, for tests.
    #[cfg(all(test, unix))]
    pub(super) fn of(program: &str, leading: &[OsString]) -> Self {
        Self {
            program: program.into(),
            leading: leading.to_vec(),
            options: Vec::new(),
        }
    }

    /// The same with one more setting, above all others but those of the command line.
    #[must_use]
    pub(in crate::cli) fn preferring(mut self, setting: &str) -> Self {
        let first = [OsString::from("--set"), OsString::from(setting)];
        self.options.splice(0..0, first);
        self
    }

    /// Starts a process. Its streams are pipes, its standard input is its leash, and it stands in a process group of its own:
    /// a Ctrl-C on the terminal reaches only us, who end things in order.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub(super) fn start(&self, id: &ProcessId, ready_file: &Path) -> std::io::Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .args(&self.leading)
            .args(words(id))
            .args(&self.options)
            .env(READY_FILE, ready_file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        #[cfg(windows)]
        command.creation_flags(NEW_PROCESS_GROUP);
        command.spawn()
    }
}

/// `CREATE_NEW_PROCESS_GROUP` of the system's interface.
#[cfg(windows)]
const NEW_PROCESS_GROUP: u32 = 0x0000_0200;

/// The command of a process.
fn words(id: &ProcessId) -> Vec<String> {
    if id.is_server() {
        return vec!["nats-server".to_owned()];
    }
    let mut words = vec!["node".to_owned(), id.node.clone()];
    if id.replica > 1 {
        words.extend(["--replica".to_owned(), id.replica.to_string()]);
    }
    words
}
