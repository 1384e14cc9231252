//! [`Problem`]: why a process refused a request, as `application/problem+json` says it, and how a command ends then.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::plain;

/// A problem as the process tells it; whatever is missing is empty.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Problem {
    /// What kind of problem, in words.
    pub(in crate::cli) title: String,
    /// What is wrong this time.
    pub(in crate::cli) detail: String,
    /// What kind of problem, for programs: `domain`, `overloaded`, `deadline_exceeded`, …
    pub(in crate::cli) code: String,
    /// Whether the message may have been handled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) delivery: Option<String>,
    /// What was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) nearest: Option<String>,
    /// What the key names that was not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) key: Option<String>,
    /// The domain error, when it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) error: Option<Value>,
    /// Every place where the body does not fit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::cli) errors: Vec<Violation>,
}

/// One place where a body does not fit its schema.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Violation {
    /// Where, as a JSON pointer; empty for the whole.
    pub(in crate::cli) pointer: String,
    /// What is wrong there.
    pub(in crate::cli) detail: String,
    /// What was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) nearest: Option<String>,
}

/// An answer that refuses: its status, what it says, and the trace under which the log tells more.
#[derive(Debug, Clone, Serialize)]
pub(in crate::cli) struct Refusal {
    /// The HTTP status.
    pub(in crate::cli) status: u16,
    /// What it says.
    #[serde(flatten)]
    pub(in crate::cli) problem: Problem,
    /// The trace, if one was begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::cli) trace: Option<String>,
}

impl Refusal {
    /// Reads the body of a refusing answer; one that is no problem document is told as it came, shortened.
    pub(super) fn read(status: u16, body: &[u8], trace: Option<String>) -> Self {
        const SHOWN_CHARACTERS: usize = 200;
        let problem = serde_json::from_slice(body).unwrap_or_else(|_| {
            let text = plain(&String::from_utf8_lossy(body));
            Problem {
                detail: text.trim().chars().take(SHOWN_CHARACTERS).collect(),
                ..Problem::default()
            }
        });
        Self {
            status,
            problem,
            trace,
        }
    }

    /// Whether it is the domain that refuses, and not the platform.
    pub(in crate::cli) fn is_domain(&self) -> bool {
        self.problem.code == "domain"
    }

    /// The same without the trace, for whatever is no call: no turn was run, and the log knows no more.
    #[must_use]
    pub(in crate::cli) fn untraced(mut self) -> Self {
        self.trace = None;
        self
    }

    /// How a command ends that is refused like this.
    pub(in crate::cli) fn exit(&self) -> Exit {
        match (self.problem.code.as_str(), self.status) {
            ("domain", _) => Exit::Findings,
            ("down" | "not_hosted", _) | (_, 501) => Exit::Unavailable,
            (_, 401 | 403) => Exit::NoPermission,
            ("in_use", _) | (_, 408 | 429 | 503 | 504) => Exit::Busy,
            (_, 400..=499) => Exit::Data,
            _ => Exit::Software,
        }
    }

    /// In words: what is wrong, then a line for every place, then what is known of the message.
    pub(in crate::cli) fn message(&self) -> String {
        let Problem {
            title,
            detail,
            delivery,
            nearest,
            key,
            errors,
            ..
        } = &self.problem;
        let first = [detail, title].into_iter().find(|text| !text.is_empty());
        let mut message = first.map_or_else(
            || format!("the answer is {} without a word", self.status),
            |text| plain(text),
        );
        message.push_str(&meant(nearest.as_deref(), detail));
        if let Some(key) = key {
            let _ = write!(message, "\nsay which with --key <{}>", plain(key));
        }
        for violation in errors {
            let pointer = match violation.pointer.as_str() {
                "" => "(the whole)".to_owned(),
                pointer => plain(pointer),
            };
            let meant = meant(violation.nearest.as_deref(), &violation.detail);
            // Writing to a string cannot fail.
            let _ = write!(
                message,
                "\n  {pointer}: {}{meant}",
                plain(&violation.detail)
            );
        }
        match delivery.as_deref() {
            Some("not_delivered") => {
                message.push_str("\nit was not delivered: sending it again is safe");
            }
            Some("unknown") => message.push_str("\nwhether it was handled is not known"),
            _ => {}
        }
        if let Some(trace) = &self.trace {
            let _ = write!(message, "\ntrace {}", plain(trace));
        }
        message
    }

    /// The failure of a command that cannot go on.
    pub(in crate::cli) fn failure(&self) -> Failure {
        Failure::new(self.exit(), self.message())
    }
}

/// What was probably meant, unless the text says it already.
fn meant(nearest: Option<&str>, said: &str) -> String {
    match nearest {
        Some(nearest) if !said.contains("did you mean") => {
            format!("; did you mean {}?", plain(nearest))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, body: &str) -> Refusal {
        Refusal::read(status, body.as_bytes(), None)
    }

    #[test]
    fn every_violation_is_told_with_place_and_nearest_name() {
        let refusal = refusal(
            422,
            r#"{"title":"does not fit","status":422,"code":"invalid","detail":"the message does not fit greeting.greet","errors":[
                {"pointer":"/guest/nmae","detail":"unknown field","nearest":"name"},{"pointer":"","detail":"`nights` is missing"}],"new":1}"#,
        );
        insta::assert_snapshot!(refusal.message(), @r"
        the message does not fit greeting.greet
          /guest/nmae: unknown field; did you mean name?
          (the whole): `nights` is missing
        ");
        assert_eq!(refusal.exit(), Exit::Data);
    }

    #[test]
    fn the_end_tells_whose_fault_it_is() {
        let exit = |status, code: &str| refusal(status, &format!(r#"{{"code":"{code}"}}"#)).exit();
        assert_eq!(exit(409, "domain"), Exit::Findings);
        assert_eq!(exit(503, "overloaded"), Exit::Busy);
        assert_eq!(exit(503, "down"), Exit::Unavailable);
        assert_eq!(exit(504, "deadline_exceeded"), Exit::Busy);
        assert_eq!(exit(409, "in_use"), Exit::Busy);
        assert_eq!(exit(500, "panicked"), Exit::Software);
        assert_eq!(exit(401, ""), Exit::NoPermission);
        assert_eq!(exit(404, "unknown_message"), Exit::Data);
    }

    #[test]
    fn an_answer_that_is_no_problem_document_is_told_as_it_came() {
        let refusal = refusal(502, "<html>\u{1b}[2J bad gateway");
        assert_eq!(refusal.message(), "<html>\u{fffd}[2J bad gateway");
        assert_eq!(refusal.exit(), Exit::Software);
    }
}
