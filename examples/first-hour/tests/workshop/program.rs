//! The workshop's own binary, in a folder of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use skep::testing::Web;

/// A command line of the workshop.
fn workshop(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_first-hour"));
    command.current_dir(folder).args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FIRST_HOUR_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// A process that ends with the test, however that ends.
pub(crate) struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Program {
    /// Begins a command that goes on.
    pub(crate) fn begin(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = workshop(folder, arguments);
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = piped.spawn().expect("the workshop starts");
        let stdout = BufReader::new(child.stdout.take().expect("its output"));
        Self { child, stdout }
    }

    /// The next line of its output; empty at the end.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("it prints text");
        line.trim_end().to_owned()
    }

    /// The lines up to the first that has this in it.
    pub(crate) fn lines_until(&mut self, words: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            lines.push(self.line());
            let last = &lines[lines.len() - 1];
            if last.contains(words) {
                return lines;
            }
            assert!(!last.is_empty(), "no {words:?} came: {lines:#?}");
        }
    }

    /// Asks it to end, as Ctrl-C does, and waits until it has.
    pub(crate) fn interrupt(mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The workshop as it runs, with its API on a free port.
pub(crate) struct Workshop {
    pub(crate) web: Web,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) process: Program,
}

impl Workshop {
    pub(crate) fn ready() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let arguments = ["--set", "gateway.listen=127.0.0.1:0"];
        let mut process = Program::begin(folder.path(), &arguments);
        let line = process.line();
        let url = line
            .split_whitespace()
            .find(|word| word.contains("http://"));
        let url = url.unwrap_or_else(|| panic!("no API: {line:?}"));
        Self {
            web: Web::at(url.trim_end_matches('.')),
            folder,
            process,
        }
    }

    /// What a command prints that ends well.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = workshop(self.folder.path(), arguments).output();
        let output = output.expect("the workshop starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{arguments:?}: {stdout}\n{stderr}");
        stdout
    }

    /// The same as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let text = self.run(arguments);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// A command that goes on.
    pub(crate) fn follow(&self, arguments: &[&str]) -> Program {
        Program::begin(self.folder.path(), arguments)
    }
}
