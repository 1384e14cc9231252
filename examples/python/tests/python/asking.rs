//! [`Asker`]: raw requests over NATS, with every byte of the answer.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{ChildStdin, Stdio};

use serde_json::{Value, json};

use crate::place::{Place, Program};

/// A client that sends what it is told and tells what it got.
pub(crate) struct Asker {
    program: Program,
    stdin: ChildStdin,
}

/// An answer, byte for byte.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Asker {
    pub(crate) fn at(place: &Place) -> Self {
        let mut command = place.command("tests/python/ask.py", &[]);
        let mut program = Program::of(command.stdin(Stdio::piped()));
        let stdin = program.child.stdin.take().expect("its input");
        Self { program, stdin }
    }

    /// The answer to a request; `None` when nobody listens there.
    pub(crate) fn ask(&mut self, subject: &str, headers: &Value, body: &str) -> Option<Answer> {
        let line = json!({ "subject": subject, "headers": headers, "body": body });
        writeln!(self.stdin, "{line}").expect("it reads");
        let answer = self.program.line().expect("an answer");
        let answer: Value = serde_json::from_str(&answer).expect("an answer as JSON");
        let body = answer["body"].as_str()?.to_owned();
        let headers = serde_json::from_value(answer["headers"].clone());
        let headers = headers.expect("headers are texts");
        Some(Answer { headers, body })
    }

    /// The same where somebody listens, without headers.
    pub(crate) fn told(&mut self, subject: &str, body: &str) -> Answer {
        let answer = self.ask(subject, &json!({}), body);
        answer.unwrap_or_else(|| panic!("nobody listens at {subject}"))
    }
}
