//! Arguments that several commands share, and how they are read.

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::exit::Exit;
use super::failure::Failure;
use crate::config::HumanDuration;

/// `--json`.
pub(super) fn json() -> Arg {
    flag("json", "As JSON")
}

/// `--node`.
pub(super) fn node() -> Arg {
    option("node", "NODE", "Only this node of a split application")
}

/// A flag that is there or not.
pub(super) fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .action(ArgAction::SetTrue)
        .help(help)
}

/// A name or the like that must be given.
pub(super) fn required(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    optional(name, value, help).required(true)
}

/// A name or the like that may be given.
pub(super) fn optional(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).value_name(value).help(help)
}

/// An option with a text.
pub(super) fn option(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
}

/// An option with a whole number.
pub(super) fn number(name: &'static str, help: &'static str) -> Arg {
    option(name, "NUMBER", help).value_parser(value_parser!(u64))
}

/// An option with a duration.
pub(super) fn duration(name: &'static str, help: &'static str) -> Arg {
    option(name, "DURATION", help).value_parser(|text: &str| {
        text.parse::<HumanDuration>()
            .map_err(|error| error.to_string())
    })
}

/// The text of an argument.
pub(super) fn text<'a>(arguments: &'a ArgMatches, name: &str) -> Option<&'a str> {
    arguments.get_one::<String>(name).map(String::as_str)
}

/// The texts of an argument that may be given more than once.
pub(super) fn texts<'a>(arguments: &'a ArgMatches, name: &str) -> Vec<&'a str> {
    let values = arguments.get_many::<String>(name);
    values.into_iter().flatten().map(String::as_str).collect()
}

/// `capability.name` taken apart.
pub(super) fn dotted<'a>(target: &'a str, what: &str) -> Result<(&'a str, &'a str), Failure> {
    match target.split_once('.') {
        Some((capability, name)) if !capability.is_empty() && !name.is_empty() => {
            Ok((capability, name))
        }
        _ => Err(Failure::new(
            Exit::Usage,
            format!("`{target}` names no {what}: say capability.{what}; `inspect` lists them"),
        )),
    }
}
