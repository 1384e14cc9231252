//! `contract`: whether who serves a contract keeps to it.

use std::path::PathBuf;

use clap::{ArgMatches, value_parser};
use serde_json::json;

use crate::call::Key;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output::Head;
use crate::cli::session::Session;
use crate::cli::{arguments, output};
use crate::contract::Description;
use crate::gateway::{Conformance, Trial};
use crate::runtime::Runtime;

pub(super) fn define(name: &str) -> clap::Command {
    let check = clap::Command::new("check")
        .about("Calls who serves a capability in every way that its contract tells of, and in some that it does not")
        .arg(arguments::required("capability", "CAPABILITY", "The name under which it is called"))
        .arg(arguments::option("against", "URL", "The nats-server where it is served"))
        .arg(arguments::option("as", "CONTRACT", "The contract that it should keep to, if that has another name"))
        .arg(
            clap::Arg::new("contract")
                .long("contract")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .conflicts_with("as")
                .help("The contract as JSON, as `inspect --schema` prints it"),
        )
        .arg(arguments::option("key", "KEY", "Which of its actors is called, where it is keyed"))
        .arg(arguments::json())
        .after_help(format!(
            "Examples:\n  \
             {name} contract check recommendations --against nats://127.0.0.1:4222\n  \
             {name} contract check recommendations_python --as recommendations --json\n  \
             {name} contract check reservations --key nobodys\n\n\
             What it sends is handled: check what is not in use, or a key that nobody uses. Ends with 1 when something is not as the\n\
             contract says, 64 when a key is missing, 65 when the contract is not known, 69 when nobody is there."
        ));
    clap::Command::new("contract")
        .about("Holds who serves a contract against it")
        .subcommand_required(true)
        .subcommand(check)
        .after_help(format!(
            "Examples:\n  {name} contract check recommendations --against nats://127.0.0.1:4222"
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let Some(("check", arguments)) = arguments.subcommand() else {
        return Ok(Exit::Usage);
    };
    let session = match arguments::text(arguments, "against") {
        Some(url) => session.at(url),
        None => session,
    };
    let capability = arguments::text(arguments, "capability").unwrap_or_default();
    let name = arguments::text(arguments, "as").unwrap_or(capability);
    let runtime = session.operate().await?;
    let contract = match arguments.get_one::<PathBuf>("contract") {
        Some(file) => read(file)?,
        None => known(&session, &runtime, name)?,
    };
    let key = key(arguments, capability, &contract)?;
    let trials = Conformance::of(&runtime, capability, key.as_ref(), &contract).await;
    runtime.stop().await;
    if arguments.get_flag("json") {
        output::json(&json!({ "capability": capability, "trials": trials }))?;
    } else {
        output::line(&listed(&trials))?;
    }
    Ok(match trials.iter().all(|trial| trial.passed) {
        true => Exit::Success,
        false => Exit::Findings,
    })
}

/// The key under which a keyed capability is called, and no other.
fn key(
    arguments: &ArgMatches,
    capability: &str,
    contract: &Description,
) -> Result<Option<Key>, Failure> {
    let refused = |reason: String| Err(Failure::new(Exit::Usage, reason));
    match (arguments::text(arguments, "key"), &contract.key) {
        (None, Some(what)) => refused(format!(
            "{capability} is keyed by {what}: say with --key which of its actors is called, best one that nobody uses"
        )),
        (Some(_), None) => refused(format!("{capability} is not keyed: leave --key out")),
        (key, _) => Ok(key.map(Key::from)),
    }
}

fn read(file: &PathBuf) -> Result<Description, Failure> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::new(Exit::NoInput, format!("{shown} cannot be read: {error}")))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::new(Exit::Data, format!("{shown} is no contract: {error}")))
}

/// The contract as this program knows it, or else somebody who runs.
fn known(session: &Session, runtime: &Runtime, name: &str) -> Result<Description, Failure> {
    let told = || {
        let mut all = runtime.capabilities().into_iter();
        let info = all.find(|info| info.name == name)?;
        Some(info.contract)
    };
    session.contract(name).or_else(told).ok_or_else(|| {
        Failure::new(
            Exit::Data,
            format!(
                "nobody here knows the contract {name}: name it with --as, or give it as a file with --contract"
            ),
        )
    })
}

fn listed(trials: &[Trial]) -> String {
    let heads = ["", "MESSAGE", "CASE", "EXPECTED", "GOT"].map(Head::Text);
    let row = |trial: &Trial| {
        let mark = if trial.passed { "ok" } else { "FAILED" };
        vec![
            mark.to_owned(),
            trial.message.clone(),
            trial.case.clone(),
            trial.expected.clone(),
            output::plain(&trial.got),
        ]
    };
    let num_failed = trials.iter().filter(|trial| !trial.passed).count();
    let table = output::columns(&heads, trials.iter().map(row).collect());
    format!(
        "{table}\n{} calls, {num_failed} not as the contract says",
        trials.len()
    )
}
