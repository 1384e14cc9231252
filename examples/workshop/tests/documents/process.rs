//! [`Process`]: a child whose lines are waited for, and which is killed with everything that it started.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// How long a line is waited for. It only ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A child in a process group of its own.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
}

/// Why no line came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoLine {
    /// The output has ended.
    Ended,
    /// It took too long.
    Late,
}

impl Process {
    /// Starts it. What it prints to both outputs comes as one, as in a terminal, when the command joins them.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} starts: {error}"));
        let stdout = child.stdout.take().expect("its output is piped");
        Self {
            child,
            lines: read(stdout),
        }
    }

    pub(crate) fn stdin(&mut self) -> impl std::io::Write + '_ {
        self.child.stdin.as_mut().expect("its input is piped")
    }

    /// The next line.
    pub(crate) fn line(&self) -> Result<String, NoLine> {
        self.lines
            .recv_timeout(PATIENCE)
            .map_err(|error| match error {
                RecvTimeoutError::Disconnected => NoLine::Ended,
                RecvTimeoutError::Timeout => NoLine::Late,
            })
    }

    /// What Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::INT).expect("what is interrupted runs");
    }

    /// Waits for the end; a signal counts as a shell counts it.
    pub(crate) fn end(&mut self) -> i32 {
        use std::os::unix::process::ExitStatusExt;
        let status = self.child.wait().expect("it ends");
        let signal = || status.signal().unwrap_or_default() + 128;
        status.code().unwrap_or_else(signal)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

/// Reads on a thread of its own, which ends with the output.
fn read(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = sync_channel(100_000);
    std::thread::spawn(move || {
        let mut reader = BufReader::new(output);
        let mut bytes = Vec::new();
        while reader
            .read_until(b'\n', &mut bytes)
            .is_ok_and(|read| read > 0)
        {
            let line = String::from_utf8_lossy(&bytes);
            if sender
                .send(line.trim_end_matches(['\r', '\n']).to_owned())
                .is_err()
            {
                return;
            }
            bytes.clear();
        }
    });
    receiver
}
