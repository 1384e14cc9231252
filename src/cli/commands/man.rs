//! `man`: the manual pages, made of the same definitions as the help.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, value_parser};
use clap_mangen::Man;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::cli::{arguments, output};

pub(super) fn define(name: &str) -> clap::Command {
    clap::Command::new("man")
        .about("Prints the manual page, or writes one page for every command")
        .arg(
            arguments::option("out", "DIR", "Writes all pages into this folder")
                .value_parser(value_parser!(PathBuf)),
        )
        .after_help(format!(
            "Examples:\n  \
             {name} man | man -l -\n  \
             {name} man --out ~/.local/share/man/man1"
        ))
}

pub(super) async fn run(arguments: ArgMatches, session: Session) -> Result<Exit, Failure> {
    let mut definition = session.definition().clone();
    definition.build();
    match arguments.get_one::<PathBuf>("out") {
        None => {
            let page = page(&Man::new(definition)).map_err(|error| Failure::of_output(&error))?;
            output::line(page.trim_end())?;
        }
        Some(folder) => {
            let written = write(&definition, folder).map_err(|error| {
                let folder = folder.display();
                Failure::new(Exit::Io, format!("{folder} cannot be written: {error}"))
            })?;
            output::line(&format!("wrote {written} pages into {}", folder.display()))?;
        }
    }
    Ok(Exit::Success)
}

/// The page of a command.
fn page(man: &Man) -> io::Result<String> {
    let mut page = Vec::new();
    man.render(&mut page)?;
    // What follows the options of our commands are examples, and how they end.
    Ok(String::from_utf8_lossy(&page).replace(".SH EXTRA", ".SH EXAMPLES AND EXIT CODES"))
}

/// Writes the page of a command and those of all below it; says how many.
fn write(command: &clap::Command, folder: &Path) -> io::Result<usize> {
    fs::create_dir_all(folder)?;
    let man = Man::new(command.clone());
    fs::write(folder.join(man.get_filename()), page(&man)?)?;
    let mut written = 1;
    for below in command
        .get_subcommands()
        .filter(|below| below.get_name() != "help")
    {
        written += write(below, folder)?;
    }
    Ok(written)
}
