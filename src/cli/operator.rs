//! The `skep` program: what an operator does to any application's files, without the application's code.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde_json::json;

use super::exit::Exit;
use super::explain::explain;
use crate::store::transfer::{self, Carried};
use crate::store::{self, Engine, Identity, OpenOptions, Store};

/// Looks at and moves the stores of skep applications, and explains their errors.
#[derive(Parser)]
#[command(name = "skep", version, after_help = EXAMPLES)]
struct Operator {
    #[command(subcommand)]
    action: Action,
}

const EXAMPLES: &str = "Examples:
  skep store info ./data                                whose store it is, and how large
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
        Action::Explain { code } => return explain("skep", code.as_deref()),
        Action::Store(StoreAction::Info(arguments)) => info(&arguments),
        Action::Store(StoreAction::Export { store, file }) => export(&store, &file),
        Action::Store(StoreAction::Import {
            file,
            store,
            application,
            engine,
        }) => import(&file, &store, &application, engine.into()),
    };
    match done {
        Ok(text) => {
            let _ = writeln!(std::io::stdout().lock(), "{text}");
            Exit::Success
        }
        Err(failure) => failure.report(),
    }
}

/// Why an action failed.
enum Failure {
    Store(store::Error),
    NoStore(PathBuf),
    File {
        path: PathBuf,
        doing: &'static str,
        error: std::io::Error,
    },
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}

impl Failure {
    fn report(&self) -> Exit {
        let mut stderr = std::io::stderr().lock();
        match self {
            Self::Store(error) => {
                let code = error.code();
                let _ = writeln!(
                    stderr,
                    "error[{code}]: {error}\nfor more about it: skep explain {code}"
                );
                if matches!(error, store::Error::Locked { .. }) {
                    Exit::Busy
                } else {
                    Exit::Io
                }
            }
            Self::NoStore(path) => {
                let _ = writeln!(
                    stderr,
                    "error: `{}` is no store: `skep.json` is not in it",
                    path.display()
                );
                Exit::NoInput
            }
            Self::File { path, doing, error } => {
                let _ = writeln!(
                    stderr,
                    "error: cannot {doing} `{}`: {error}",
                    path.display()
                );
                Exit::Io
            }
        }
    }
}

/// An existing store, with its identity.
fn open(path: &Path) -> Result<(Identity, Arc<dyn Store>), Failure> {
    let identity = store::identify(path)?.ok_or_else(|| Failure::NoStore(path.to_owned()))?;
    let engine = if identity.engine == Engine::Fjall.name() {
        Engine::Fjall
    } else {
        Engine::Sled
    };
    let store = store::open(&OpenOptions::new(path, &identity.application).engine(engine))?;
    Ok((identity, store))
}

fn info(arguments: &InfoArgs) -> Result<String, Failure> {
    let (identity, store) = open(&arguments.store)?;
    let stats = store.stats()?;
    let trees = store.trees()?;
    if arguments.json {
        let value = json!({
            "application": identity.application,
            "engine": identity.engine,
            "format_version": identity.format_version,
            "created": identity.created,
            "size_bytes": stats.size_bytes,
            "commits": stats.commits,
            "capabilities": trees,
        });
        return Ok(format!("{value:#}"));
    }
    Ok(format!(
        "application   {}\nengine        {}\nformat        {}\nsize on disk  {} bytes\ncommits       {}\ncapabilities  {}",
        identity.application,
        identity.engine,
        identity.format_version,
        stats.size_bytes,
        stats.commits,
        trees.join(", ")
    ))
}

fn export(path: &Path, file: &Path) -> Result<String, Failure> {
    let (identity, store) = open(path)?;
    let failed = |doing| {
        move |error| Failure::File {
            path: file.to_owned(),
            doing,
            error,
        }
    };
    let output = File::create_new(file).map_err(failed("create"))?;
    let carried = transfer::export(store.as_ref(), &identity.application, None, &output)?;
    output.sync_all().map_err(failed("write"))?;
    Ok(told("exported", &carried, file))
}

fn import(file: &Path, path: &Path, application: &str, engine: Engine) -> Result<String, Failure> {
    let input = File::open(file).map_err(|error| Failure::File {
        path: file.to_owned(),
        doing: "read",
        error,
    })?;
    let store = store::open(&OpenOptions::new(path, application).engine(engine))?;
    let carried = transfer::import(store.as_ref(), application, input)?;
    Ok(told("imported", &carried, file))
}

fn told(done: &str, carried: &Carried, file: &Path) -> String {
    let Carried {
        num_trees,
        num_entries,
        size_bytes,
        ..
    } = carried;
    format!(
        "{done} {num_entries} records of {num_trees} capabilities, {size_bytes} bytes: {}",
        file.display()
    )
}
