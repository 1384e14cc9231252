//! `tail`: the log of the running process, from a moment ago on.

use clap::{ArgMatches, value_parser};
use serde_json::Value;

use crate::cli::client::{Client, Route};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::{arguments, output};
use crate::observe::log::{HumanFormat, LogRecord};

/// Levels as people write them, from the fewest records to the most.
pub(super) const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("tail")
        .about("Prints the log of the running process as it is written")
        .arg(
            arguments::optional("capabilities", "CAPABILITY", "Only what these log")
                .num_args(0..),
        )
        .arg(
            arguments::option("level", "LEVEL", "Nothing less serious than this")
                .value_parser(LEVELS),
        )
        .arg(arguments::option("trace", "ID", "Only what belongs to this trace, or to those that begin so"))
        .arg(
            clap::Arg::new("lines")
                .short('n')
                .long("lines")
                .value_name("NUMBER")
                .value_parser(value_parser!(u64))
                .default_value("20")
                .help("How many earlier records come first"),
        )
        .arg(arguments::flag("no-follow", "Ends after the earlier records"))
        .arg(arguments::json().help("One JSON object a line"))
        .after_help(format!(
            "Examples:\n  \
             {name} tail                                     everything\n  \
             {name} tail reservations payments --level warn  what is serious of these two\n  \
             {name} tail --trace 4bf92f35 -n 1000 --no-follow  what one request left\n  \
             {name} tail --json | jq -r .text\n\n\
             `{name} log-level` makes a capability say more. Ends with 0 when the process ends, 69 when it is not running."
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let client = Client::of_process(&session)?;
    let is_followed = !arguments.get_flag("no-follow");
    let lines = arguments.get_one::<u64>("lines").copied().unwrap_or(0);
    let mut route = Route::of(&["logs"])
        .with("lines", &lines.to_string())
        .with("follow", if is_followed { "true" } else { "false" })
        .with_some("level", arguments::text(&arguments, "level"))
        .with_some("trace", arguments::text(&arguments, "trace"));
    for capability in arguments::texts(&arguments, "capabilities") {
        route = route.with("capability", capability);
    }
    let format = HumanFormat::new(session.has_colour());
    let as_json = arguments.get_flag("json");
    let mut lines = client.stream(&route, &[]).await?;
    loop {
        match lines.next().await {
            Ok(Some(line)) if line.is_empty() => {}
            Ok(Some(line)) => {
                let told = told(&client, &line, &format, as_json)?;
                output::line(&told)?;
            }
            Ok(None) => return Ok(Exit::Success),
            Err(broken) => return Err(Failure::new(Exit::Unavailable, broken.to_string())),
        }
    }
}

/// A line of the answer as it is printed.
fn told(
    client: &Client,
    line: &str,
    format: &HumanFormat,
    as_json: bool,
) -> Result<String, Failure> {
    let value: Value = client.read(line.as_bytes())?;
    if as_json {
        return Ok(value.to_string());
    }
    if let Some(missed) = value.get("missed").and_then(Value::as_u64) {
        return Ok(format!(
            "… {missed} records came faster than they were read, and are left out here"
        ));
    }
    let record: LogRecord = client.read(line.as_bytes())?;
    Ok(format.line(&record))
}
