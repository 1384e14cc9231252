//! `doctor`: looks at everything that may keep the application from running well, and says how to mend it.

use clap::ArgMatches;
use serde::Serialize;
use serde_json::json;

use super::checks;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::{arguments, output};

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("doctor")
        .about("Checks configuration, folders, ports and the running process, and says how to mend what is wrong")
        .arg(arguments::json())
        .after_help(format!(
            "Examples:\n  \
             {name} doctor\n  \
             {name} doctor -c my.toml          before a start with this file\n  \
             {name} doctor --json | jq '.checks[] | select(.state != \"ok\")'\n\n\
             Changes nothing. Ends with 1 when a check failed; warnings are no failure."
        ))
}

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Ok,
    Warning,
    Failed,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) state: State,
    /// What was found.
    pub(super) found: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mend: Option<String>,
}

impl Check {
    pub(super) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Ok,
            found: found.into(),
            mend: None,
        }
    }

    pub(super) fn warning(
        name: &'static str,
        found: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            name,
            state: State::Warning,
            found: found.into(),
            mend: Some(mend.into()),
        }
    }

    pub(super) fn failed(
        name: &'static str,
        found: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self {
            state: State::Failed,
            ..Self::warning(name, found, mend)
        }
    }

    fn text(&self) -> String {
        let state = match self.state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Failed => "FAILED",
        };
        let mend = self
            .mend
            .as_ref()
            .map_or_else(String::new, |mend| format!(" – {}", output::plain(mend)));
        let found = output::plain(&self.found);
        format!("{state:<7}  {:<13}  {found}{mend}", self.name)
    }
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let checks = checks::all(&session).await;
    if arguments.get_flag("json") {
        output::json(&json!({ "checks": checks }))?;
    } else {
        checks
            .iter()
            .try_for_each(|check| output::line(&check.text()))?;
    }
    let has_failed = checks.iter().any(|check| check.state == State::Failed);
    Ok(if has_failed {
        Exit::Findings
    } else {
        Exit::Success
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_one_line_with_how_to_mend_it() {
        let check = Check::warning("dead letters", "2 wait", "look with `hotel dlq list`");
        assert_eq!(
            check.text(),
            "warning  dead letters   2 wait – look with `hotel dlq list`"
        );
    }
}
