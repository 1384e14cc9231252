//! What an application's command line looks like: the options for every command, and all commands.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::commands::BUILT_IN;
use crate::config::Sources;

/// The options for every command, and the commands that every application has.
pub(super) fn definition(name: &'static str, about: &'static str) -> clap::Command {
    let run = clap::Command::new("run")
        .about("Runs the application until Ctrl-C (default)")
        .after_help(format!(
            "Examples:\n  {name} run\n  {name} run -c my.toml --data /var/lib/{name}\n\n\
             Ends with 0 after Ctrl-C or SIGTERM, 74 when the store fails, 75 when the store or a port is in use, 78 when the \
             configuration is wrong, 130 after a second Ctrl-C."
        ));
    let definition = clap::Command::new(name)
        .about(about)
        .subcommand_required(false)
        .args(options(name))
        .subcommand(run)
        .after_help(format!(
            "Examples:\n  \
             {name}                        run with every default\n  \
             {name} -c my.toml             run with a file\n  \
             {name} --set log.level=debug  change one key\n  \
             {name} list                   what runs, from another terminal\n  \
             {name} doctor                 what is wrong here, if anything\n  \
             {name} explain SK0102         what an error means"
        ));
    BUILT_IN.iter().fold(definition, |definition, command| {
        definition.subcommand((command.define)(name))
    })
}

fn options(name: &str) -> [Arg; 4] {
    let variable = config_variable(name);
    let global = |arg: Arg| arg.global(true).help_heading("Options for every command");
    [
        global(
            Arg::new("config-file")
                .short('c')
                .long("config")
                .value_name("FILE")
                .value_parser(value_parser!(OsString))
                .help(format!("Configuration file (TOML); without one every key has its default [env: {variable}]")),
        ),
        global(
            Arg::new("set")
                .long("set")
                .value_name("KEY=VALUE")
                .action(ArgAction::Append)
                .help("Sets one key of the configuration, above file and environment"),
        ),
        global(Arg::new("data").long("data").value_name("DIR").help("Where state is kept: store.path")),
        global(Arg::new("log").long("log").value_name("LEVEL").help("How much is logged: log.level")),
    ]
}

/// The sources that the options and the environment name, above the application's presets.
pub(super) fn sources(
    name: &str,
    presets: &[(String, String)],
    matches: &ArgMatches,
    environment: Vec<(OsString, OsString)>,
) -> Sources {
    let file_variable = config_variable(name);
    let from_environment = environment
        .iter()
        .find(|(name, _)| *name == *file_variable)
        .map(|(_, value)| value.clone());
    let mut sources = Sources::of(name)
        .ignore_env([file_variable])
        .env(environment);
    for (key, value) in presets {
        sources = sources.preset(key, value);
    }
    let file = matches
        .get_one::<OsString>("config-file")
        .cloned()
        .or(from_environment);
    if let Some(file) = file {
        sources = sources.file(file);
    }
    if let Some(path) = matches.get_one::<String>("data") {
        sources = sources.flag("store.path", path, "--data");
    }
    if let Some(level) = matches.get_one::<String>("log") {
        sources = sources.flag("log.level", level, "--log");
    }
    for pair in matches.get_many::<String>("set").into_iter().flatten() {
        sources = sources.set(pair);
    }
    sources
}

/// The environment variable that names the configuration file.
fn config_variable(application: &str) -> String {
    format!("{}_CONFIG", application.to_uppercase().replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound_and_every_command_teaches_by_example() {
        let mut definition = definition("hotel", "A hotel").term_width(100);
        definition.build();
        definition.clone().debug_assert();
        for command in definition
            .get_subcommands()
            .filter(|one| one.get_name() != "help")
        {
            let help = command.get_after_help().map(ToString::to_string);
            let help = help.unwrap_or_default();
            let name = command.get_name();
            assert!(help.contains(&format!("hotel {name}")), "{name}: {help}");
        }
        insta::assert_snapshot!(definition.render_help().to_string(), @"");
    }
}
