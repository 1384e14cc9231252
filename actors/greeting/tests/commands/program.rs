//! The greeting's own binary, run in a folder of its own.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};

/// A command line of the greeting with everything it keeps in `folder`.
pub(crate) fn greeting(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greeting"));
    command.current_dir(folder).args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GREETING_") {
            command.env_remove(name);
        }
    }
    command.env_remove("RUST_LOG").stdin(Stdio::null());
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

impl Ran {
    /// What it printed, as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// Runs a command to its end.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Ran {
    let output = greeting(folder, arguments).output();
    Ran::from(output.expect("the binary can be started"))
}

/// A process that ends with the test, however that ends.
pub(crate) struct Running {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
}

impl Running {
    pub(crate) fn begin(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary can be started");
        let stdout = child.stdout.take().map(BufReader::new);
        Self { child, stdout }
    }

    /// The greeting, ready.
    pub(crate) fn ready(folder: &Path) -> Self {
        let mut command = greeting(folder, &["--set", "gateway.listen=127.0.0.1:0"]);
        command.stderr(Stdio::null());
        let mut running = Self::begin(command);
        let line = running.line();
        assert!(line.starts_with("greeting is ready"), "{line:?}");
        running
    }

    /// The next line of its output; empty at the end.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        let stdout = self.stdout.as_mut().expect("it is still read");
        stdout.read_line(&mut line).expect("it prints text");
        line
    }

    /// Ends it without a chance to clean up.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Lets go of its standard input.
    pub(crate) fn close_input(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Waits for its end.
    pub(crate) fn end(&mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }

    /// What it says beside its output, if that was piped.
    pub(crate) fn stderr(&mut self) -> ChildStderr {
        self.child.stderr.take().expect("it is piped")
    }

    /// Asks it to end, as Ctrl-C does, and waits until it has; `None` when the signal ended it.
    pub(crate) fn interrupt(mut self) -> Option<i32> {
        self.signal();
        self.end()
    }

    /// The same, with what it still printed.
    pub(crate) fn interrupt_and_read(mut self) -> (Option<i32>, String) {
        self.signal();
        let mut rest = String::new();
        let stdout = self.stdout.as_mut().expect("it is still read");
        stdout.read_to_string(&mut rest).expect("it prints text");
        (self.end(), rest)
    }

    /// Which process it is.
    pub(crate) fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    fn signal(&self) {
        rustix::process::kill_process(self.pid(), rustix::process::Signal::INT).expect("it runs");
    }

    /// Stops reading what it prints, and waits for its end.
    pub(crate) fn close_output(mut self) -> Option<i32> {
        self.stdout = None;
        self.end()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
