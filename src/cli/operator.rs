//! The `skep` program: what an operator does to any application's files, without the application's code.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use super::commands::{BUILT_IN, BuiltIn, explain};
use super::exit::Exit;
use super::failure::Failure;
use super::session::{Colour, Session};
use super::{output, store_files};
use crate::config::Sources;
use crate::store::Engine;

/// Operates running applications over NATS, looks at and moves their stores, and explains their errors.
#[derive(Parser)]
#[command(name = "skep", version, after_help = EXAMPLES)]
struct Operator {
    #[command(flatten)]
    reach: Reach,
    #[command(subcommand)]
    action: Action,
}

/// Where the application is.
#[derive(Args)]
#[command(next_help_heading = "Where the application is")]
struct Reach {
    /// The nats-server that joins its processes, such as nats://127.0.0.1:4222.
    #[arg(long, global = true, env = "SKEP_NATS", value_name = "URL")]
    nats: Option<String>,
    /// Which application; needed where more than one is on the server.
    #[arg(long, global = true, value_name = "NAME")]
    namespace: Option<String>,
    /// A file of credentials (`.creds`) for the server.
    #[arg(long, global = true, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// Sets one key of the configuration, such as nats.token or nats.tls.ca.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// The commands that talk to running processes.
const REMOTE: [&str; 12] = [
    "list",
    "inspect",
    "request",
    "emit",
    "subscribe",
    "tail",
    "log-level",
    "top",
    "trace",
    "timers",
    "dlq",
    "contract",
];

const EXAMPLES: &str = "Examples:
  skep --nats nats://127.0.0.1:4222 list                who runs where, of any application
  skep --nats nats://127.0.0.1:4222 subscribe payments  its events as they happen
  skep --nats nats://127.0.0.1:4222 tail --level warn   the log of all its processes as it is written
  skep store info ./data                                whose store it is, and how large
  skep store compact ./data                             gives back room
  skep store export ./data hotel.export                 everything, into one file with a checksum
  skep store import hotel.export ./new --engine fjall   into a new store, also of another engine
  skep explain SK0102                                   what an error means";

#[derive(Subcommand)]
enum Action {
    /// Looks at a store, or moves what is in it.
    #[command(subcommand)]
    Store(StoreAction),
    /// Explains an error code, such as SK0101; without one lists them all.
    Explain {
        /// The code.
        code: Option<String>,
    },
}

#[derive(Subcommand)]
enum StoreAction {
    /// Tells whose store it is, and how large.
    Info(InfoArgs),
    /// Gives back the room that nothing lives in any more; the application must not run.
    Compact {
        /// The store's directory.
        store: PathBuf,
    },
    /// Writes everything in a store into one file; the application must not run.
    Export {
        /// The store's directory.
        store: PathBuf,
        /// The file to write; it must not exist.
        file: PathBuf,
    },
    /// Fills a new store with what was exported.
    Import {
        /// The exported file.
        file: PathBuf,
        /// The directory of the new store; it must be empty or missing.
        store: PathBuf,
        /// The application the store is for: the one that the export comes from.
        #[arg(long)]
        application: String,
        /// The engine of the new store.
        #[arg(long, value_enum, default_value_t = EngineName::Sled)]
        engine: EngineName,
    },
}

#[derive(Args)]
struct InfoArgs {
    /// The store's directory.
    store: PathBuf,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum EngineName {
    Sled,
    Fjall,
}

impl From<EngineName> for Engine {
    fn from(name: EngineName) -> Self {
        match name {
            EngineName::Sled => Self::Sled,
            EngineName::Fjall => Self::Fjall,
        }
    }
}

/// Runs the `skep` program with these arguments.
#[must_use]
pub fn operator(arguments: Vec<OsString>) -> Exit {
    let remote = BUILT_IN.iter().filter(|one| REMOTE.contains(&one.name));
    let definition = remote
        .clone()
        .fold(Operator::command(), |definition, command| {
            definition.subcommand((command.define)("skep"))
        });
    let parsed = definition.try_get_matches_from(arguments);
    let matches = match parsed {
        Ok(matches) => matches,
        Err(error) => return told(&error),
    };
    if let Some((name, arguments)) = matches.subcommand()
        && let Some(command) = remote.clone().find(|command| command.name == name)
    {
        let reach = Reach::from_arg_matches(&matches);
        return match reach {
            Ok(reach) => talk(command, arguments.clone(), &reach),
            Err(error) => told(&error),
        };
    }
    let operator = match Operator::from_arg_matches(&matches) {
        Ok(operator) => operator,
        Err(error) => return told(&error),
    };
    let done = match operator.action {
        Action::Explain { code } => explain("skep", code.as_deref(), false),
        Action::Store(action) => act(action),
    };
    done.unwrap_or_else(|failure| failure.end())
}

/// Help and version are errors to clap, but not to whoever asked for them.
fn told(error: &clap::Error) -> Exit {
    let _ = error.print();
    match error.use_stderr() {
        true => Exit::Usage,
        false => Exit::Success,
    }
}

/// Runs a command that talks to running processes.
fn talk(command: &BuiltIn, arguments: ArgMatches, reach: &Reach) -> Exit {
    let session = Session::new(
        "skep",
        env!("CARGO_PKG_VERSION"),
        Vec::new(),
        reach.sources(),
    );
    let environment: Vec<_> = std::env::vars_os().collect();
    let session = session.with_colour(Colour::of(&environment)).of_operator();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            let reason = format!("the system gives no threads: {error}");
            return session.fail(Exit::Software, &reason);
        }
    };
    let ended = runtime.block_on((command.run)(arguments, session));
    runtime.shutdown_background();
    ended.unwrap_or_else(|failure| failure.end())
}

impl Reach {
    fn sources(&self) -> Sources {
        let mut sources = Sources::of("skep");
        if let Some(url) = &self.nats {
            sources = sources.flag("nats.servers", format!("[{url:?}]"), "--nats");
        }
        if let Some(namespace) = &self.namespace {
            sources = sources.flag("nats.namespace", namespace, "--namespace");
        }
        if let Some(file) = &self.credentials {
            let file = file.display().to_string();
            sources = sources.flag("nats.credentials", file, "--credentials");
        }
        self.set.iter().fold(sources, Sources::set)
    }
}

fn act(action: StoreAction) -> Result<Exit, Failure> {
    let done = match action {
        StoreAction::Info(InfoArgs { store, json: true }) => {
            store_files::about(&store).map(|about| format!("{:#}", about.json()))
        }
        StoreAction::Info(InfoArgs { store, json: false }) => {
            store_files::about(&store).map(|about| about.text())
        }
        StoreAction::Compact { store } => store_files::compact(&store).map(|compacted| {
            let before = output::bytes(compacted.before_bytes);
            let after = output::bytes(compacted.after_bytes);
            format!("compacted: {before} before, {after} now")
        }),
        StoreAction::Export { store, file } => {
            let carried = store_files::export(&store, &file);
            carried.map(|carried| store_files::told("exported", &carried, &file))
        }
        StoreAction::Import {
            file,
            store,
            application,
            engine,
        } => {
            let carried = store_files::import(&file, &store, &application, engine.into());
            carried.map(|carried| store_files::told("imported", &carried, &file))
        }
    };
    output::line(&done.map_err(|error| error.failure("skep"))?)?;
    Ok(Exit::Success)
}
