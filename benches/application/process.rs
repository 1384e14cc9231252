//! A process that plays a part. It ends when its [`Process`] is dropped, however that comes about.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::de::DeserializeOwned;

use crate::part::{Job, Part, Ready};

/// A process of ours.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    /// Closed, it tells the process to end.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Process {
    /// Starts a part on a processor.
    pub(crate) fn start(part: Part, core: Option<usize>) -> Self {
        let program = std::env::current_exe().expect("a program knows where it is");
        let job = serde_json::to_string(&Job { core, part }).expect("a job is JSON");
        let mut child = Command::new(program)
            .args(["--child", &job])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the program starts again");
        let input = child.stdin.take();
        let output = child.stdout.take().expect("the output is a pipe");
        Self {
            child,
            input,
            output: BufReader::new(output),
        }
    }

    /// Starts a part and waits until it is ready.
    pub(crate) fn ready(part: Part, core: Option<usize>) -> (Self, Ready) {
        let mut process = Self::start(part, core);
        let ready = process.hear();
        (process, ready)
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line that it says.
    pub(crate) fn hear<T: DeserializeOwned>(&mut self) -> T {
        let mut line = String::new();
        let read = self.output.read_line(&mut line);
        assert!(
            read.is_ok_and(|read| read > 0),
            "a part of the hotel ended before it was ready: see above"
        );
        serde_json::from_str(&line).expect("a part says what it is expected to say")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}
