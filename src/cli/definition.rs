//! What an application's command line looks like: the options for every command, and all commands.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use super::arguments;
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
    let node = clap::Command::new("node")
        .about("Runs one node of a split application until Ctrl-C; `up` starts them all")
        .arg(arguments::required("node", "NODE", "The node, as the configuration calls it"))
        .arg(
            Arg::new("replica")
                .long("replica")
                .value_name("NUMBER")
                .value_parser(value_parser!(u16).range(1..=1024))
                .help("Which of its processes, from 1 [default: 1]"),
        )
        .after_help(format!(
            "Examples:\n  {name} node reports -c split.toml\n  {name} node reports --replica 2 -c split.toml\n\n\
             Ends as `run` does; with 78 also when the configuration has no such node."
        ));
    let definition = clap::Command::new(name)
        .about(about)
        .subcommand_required(false)
        .args(options(name))
        .subcommand(run)
        .subcommand(node)
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
        insta::assert_snapshot!(definition.render_help().to_string(), @r"
        A hotel

        Usage: hotel [OPTIONS] [COMMAND]

        Commands:
          run          Runs the application until Ctrl-C (default)
          node         Runs one node of a split application until Ctrl-C; `up` starts them all
          config       Prints every key of the configuration, its value, and where that comes from
          plan         Tells who will run where, and what changes by that; starts nothing
          up           Starts every node of the configuration, and a nats-server if none answers; Ctrl-C
                       ends them all
          ps           Lists the processes of a running `up`, and how they are
          scale        Starts or drains processes until so many have a stateless capability
          drain        Lets a node finish what it has accepted, and stops it
          doctor       Checks configuration, folders, ports and the running process, and says how to mend
                       what is wrong
          list         Lists the capabilities that run, and how they are
          inspect      Tells what a capability says and takes, whom it uses, and who listens to it
          request      Asks a capability and prints its reply; with -n a load test
          emit         Emits an event of a capability, as if it had done so itself
          subscribe    Prints events as they happen; a broken connection is taken up again where it broke
          tail         Prints the log of the running processes as it is written
          log-level    Makes a capability of the running process log more or less; alone it lists the levels
          top          Shows live what each capability is doing; q or Ctrl-C ends it
          trace        Shows the way of one request through its turns; without an id the latest requests
          timers       Lists the timers that are set, the next first
          dlq          Dead letters: events, sends and timers that could not be delivered
          contract     Holds who serves a contract against it
          store        Looks at the store, makes it smaller, or moves what is in it
          explain      Explains an error code, such as SK0101; without one lists them all
          completions  Prints what makes a shell complete this command line
          man          Prints the manual page, or writes one page for every command
          help         Print this message or the help of the given subcommand(s)

        Options:
          -h, --help  Print help

        Options for every command:
          -c, --config <FILE>    Configuration file (TOML); without one every key has its default [env:
                                 HOTEL_CONFIG]
              --set <KEY=VALUE>  Sets one key of the configuration, above file and environment
              --data <DIR>       Where state is kept: store.path
              --log <LEVEL>      How much is logged: log.level

        Examples:
          hotel                        run with every default
          hotel -c my.toml             run with a file
          hotel --set log.level=debug  change one key
          hotel list                   what runs, from another terminal
          hotel doctor                 what is wrong here, if anything
          hotel explain SK0102         what an error means
        ");
    }
}
