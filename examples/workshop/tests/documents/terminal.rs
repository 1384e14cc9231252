//! [`Terminal`]: runs the console blocks of one page as a reader would, in a folder of its own.
//!
//! One shell runs what ends; what stays has a terminal, that is a process group, of its own and is killed with the page.
//! Programs that stay take any free port instead of 4080: their ready lines tell it, and from then on the page's port
//! stands for theirs, in commands and in outputs. Their logs are those of a terminal.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::expected::{all_match, line_matches};
use super::process::{NoLine, Process};
use super::programs::{Curl, Programs};
use super::script::{Step, telling};

/// What stands before the status after the output of a command. No command prints it.
const END: &str = "\u{1e}ended with ";
/// Characters of an output that a mistake tells.
const SHOWN_MAX: usize = 3000;
const HOST: &str = "127.0.0.1:";

#[derive(Debug)]
pub(crate) struct Terminal {
    folder: tempfile::TempDir,
    pub(crate) programs: Programs,
    shell: Process,
    staying: Vec<Process>,
    /// The ports of the page, and what they really are.
    ports: BTreeMap<String, String>,
    status: i32,
}

impl Terminal {
    /// A terminal in a folder with what the pages say of this repository.
    pub(crate) fn open(root: &Path, curl: Curl) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let programs = Programs::new(folder.path().join("programs"), curl);
        let home = folder.path().join("skep");
        for part in ["config", "docs", "actors/hotel/data"] {
            copy(&root.join(part), &home.join(part));
        }
        programs.build(&home);
        let mut shell = command(&programs, &home);
        shell.stdin(Stdio::piped());
        let mut shell = Process::start(shell);
        let joined = shell.stdin().write_all(b"exec 2>&1\n");
        joined.expect("the shell reads");
        Self {
            shell,
            programs,
            folder,
            staying: Vec::new(),
            ports: BTreeMap::new(),
            status: 0,
        }
    }

    /// Puts a file into the folder where the shell is.
    pub(crate) fn put(&mut self, name: &str, text: &str) -> Result<(), String> {
        let path = self.here()?.join(name);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Takes one step.
    pub(crate) fn take(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Run { command, shown } => self.run(command, shown),
            Step::Start { command, shown } => self.start(command, shown),
            Step::Interrupt { shown } => self.interrupt(shown),
        }
    }

    fn run(&mut self, command: &str, shown: &[String]) -> Result<(), String> {
        let asks_for_status = command.starts_with("echo $?");
        if self.status != 0 && !asks_for_status {
            return Err(format!(
                "the command before `{command}` ended with {}: a page that expects this shows it with `echo $?`",
                self.status
            ));
        }
        let lines = self.output_of(command)?;
        if asks_for_status {
            self.status = 0;
        }
        if shown.is_empty() || all_match(shown, &lines) {
            return Ok(());
        }
        Err(format!(
            "`{command}` shows\n{}\ninstead of\n{}",
            shortened(&lines),
            shown.join("\n")
        ))
    }

    /// Runs a command of the test's own, and says what it printed if it did not end well.
    pub(crate) fn accepts(&mut self, command: &str) -> Result<(), String> {
        let lines = self.output_of(command)?;
        match std::mem::take(&mut self.status) {
            0 => Ok(()),
            _ => Err(lines.join("\n")),
        }
    }

    /// Whether the last command ended well.
    pub(crate) fn close(self) -> Result<(), String> {
        match self.status {
            0 => Ok(()),
            status => Err(format!("the last command ended with {status}")),
        }
    }

    /// Has the shell run a command, and returns what it prints.
    fn output_of(&mut self, command: &str) -> Result<Vec<String>, String> {
        let script = self.folder.path().join("step.sh");
        let before = self.status;
        fs::write(
            &script,
            format!("(exit {before})\n{}\n", self.real(command)),
        )
        .map_err(|error| error.to_string())?;
        let typed = format!(
            ". '{}' < /dev/null; printf '\\n{END}%s\\n' \"$?\"\n",
            script.display()
        );
        let written = self.shell.stdin().write_all(typed.as_bytes());
        written.map_err(|error| format!("the shell is gone: {error}"))?;
        let mut lines: Vec<String> = Vec::new();
        loop {
            let line = self.shell.line().map_err(|error| match error {
                NoLine::Ended => format!("`{command}` ended the shell"),
                NoLine::Late => {
                    format!("`{command}` does not end; it printed\n{}", lines.join("\n"))
                }
            })?;
            if let Some(status) = line.strip_prefix(END) {
                self.status = status.parse().map_err(|_| format!("no status: {status}"))?;
                break;
            }
            lines.push(self.shown(&line));
        }
        // The line break before the status is ours, and so is the empty line when the output ended with one.
        if lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        Ok(lines)
    }

    fn start(&mut self, typed: &str, shown: &[String]) -> Result<(), String> {
        let here = self.here()?;
        let mut shell = command(&self.programs, &here);
        shell.args(["-c", &format!("exec env {} 2>&1", self.real(typed))]);
        for application in ["HOTEL", "GREETING"] {
            shell.env(format!("{application}_LOG__FORMAT"), "human");
            if typed.contains("cargo run") && !typed.contains("gateway.listen") {
                shell.env(format!("{application}_GATEWAY__LISTEN"), "127.0.0.1:0");
            }
        }
        let process = Process::start(shell);
        let found = self.see(&process, typed, shown);
        self.staying.push(process);
        found
    }

    /// Waits for the lines that are shown, in their order, whatever comes between them.
    fn see(&mut self, process: &Process, typed: &str, shown: &[String]) -> Result<(), String> {
        for expected in telling(shown) {
            let mut passed = Vec::new();
            loop {
                let line = process.line().map_err(|error| {
                    format!(
                        "`{typed}` does not show\n{expected}\n({error:?}), but\n{}",
                        passed.join("\n")
                    )
                })?;
                self.learn_port(expected, &line);
                let line = self.shown(&line);
                if line_matches(expected, &line) {
                    break;
                }
                passed.push(line);
            }
        }
        Ok(())
    }

    fn interrupt(&mut self, shown: &[String]) -> Result<(), String> {
        let mut process = self.staying.pop().ok_or("nothing is there to interrupt")?;
        process.interrupt();
        self.see(&process, "^C", shown)?;
        self.status = process.end();
        if self.status >= 128 {
            self.status = 0;
        }
        Ok(())
    }

    /// Where the shell is.
    fn here(&mut self) -> Result<PathBuf, String> {
        let status = std::mem::take(&mut self.status);
        let lines = self.output_of("pwd")?;
        self.status = status;
        lines
            .first()
            .map(PathBuf::from)
            .ok_or("no folder".to_owned())
    }

    /// If the page's line names a port, and the real line another one in its place, that is what it stands for.
    fn learn_port(&mut self, shown: &str, line: &str) {
        if let (true, Some(shown), Some(real)) =
            (line.contains("is ready"), port(shown), port(line))
        {
            self.ports.insert(shown.to_owned(), real.to_owned());
        }
    }

    /// A text of the page with real ports.
    fn real(&self, text: &str) -> String {
        self.ports
            .iter()
            .fold(text.to_owned(), |text, (shown, real)| {
                text.replace(&format!("{HOST}{shown}"), &format!("{HOST}{real}"))
            })
    }

    /// A real text with the ports of the page.
    fn shown(&self, text: &str) -> String {
        self.ports
            .iter()
            .fold(text.to_owned(), |text, (shown, real)| {
                text.replace(&format!("{HOST}{real}"), &format!("{HOST}{shown}"))
            })
    }
}

/// As much of an output as a person reads.
fn shortened(lines: &[String]) -> String {
    lines.join("\n").chars().take(SHOWN_MAX).collect()
}

/// The port of this machine that a line names.
fn port(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once(HOST)?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    Some(&rest[..end]).filter(|port| !port.is_empty())
}

/// A shell as a reader has one: no settings of whoever runs the test.
fn command(programs: &Programs, folder: &Path) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("sh");
    command
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", programs.folder().display()))
        .env("REAL_CARGO", env!("CARGO"));
    for (name, _) in std::env::vars() {
        if name.starts_with("RUST_") || name.starts_with("HOTEL_") || name.starts_with("GREETING_")
        {
            command.env_remove(name);
        }
    }
    command
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder that can be read") {
            let name = entry.expect("an entry").file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        fs::copy(from, to).expect("a file that can be copied");
    }
}
