//! [`App`]: an application as its own node binary.

use std::ffi::OsString;
use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::command::Command;
use super::exit::Exit;
use super::session::Session;
use super::{config, explain, run};
use crate::actor::{Capability, HandlesAll};
use crate::config::Sources;
use crate::contract::Contract;
use crate::runtime::{Builder, Runtime};

/// Something to do once the actors are ready, before the application says so.
pub(super) type Prepare =
    Arc<dyn Fn(Runtime) -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// An application: its capabilities, and the command line that every application has.
///
/// ```no_run
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Serialize, Deserialize, JsonSchema, skep::Message)]
/// # #[message(reply = String)]
/// # struct Greet { name: String }
/// # skep::contract! { Greeting v1 { Greet } }
/// # #[derive(Default)]
/// # struct Greeter;
/// # #[skep::capability(contract = Greeting)]
/// # impl Greeter {
/// #     #[handle] async fn greet(&mut self, m: Greet) -> String { format!("Hi, {}!", m.name) }
/// # }
/// fn main() -> skep::ExitCode {
///     skep::app("greeting").with::<Greeter>().main()
/// }
/// ```
pub struct App {
    name: &'static str,
    about: &'static str,
    version: &'static str,
    capabilities: Vec<fn(Builder) -> Builder>,
    commands: Vec<Box<dyn Command>>,
    prepare: Option<Prepare>,
}

/// Begins an application. The name is that of its store, of its environment variables (`HOTEL_…`) and of its binary.
#[must_use]
pub fn app(name: &'static str) -> App {
    App {
        name,
        about: "",
        version: "",
        capabilities: Vec::new(),
        commands: Vec::new(),
        prepare: None,
    }
}

/// The whole `main` of an application that is nothing but its capabilities: `skep::main!("greeting": Greeter, Listener);`
/// is `fn main() -> skep::ExitCode { skep::app("greeting").with::<Greeter>().with::<Listener>().main() }`.
#[macro_export]
macro_rules! main {
    ($name:literal: $($capability:ty),+ $(,)?) => {
        fn main() -> $crate::ExitCode {
            $crate::app($name)$(.with::<$capability>())+.main()
        }
    };
}

impl App {
    /// What the application is, in one line of its help.
    #[must_use]
    pub fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    /// The application's version: `env!("CARGO_PKG_VERSION")`.
    #[must_use]
    pub fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    /// Adds a capability.
    #[must_use]
    pub fn with<A>(mut self) -> Self
    where
        A: Capability + HandlesAll<<<A as Capability>::Contract as Contract>::Messages>,
    {
        self.capabilities.push(Builder::with::<A>);
        self
    }

    /// Adds a command.
    #[must_use]
    pub fn command(mut self, command: impl Command) -> Self {
        self.commands.push(Box::new(command));
        self
    }

    /// Does something once all actors are ready, before `run` says so; an error ends the application.
    #[must_use]
    pub fn prepare<F>(mut self, prepare: impl Fn(Runtime) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), String>> + Send + 'static,
    {
        self.prepare = Some(Arc::new(move |runtime| prepare(runtime).boxed()));
        self
    }

    /// Runs the application as the command line says, and returns how it ended: the body of `main`.
    #[must_use]
    pub fn main(self) -> ExitCode {
        self.run_with(std::env::args_os().collect(), std::env::vars_os().collect())
            .into()
    }

    /// As [`main`](Self::main), with the arguments and the environment given.
    #[must_use]
    pub fn run_with(
        self,
        arguments: Vec<OsString>,
        environment: Vec<(OsString, OsString)>,
    ) -> Exit {
        let mut definition = self.definition();
        let matches = match definition.try_get_matches_from_mut(arguments) {
            Ok(matches) => matches,
            Err(error) => {
                // Help and version are errors to clap, but not to whoever asked for them. A closed pipe is no fault.
                let _ = error.print();
                return if error.use_stderr() {
                    Exit::Usage
                } else {
                    Exit::Success
                };
            }
        };
        let session = self.session(&matches, environment);
        let runtime = match tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
        {
            Ok(runtime) => runtime,
            Err(error) => {
                return session.fail(
                    Exit::Software,
                    &format!("the system gives no threads: {error}"),
                );
            }
        };
        let exit = runtime.block_on(self.dispatch(&matches, session));
        runtime.shutdown_background();
        exit
    }

    async fn dispatch(&self, matches: &ArgMatches, session: Session) -> Exit {
        match matches.subcommand() {
            None | Some(("run", _)) => run::run(session, self.prepare.clone()).await,
            Some(("config", arguments)) => config::config(&session, arguments.get_flag("json")),
            Some(("explain", arguments)) => explain::explain(
                self.name,
                arguments.get_one::<String>("code").map(String::as_str),
            ),
            Some((name, arguments)) => {
                let found = self
                    .commands
                    .iter()
                    .find(|command| command.define().get_name() == name);
                match found {
                    Some(command) => command.run(arguments.clone(), session).await,
                    None => Exit::Usage,
                }
            }
        }
    }

    fn session(&self, matches: &ArgMatches, environment: Vec<(OsString, OsString)>) -> Session {
        let file_variable = config_variable(self.name);
        let from_environment = environment
            .iter()
            .find(|(name, _)| *name == *file_variable)
            .map(|(_, value)| value.clone());
        let mut sources = Sources::of(self.name)
            .ignore_env([file_variable])
            .env(environment);
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
        Session::new(self.name, self.version, self.capabilities.clone(), sources)
    }

    fn definition(&self) -> clap::Command {
        let variable = config_variable(self.name);
        let global = |arg: Arg| arg.global(true).help_heading("Options for every command");
        let mut definition = clap::Command::new(self.name)
            .about(self.about)
            .subcommand_required(false)
            .arg(global(
                Arg::new("config-file")
                    .short('c')
                    .long("config")
                    .value_name("FILE")
                    .value_parser(value_parser!(OsString))
                    .help(format!("Configuration file (TOML); without one every key has its default [env: {variable}]")),
            ))
            .arg(global(
                Arg::new("set")
                    .long("set")
                    .value_name("KEY=VALUE")
                    .action(ArgAction::Append)
                    .help("Sets one key of the configuration, above file and environment"),
            ))
            .arg(global(Arg::new("data").long("data").value_name("DIR").help("Where state is kept: store.path")))
            .arg(global(Arg::new("log").long("log").value_name("LEVEL").help("How much is logged: log.level")))
            .subcommand(clap::Command::new("run").about("Runs the application until Ctrl-C (default)"))
            .subcommand(
                clap::Command::new("config")
                    .about("Prints every key of the configuration, its value, and where that comes from")
                    .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("As JSON")),
            )
            .subcommand(
                clap::Command::new("explain")
                    .about("Explains an error code, such as SK0101; without one lists them all")
                    .arg(Arg::new("code").value_name("CODE")),
            )
            .after_help(format!(
                "Examples:\n  {0}                        run with every default\n  {0} -c my.toml             run with a file\n  {0} --set log.level=debug  change one key\n  {0} explain SK0102         what an error means",
                self.name
            ));
        if !self.version.is_empty() {
            definition = definition.version(self.version);
        }
        self.commands
            .iter()
            .fold(definition, |definition, command| {
                definition.subcommand(command.define())
            })
    }
}

/// The environment variable that names the configuration file.
fn config_variable(application: &str) -> String {
    format!("{}_CONFIG", application.to_uppercase().replace('-', "_"))
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
