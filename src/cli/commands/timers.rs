//! `timers`: what is due, and when.

use clap::ArgMatches;
use serde_json::Value;

use crate::cli::client::{Client, Route};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Head;
use crate::cli::session::Session;
use crate::cli::views::{Timer, Timers};
use crate::cli::{arguments, output};

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("timers")
        .about("Lists the timers that are set, the next first")
        .arg(arguments::optional(
            "capability",
            "CAPABILITY",
            "Only those of this one",
        ))
        .arg(arguments::json())
        .after_help(format!(
            "Examples:\n  \
             {name} timers\n  \
             {name} timers reservations --json | jq '.timers | length'\n\n\
             Ends with 65 when there is no such capability, 69 when {name} is not running."
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let client = Client::find(&session).await?;
    let route =
        Route::of(&["timers"]).with_some("capability", arguments::text(&arguments, "capability"));
    let raw: Value = client.get(&route).await?;
    let mut timers: Timers = client.read(raw.to_string().as_bytes())?;
    if arguments.get_flag("json") {
        output::json(&raw)?;
    } else {
        timers.timers.sort_by(|one, other| one.due.cmp(&other.due));
        output::line(&listed(timers.timers))?;
    }
    Ok(Exit::Success)
}

fn listed(timers: Vec<Timer>) -> String {
    if timers.is_empty() {
        return "no timer is set".to_owned();
    }
    let heads = [
        Head::Text("DUE"),
        Head::Number("OVERDUE"),
        Head::Text("CAPABILITY"),
        Head::Text("KEY"),
        Head::Text("KIND"),
        Head::Text("NAME"),
    ];
    let overdue = |ms: u64| output::micros(ms.saturating_mul(1000));
    let row = |timer: Timer| {
        vec![
            timer.due,
            timer.overdue_ms.map(overdue).unwrap_or_default(),
            timer.capability,
            timer.key.unwrap_or_default(),
            timer.kind,
            timer.name,
        ]
    };
    output::columns(&heads, timers.into_iter().map(row).collect())
}
