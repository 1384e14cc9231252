//! `tail`: the log of the running process, or of all processes of a split application, from a moment ago on.

use clap::{ArgMatches, value_parser};
use serde::Deserialize;
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
        .about("Prints the log of the running processes as it is written")
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
        .arg(arguments::node())
        .arg(arguments::json().help("One JSON object a line"))
        .after_help(format!(
            "Examples:\n  \
             {name} tail                                     everything\n  \
             {name} tail reservations payments --level warn  what is serious of these two\n  \
             {name} tail --trace 4bf92f35 -n 1000 --no-follow  what one request left\n  \
             {name} tail --json | jq -r .text\n\n\
             Of several nodes the records are put together, each with the name of its node; those that start later are heard too.\n\
             `{name} log-level` makes a capability say more. Ends with 0 when the process ends or Ctrl-C is pressed, 69 when it is not\n\
             running; with --no-follow 1 when a node does not answer."
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let node = arguments::text(&arguments, "node");
    let client = Client::of_process_or_colony(&session, node).await?;
    let is_followed = !arguments.get_flag("no-follow");
    let lines = arguments.get_one::<u64>("lines").copied().unwrap_or(0);
    let mut route = Route::of(&["logs"])
        .with("lines", &lines.to_string())
        .with("follow", if is_followed { "true" } else { "false" })
        .with_some("level", arguments::text(&arguments, "level"))
        .with_some("trace", arguments::text(&arguments, "trace"))
        .with_some("node", node);
    for capability in arguments::texts(&arguments, "capabilities") {
        route = route.with("capability", capability);
    }
    let mut printing = Printing {
        format: HumanFormat::new(session.has_colour()),
        as_json: arguments.get_flag("json"),
        width: 0,
        is_silent: false,
    };
    // From here on whoever is followed is told when it is over.
    let interrupted = session.interrupted();
    let printed = tokio::select! {
        printed = print_all(&client, &route, &mut printing) => printed,
        () = interrupted => Ok(()),
    };
    client.follow_no_more().await;
    printed.map(|()| match printing.is_silent && !is_followed {
        true => Exit::Findings,
        false => Exit::Success,
    })
}

async fn print_all(client: &Client, route: &Route, printing: &mut Printing) -> Result<(), Failure> {
    let mut lines = client.stream(route, &[]).await?;
    loop {
        match lines.next().await {
            Ok(Some(line)) if line.is_empty() => {}
            Ok(Some(line)) => {
                if let Some(told) = printing.told(client, &line)? {
                    print(told).await?;
                }
            }
            Ok(None) => return Ok(()),
            Err(broken) => return Err(Failure::new(Exit::Unavailable, broken.to_string())),
        }
    }
}

/// Whoever reads may be slow: printing waits beside, so that Ctrl-C is heard.
async fn print(text: String) -> Result<(), Failure> {
    let printed = tokio::task::spawn_blocking(move || output::line(&text)).await;
    printed.unwrap_or_else(|panic| Err(Failure::new(Exit::Software, panic.to_string())))
}

/// How the lines of the answer are printed.
struct Printing {
    format: HumanFormat,
    as_json: bool,
    /// The longest name of a node until now.
    width: usize,
    /// Whether a process said nothing.
    is_silent: bool,
}

/// What is beside a record in a line of the answer, or instead of one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Beside {
    /// Where it was logged; none where there is one process only.
    node: Option<String>,
    /// There, `null` when nobody knows how many.
    missed: Option<Value>,
    /// Why a process says nothing.
    silent: Option<String>,
}

impl Printing {
    /// A line of the answer as it is printed; `None` when it was said beside the output.
    fn told(&mut self, client: &Client, line: &str) -> Result<Option<String>, Failure> {
        let value: Value = client.read(line.as_bytes())?;
        let missed = value.get("missed").cloned();
        let beside = Beside {
            missed,
            ..client.read(line.as_bytes())?
        };
        self.is_silent |= beside.silent.is_some();
        if self.as_json {
            return Ok(Some(value.to_string()));
        }
        if let Some(reason) = &beside.silent {
            let node = beside.node.as_deref().unwrap_or_default();
            output::note(&output::plain(&format!("{node}: {reason}")));
            return Ok(None);
        }
        let text = match beside.missed {
            Some(missed) => left_out(missed.as_u64()),
            None => {
                let record: LogRecord = client.read(line.as_bytes())?;
                self.format.line(&record)
            }
        };
        Ok(Some(match &beside.node {
            Some(node) => {
                let node = output::plain(node);
                self.width = self.width.max(node.chars().count());
                format!("{node:width$} | {text}", width = self.width)
            }
            None => text,
        }))
    }
}

fn left_out(number: Option<u64>) -> String {
    match number {
        Some(number) => {
            format!("… {number} records came faster than they were read, and are left out here")
        }
        None => {
            "… it was out of reach for a while: records may be left out here, nobody knows how many"
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_told() {
        assert!(left_out(Some(7)).contains("7 records came faster"));
        assert!(left_out(None).contains("nobody knows how many"));
    }
}
