//! `config`: every key, its value, and where that comes from.

use clap::ArgMatches;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::{arguments, output};

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("config")
        .about("Prints every key of the configuration, its value, and where that comes from")
        .arg(arguments::json())
        .after_help(format!(
            "Examples:\n  \
             {name} config                           what holds without a file\n  \
             {name} config -c my.toml | grep store   what holds with a file\n\n\
             Sources, each above the one before: built-in defaults, the application's, the file, the environment, flags.\n\
             Ends with 78 when the configuration is wrong; every mistake is told."
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let effective = session.config()?.effective();
    if arguments.get_flag("json") {
        output::json(&effective.to_json())?;
    } else {
        output::line(effective.to_table().trim_end())?;
    }
    Ok(Exit::Success)
}
