//! `scale`: more or fewer processes with a stateless capability.

use clap::{Arg, ArgMatches, value_parser};

use super::ps::listed;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::up::{self, Done, Notice, Order};
use crate::cli::{arguments, output};

pub(super) fn define(name: &str) -> clap::Command {
    let replicas = Arg::new("replicas")
        .value_name("NUMBER")
        .help("How many processes there shall be, from 1")
        .required(true)
        .value_parser(value_parser!(u16).range(1..=1024));
    clap::Command::new("scale")
        .about("Starts or drains processes until so many have a stateless capability")
        .arg(arguments::required("capability", "CAPABILITY", "The capability, as `plan` lists it"))
        .arg(replicas)
        .arg(arguments::json())
        .after_help(format!(
            "Examples:\n  \
             {name} scale reports 4\n  \
             {name} scale reports 1    back to one; the others are drained\n\n\
             It holds until `up` ends; `replicas` in the configuration is how many there are from the start.\n\
             Ends with 1 when not all are ready after a while, 65 when the capability cannot have replicas, 69 when no `up` runs\n\
             here."
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let order = Order::Scale {
        capability: arguments::text(&arguments, "capability")
            .unwrap_or_default()
            .to_owned(),
        replicas: arguments.get_one("replicas").copied().unwrap_or(1),
    };
    let done = up::send(&Notice::of(&session)?, order).await?;
    tell(&done, arguments.get_flag("json"))
}

/// Tells what was done.
pub(super) fn tell(done: &Done, as_json: bool) -> Result<Exit, Failure> {
    if as_json {
        output::json(done)?;
    } else {
        let so_far = if done.is_complete {
            ""
        } else {
            ", but not all is so yet"
        };
        output::line(&format!(
            "{}{so_far}\n\n{}",
            done.told,
            listed(&done.processes)
        ))?;
    }
    Ok(if done.is_complete {
        Exit::Success
    } else {
        Exit::Findings
    })
}
