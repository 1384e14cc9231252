//! `log-level`: how much single capabilities log, while the process runs.

use clap::ArgMatches;
use hyper::Method;
use serde_json::{Value, json};

use super::tail::LEVELS;
use crate::cli::client::{Client, Route};
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Head;
use crate::cli::session::Session;
use crate::cli::views::{LogLevel, LogLevels};
use crate::cli::{arguments, output};
use crate::config::HumanDuration;

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("log-level")
        .about("Makes a capability of the running process log more or less; alone it lists the levels")
        .arg(arguments::optional("capability", "CAPABILITY", "Whose"))
        .arg(
            arguments::optional("level", "LEVEL", "How much from now on")
                .value_parser(LEVELS.iter().chain(&["off"]).copied().collect::<Vec<_>>()),
        )
        .arg(arguments::duration("for", "Only for so long, then as before").requires("level"))
        .arg(
            arguments::flag("restore", "As it was before it was changed")
                .conflicts_with("level")
                .requires("capability"),
        )
        .arg(arguments::json())
        .after_help(format!(
            "Examples:\n  \
             {name} log-level                              who logs how much\n  \
             {name} log-level payments debug --for 10m     look closer for a while\n  \
             {name} log-level payments --restore           enough\n\n\
             Nothing of it is kept beyond the process; [log.capabilities] of the configuration is.\n\
             Ends with 65 when there is no such capability, 69 when {name} is not running."
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let client = Client::of_process(&session)?;
    let as_json = arguments.get_flag("json");
    let capability = arguments::text(&arguments, "capability");
    let level = arguments::text(&arguments, "level");
    match (capability, level) {
        (Some(capability), Some(level)) => {
            let lasting = arguments.get_one::<HumanDuration>("for").copied();
            set(&client, capability, level, lasting, as_json).await?;
        }
        (Some(capability), None) if arguments.get_flag("restore") => {
            restore(&client, capability, as_json).await?;
        }
        (capability, _) => list(&client, capability, as_json).await?,
    }
    Ok(Exit::Success)
}

async fn set(
    client: &Client,
    capability: &str,
    level: &str,
    lasting: Option<HumanDuration>,
    as_json: bool,
) -> Result<(), Failure> {
    let lasting_ms = lasting.map(|lasting| u64::try_from(lasting.as_millis()).unwrap_or(u64::MAX));
    let body = match lasting_ms {
        Some(ms) => json!({ "level": level, "for_ms": ms }),
        None => json!({ "level": level }),
    };
    let route = Route::of(&["log-levels", capability]);
    let raw: Value = client.ask(Method::PUT, &route, Some(&body)).await?;
    if as_json {
        return output::json(&raw);
    }
    let set: LogLevel = client.read(raw.to_string().as_bytes())?;
    let before = set
        .previous
        .map_or_else(String::new, |level| format!(" instead of {level}"));
    let until = set
        .until
        .map_or_else(String::new, |until| format!(" until {until}"));
    output::line(&output::plain(&format!(
        "{capability} logs at {}{before}{until}",
        set.level
    )))
}

async fn restore(client: &Client, capability: &str, as_json: bool) -> Result<(), Failure> {
    let route = Route::of(&["log-levels", capability]);
    let answer = client.order(Method::DELETE, &route, None).await?;
    let raw: Value = match answer.body.is_empty() {
        true => json!({}),
        false => client.read(&answer.body)?,
    };
    if as_json {
        return output::json(&raw);
    }
    let level = raw.get("level").and_then(Value::as_str);
    let level = level.map_or_else(
        || "as before".to_owned(),
        |level| format!("at {level}, as before"),
    );
    output::line(&output::plain(&format!("{capability} logs {level}")))
}

async fn list(client: &Client, capability: Option<&str>, as_json: bool) -> Result<(), Failure> {
    let raw: Value = client.get(&Route::of(&["log-levels"])).await?;
    if as_json {
        return output::json(&raw);
    }
    let levels: LogLevels = client.read(raw.to_string().as_bytes())?;
    let wanted = |one: &&LogLevel| capability.is_none_or(|name| name == one.capability);
    let row = |one: &LogLevel| {
        vec![
            one.capability.clone(),
            one.level.clone(),
            one.until.clone().unwrap_or_default(),
        ]
    };
    let heads = ["CAPABILITY", "LEVEL", "UNTIL"].map(Head::Text);
    let mut rows: Vec<_> = levels.levels.iter().filter(wanted).map(row).collect();
    if !rows.is_empty() && capability.is_none() {
        rows.push(vec![
            "all others".to_owned(),
            levels.default.clone(),
            String::new(),
        ]);
    }
    let empty = match capability {
        Some(capability) => format!(
            "{capability} has no level of its own; all others log at {}",
            levels.default
        ),
        None => format!("everything logs at {}", levels.default),
    };
    output::table(&heads, rows, &empty)
}
