//! `completions`: what a shell completes.

use clap::{ArgMatches, value_parser};
use clap_complete::Shell;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::output;
use crate::cli::session::Session;

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("completions")
        .about("Prints what makes a shell complete this command line")
        .arg(
            clap::Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .value_parser(value_parser!(Shell))
                .help("Which shell"),
        )
        .after_help(format!(
            "Examples:\n  \
             {name} completions bash > ~/.local/share/bash-completion/completions/{name}\n  \
             {name} completions zsh > ~/.zfunc/_{name}\n  \
             {name} completions fish > ~/.config/fish/completions/{name}.fish"
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let Some(shell) = arguments.get_one::<Shell>("shell").copied() else {
        return Err(Exit::Usage.into());
    };
    let mut definition = session.definition().clone();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut definition, session.application(), &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Exit::Success)
}
