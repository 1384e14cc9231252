//! `ps`: the processes of a running `up`.

use clap::ArgMatches;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::{Head, columns};
use crate::cli::session::Session;
use crate::cli::up::{self, Notice, Order, State, Status};
use crate::cli::{arguments, output};

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("ps")
        .about("Lists the processes of a running `up`, and how they are")
        .arg(arguments::json())
        .after_help(format!(
            "Examples:\n  \
             {name} ps\n  \
             {name} ps --json | jq '.[] | select(.restarts > 0)'\n\n\
             Ends with 1 when a process is waiting to be started again, 69 when no `up` runs here."
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let notice = Notice::of(&session)?;
    let done = up::send(&notice, Order::Look).await?;
    if arguments.get_flag("json") {
        output::json(&done.processes)?;
    } else {
        output::line(&listed(&done.processes))?;
    }
    let is_waiting = done.processes.iter().any(|one| one.state == State::Waiting);
    Ok(if is_waiting {
        Exit::Findings
    } else {
        Exit::Success
    })
}

/// The processes as a table.
pub(super) fn listed(processes: &[Status]) -> String {
    let heads = [
        Head::Text("NODE"),
        Head::Number("REPLICA"),
        Head::Number("PID"),
        Head::Text("STATE"),
        Head::Text("SINCE"),
        Head::Number("RESTARTS"),
        Head::Text("NOTE"),
    ];
    let row = |one: &Status| {
        vec![
            one.node.clone(),
            one.replica.to_string(),
            one.pid.map_or_else(String::new, |pid| pid.to_string()),
            one.state.word().to_owned(),
            output::moment(one.since_ms),
            one.restarts.to_string(),
            note(one),
        ]
    };
    if processes.is_empty() {
        return "no process runs yet".to_owned();
    }
    columns(&heads, processes.iter().map(row).collect())
}

fn note(status: &Status) -> String {
    match (&status.api, &status.last_end) {
        (Some(api), _) => format!("API on {api}"),
        (None, Some(end)) => format!("ended last with {end}"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_process_is_a_line() {
        let status = |node: &str, replica, state, api: Option<&str>, end: Option<&str>| Status {
            node: node.to_owned(),
            replica,
            pid: (state == State::Ready).then_some(4711),
            state,
            since_ms: 0,
            restarts: u32::from(end.is_some()),
            api: api.map(str::to_owned),
            last_end: end.map(str::to_owned),
        };
        let processes = [
            status(
                "front",
                1,
                State::Ready,
                Some("http://127.0.0.1:4080"),
                None,
            ),
            status("reports", 2, State::Waiting, None, Some("exit status: 101")),
        ];
        insta::assert_snapshot!(listed(&processes), @r"
        NODE     REPLICA   PID  STATE    SINCE                     RESTARTS  NOTE
        front          1  4711  ready    1970-01-01T00:00:00.000Z         0  API on http://127.0.0.1:4080
        reports        2        waiting  1970-01-01T00:00:00.000Z         1  ended last with exit status: 101
        ");
    }
}
