//! `drain`: stops a node in good order, and brings it back.

use clap::ArgMatches;

use super::scale::tell;
use crate::cli::arguments;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::up::{self, Notice, Order};

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("drain")
        .about("Lets a node finish what it has accepted, and stops it")
        .arg(arguments::required("node", "NODE", "The node, or one replica of it, such as reports-2"))
        .arg(arguments::flag("undo", "Starts it again"))
        .arg(arguments::json())
        .after_help(format!(
            "Examples:\n  \
             {name} drain reports\n  \
             {name} drain reports --undo\n\n\
             A drained node is not started again by itself. Calls to what only it hosts find nobody until it is back; events for it\n\
             are kept.\n\
             Ends with 1 when it takes longer than it should, 65 when there is no such node, 69 when no `up` runs here."
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let order = Order::Drain {
        node: arguments::text(&arguments, "node")
            .unwrap_or_default()
            .to_owned(),
        undo: arguments.get_flag("undo"),
    };
    let done = up::send(&Notice::of(&session)?, order).await?;
    tell(&done, arguments.get_flag("json"))
}
