//! A child process that serves while others are measured: a server in a process of its own, as it would have in life.
//!
//! Parent and child speak in lines, over the child's standard input and output, and never while the clock runs. The child ends when its
//! input does: with its [`Servant`], and with the parent, however that ends.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A child that serves. Dropped, it is told to end, and waited for.
#[derive(Debug)]
pub struct Servant {
    child: Child,
    /// Taken when the child is to end.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    first: String,
}

impl Servant {
    /// Starts this program again with `--child work`, and waits for the first line of [`serve_parent`].
    ///
    /// # Panics
    ///
    /// When it does not start or ends before it has said its first line: there is nothing to measure then.
    #[must_use]
    pub fn start(work: &str) -> Self {
        let program = std::env::current_exe().expect("a program knows where it is");
        let mut child = Command::new(program)
            .args(["--child", work])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts a second time");
        let input = child.stdin.take();
        let output = child.stdout.take().expect("its output is ours");
        let mut servant = Self {
            child,
            input,
            output: BufReader::new(output),
            first: String::new(),
        };
        servant.first = servant.line();
        servant
    }

    /// What it said when it was ready, such as its address.
    #[must_use]
    pub fn first(&self) -> &str {
        &self.first
    }

    /// The number of its process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a line, and waits for the line that it answers.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn ask(&mut self, line: &str) -> String {
        let input = self.input.as_mut().expect("it is open until the drop");
        writeln!(input, "{line}").expect("the child listens");
        self.line()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let read = self.output.read_line(&mut line);
        assert!(
            read.is_ok_and(|bytes| bytes > 0),
            "the child with number {} has ended",
            self.child.id()
        );
        line.trim_end().to_owned()
    }
}

impl Drop for Servant {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

/// The child's side: says the first line, then answers each line of the parent. Returns when the parent wants no more or is gone.
///
/// # Panics
///
/// When the parent no longer reads.
pub fn serve_parent(first: &str, mut answer: impl FnMut(&str) -> String) {
    say(first);
    for line in std::io::stdin().lines().map_while(Result::ok) {
        say(&answer(&line));
    }
}

fn say(line: &str) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}").expect("the parent reads");
    output.flush().expect("the parent reads");
}
