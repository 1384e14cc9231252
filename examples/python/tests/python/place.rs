//! A server of a test's own, and programs of Python that use it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use skep::transport::nats::server::{ServerOptions, ServerProcess, find_server};
use tempfile::TempDir;

use crate::environment;

/// How long a program may be silent; it ends only a test that hangs.
const LIMIT: Duration = Duration::from_secs(120);
/// Lines of a program that may wait to be read; with more the program waits.
const LINES: usize = 64;

/// A server, and the Python that talks to it.
pub(crate) struct Place {
    pub(crate) server: ServerProcess,
    python: &'static Path,
    /// Holds what the server keeps; it goes with the test.
    _folder: TempDir,
}

impl Place {
    /// A place of the test's own; `None` when there is no Python to run in it.
    pub(crate) fn open() -> Option<Self> {
        let python = environment::interpreter()?;
        let folder = tempfile::tempdir().expect("a folder");
        let binary = find_server(&mut |_| ()).expect("a nats-server");
        let options = ServerOptions::in_folder(folder.path());
        let server = ServerProcess::start(&binary, options).expect("it starts");
        Some(Self {
            server,
            python,
            _folder: folder,
        })
    }

    /// A program of the folder with these arguments, told where the server is.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.python);
        command
            .env("PYTHONPATH", environment::programs())
            .arg("-B")
            .arg(environment::programs().join(program))
            .args(["--server", &self.server.url()])
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    /// Runs a program to its end.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let output = self.command(program, arguments).output();
        output.expect("the interpreter can be started")
    }

    /// Starts a program that stays, and waits for its first line.
    pub(crate) fn start(&self, program: &str, arguments: &[&str]) -> Program {
        let mut program = Program::of(self.command(program, arguments).stderr(Stdio::inherit()));
        let line = program.line().unwrap_or_default();
        assert!(line.contains("answers at"), "{line:?}");
        program
    }
}

/// A program that ends with the test, however that ends.
pub(crate) struct Program {
    pub(crate) child: Child,
    lines: Receiver<String>,
}

impl Program {
    pub(crate) fn of(command: &mut Command) -> Self {
        let child = command.stdout(Stdio::piped()).spawn();
        let mut child = child.expect("the interpreter can be started");
        let stdout = child.stdout.take().expect("its output");
        let (sender, lines) = sync_channel(LINES);
        // It ends with the program's output, or with whoever reads it.
        thread::spawn(move || {
            let read = BufReader::new(stdout).lines();
            let mut texts = read.map_while(Result::ok);
            while texts.next().is_some_and(|line| sender.send(line).is_ok()) {}
        });
        Self { child, lines }
    }

    /// The next line of its output; `None` at the end.
    pub(crate) fn line(&mut self) -> Option<String> {
        match self.lines.recv_timeout(LIMIT) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("the program prints nothing for {LIMIT:?}"),
        }
    }

    /// Asks it to end, and waits until it has; how it ended, and what it still printed.
    pub(crate) fn terminate(mut self) -> (Option<i32>, Vec<String>) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it runs");
        let mut rest = Vec::new();
        while let Some(line) = self.line() {
            rest.push(line);
        }
        (self.child.wait().expect("it ends").code(), rest)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
