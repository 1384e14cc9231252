//! The `skep` program: what an operator does to any application's files, without the application's code.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::commands::explain;
use super::exit::Exit;
use super::failure::Failure;
use super::{output, store_files};
use crate::store::Engine;

/// Looks at and moves the stores of skep applications, and explains their errors.
#[derive(Parser)]
#[command(name = "skep", version, after_help = EXAMPLES)]
struct Operator {
    #[command(subcommand)]
    action: Action,
}

const EXAMPLES: &str = "Examples:
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
    let operator = match Operator::try_parse_from(arguments) {
        Ok(operator) => operator,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Success
            };
        }
    };
    let done = match operator.action {
        Action::Explain { code } => explain("skep", code.as_deref(), false),
        Action::Store(action) => act(action),
    };
    done.unwrap_or_else(|failure| failure.end())
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
