//! [`App`]: an application as its own node binary.

use std::ffi::OsString;
use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;

use clap::ArgMatches;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::command::Command;
use super::commands::BUILT_IN;
use super::exit::Exit;
use super::leash::Leash;
use super::session::{Colour, Session};
use super::{arguments, definition, run};
use crate::actor::{Capability, HandlesAll};
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
    presets: Vec<(String, String)>,
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
        presets: Vec::new(),
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

    /// Sets a default of the application's own, below file, environment and flags: `.preset("gateway.expose", "[\"search\"]")`.
    /// The value is written as in a `--set`. A wrong key or value refuses every start.
    #[must_use]
    pub fn preset(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.presets.push((key.into(), value.into()));
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
        let colour = Colour::of(&environment);
        let leash = Leash::of(&environment);
        let sources = definition::sources(self.name, &self.presets, &matches, environment);
        let session = Session::new(self.name, self.version, self.capabilities.clone(), sources)
            .with_definition(definition)
            .with_colour(colour)
            .with_leash(leash);
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
        let Some((name, arguments)) = matches.subcommand().filter(|(name, _)| *name != "run")
        else {
            return run::run(session.whole(), self.prepare.clone()).await;
        };
        if name == "node" {
            let node = arguments::text(arguments, "node").unwrap_or_default();
            let replica = arguments.get_one("replica").copied().unwrap_or(1);
            let session = session.with_node(node.to_owned(), replica);
            return run::run(session, self.prepare.clone()).await;
        }
        if let Some(built_in) = BUILT_IN.iter().find(|command| command.name == name) {
            let ended = (built_in.run)(arguments.clone(), session).await;
            return ended.unwrap_or_else(|failure| failure.end());
        }
        let mut added = self.commands.iter();
        match added.find(|command| command.define().get_name() == name) {
            Some(command) => command.run(arguments.clone(), session).await,
            None => Exit::Usage,
        }
    }

    fn definition(&self) -> clap::Command {
        let mut definition = definition::definition(self.name, self.about);
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

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
