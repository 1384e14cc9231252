//! What may be done to the files of a store that nobody has open: by the application's own `store`, and by the `skep` program.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::exit::Exit;
use super::failure::Failure;
use super::output;
use crate::store::transfer::{self, Carried};
use crate::store::{self, Engine, Identity, OpenOptions, Store};

/// Why something could not be done to a store.
#[derive(Debug, thiserror::Error)]
pub(super) enum FilesError {
    /// The store says so.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The folder holds no store.
    #[error("`{}` is no store: `skep.json` is not in it", .0.display())]
    NoStore(PathBuf),
    /// Another file cannot be used.
    #[error("cannot {doing} `{}`: {error}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        error: std::io::Error,
    },
}

impl FilesError {
    /// The failure of the command; `binary` explains codes.
    pub(super) fn failure(&self, binary: &str) -> Failure {
        let message = self.to_string();
        match self {
            Self::Store(error) => {
                let exit = match error {
                    store::Error::Locked { .. } => Exit::Busy,
                    _ => Exit::Io,
                };
                Failure::coded(exit, error.code(), &message, binary)
            }
            Self::NoStore(_) => Failure::new(Exit::NoInput, message),
            Self::File { .. } => Failure::new(Exit::Io, message),
        }
    }
}

/// What a store tells about itself.
#[derive(Debug)]
pub(super) struct About {
    identity: Identity,
    stats: store::Stats,
    trees: Vec<String>,
}

impl About {
    /// As JSON.
    pub(super) fn json(&self) -> Value {
        json!({
            "application": self.identity.application,
            "engine": self.identity.engine,
            "format_version": self.identity.format_version,
            "created": self.identity.created,
            "size_bytes": self.stats.size_bytes,
            "commits": self.stats.commits,
            "capabilities": self.trees,
        })
    }

    /// In words.
    pub(super) fn text(&self) -> String {
        let created = output::moment(self.identity.created.saturating_mul(1000));
        let lines = [
            ("application", self.identity.application.clone()),
            ("engine", self.identity.engine.clone()),
            ("format", self.identity.format_version.to_string()),
            ("created", created),
            ("size on disk", output::bytes(self.stats.size_bytes)),
            ("commits", self.stats.commits.to_string()),
            ("capabilities", self.trees.join(", ")),
        ];
        let lines = lines.map(|(name, value)| format!("{name:<12}  {value}"));
        lines.join("\n")
    }
}

/// The options with which an existing store is opened, and its identity.
fn options(path: &Path) -> Result<(Identity, OpenOptions), FilesError> {
    let identity = store::identify(path)?.ok_or_else(|| FilesError::NoStore(path.to_owned()))?;
    let engine = if identity.engine == Engine::Fjall.name() {
        Engine::Fjall
    } else {
        Engine::Sled
    };
    let options = OpenOptions::new(path, &identity.application).engine(engine);
    Ok((identity, options))
}

/// Opens an existing store.
pub(super) fn open(path: &Path) -> Result<(Identity, Arc<dyn Store>), FilesError> {
    let (identity, options) = options(path)?;
    Ok((identity, store::open(&options)?))
}

/// Looks at a store.
pub(super) fn about(path: &Path) -> Result<About, FilesError> {
    let (identity, store) = open(path)?;
    Ok(About {
        identity,
        stats: store.stats()?,
        trees: store.trees()?,
    })
}

/// Writes everything in a store into a new file.
pub(super) fn export(path: &Path, file: &Path) -> Result<Carried, FilesError> {
    let (identity, store) = open(path)?;
    let failed = |doing| {
        move |error| FilesError::File {
            path: file.to_owned(),
            doing,
            error,
        }
    };
    let output = File::create_new(file).map_err(failed("create"))?;
    let progress = progress(
        ProgressBar::no_length(),
        "{spinner} {bytes} written, {bytes_per_sec}",
    );
    let watched = progress.wrap_write(&output);
    let carried = transfer::export(store.as_ref(), &identity.application, None, watched);
    progress.finish_and_clear();
    let carried = carried.inspect_err(|_| {
        // Part of an export is none, and would be in the way of the next.
        let _ = std::fs::remove_file(file);
    })?;
    output.sync_all().map_err(failed("write"))?;
    Ok(carried)
}

/// Fills a new store with what was exported.
pub(super) fn import(
    file: &Path,
    path: &Path,
    application: &str,
    engine: Engine,
) -> Result<Carried, FilesError> {
    let input = File::open(file).map_err(|error| FilesError::File {
        path: file.to_owned(),
        doing: "read",
        error,
    })?;
    let length = input.metadata().map_or(0, |about| about.len());
    let store = store::open(&OpenOptions::new(path, application).engine(engine))?;
    // It is read twice: to see that it is whole, and then to fill the store.
    let template = "{bar:40} {bytes} of {total_bytes}, {bytes_per_sec}";
    let progress = progress(ProgressBar::new(length), template);
    let carried = transfer::import(store.as_ref(), application, progress.wrap_read(input));
    progress.finish_and_clear();
    Ok(carried?)
}

/// How far it is, on a person's terminal; nothing elsewhere.
fn progress(bar: ProgressBar, template: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(template);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Writes a store anew; says how large it was and is.
pub(super) fn compact(path: &Path) -> Result<store::Compacted, FilesError> {
    let (_, options) = options(path)?;
    Ok(store::compact(&options)?)
}

/// What was carried, in words.
pub(super) fn told(done: &str, carried: &Carried, file: &Path) -> String {
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

/// What was carried, as JSON.
pub(super) fn carried_json(carried: &Carried, file: &Path) -> Value {
    json!({
        "file": file,
        "records": carried.num_entries,
        "capabilities": carried.num_trees,
        "size_bytes": carried.size_bytes,
    })
}
