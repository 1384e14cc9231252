//! [`Door`]: where a running process can be reached by its operator, as it wrote it into its admin file.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::config::{AdminSettings, Config, StoreSettings};

/// Where a running process can be reached by its operator.
#[derive(Clone, Deserialize)]
pub(in crate::cli) struct Door {
    /// The beginning of all its addresses: `http://127.0.0.1:41233`.
    pub(in crate::cli) url: String,
    /// What every request has to show.
    pub(super) token: String,
    /// The process.
    pub(in crate::cli) pid: u32,
    /// The file that said all this.
    #[serde(skip)]
    pub(in crate::cli) file: PathBuf,
}

/// What the configuration says about the door.
#[derive(Debug)]
pub(in crate::cli) struct Whereabouts {
    /// The admin file.
    pub(in crate::cli) file: PathBuf,
    /// Whether a process of this configuration opens the door at all.
    pub(in crate::cli) is_enabled: bool,
}

impl Whereabouts {
    /// Reads the configuration.
    pub(in crate::cli) fn of(config: &Config) -> Result<Self, Failure> {
        let unfit = |problems| Failure::new(Exit::Config, format!("{problems}"));
        let admin: AdminSettings = config.section("admin").map_err(unfit)?;
        let store: StoreSettings = config.section("store").map_err(unfit)?;
        Ok(Self {
            file: admin.file.unwrap_or_else(|| store.path.join("admin.json")),
            is_enabled: admin.enabled,
        })
    }
}

impl Door {
    /// Finds the door of the process that runs with the session's configuration.
    pub(in crate::cli) fn find(session: &Session) -> Result<Self, Failure> {
        let whereabouts = Whereabouts::of(&session.config()?)?;
        Self::read(&whereabouts.file)?.ok_or_else(|| absent(session.application(), &whereabouts))
    }

    /// Reads an admin file; `None` when there is none.
    pub(in crate::cli) fn read(file: &Path) -> Result<Option<Self>, Failure> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(file, &error)),
        };
        let mut door: Self = serde_json::from_str(&text).map_err(|error| {
            let file = file.display();
            Failure::new(
                Exit::Data,
                format!("{file} is not the file of a running process: {error}\nremove it if nothing runs, and start again"),
            )
        })?;
        file.clone_into(&mut door.file);
        Ok(Some(door))
    }
}

fn unreadable(file: &Path, error: &std::io::Error) -> Failure {
    let shown = file.display();
    match error.kind() {
        ErrorKind::PermissionDenied => Failure::new(
            Exit::NoPermission,
            format!("{shown} cannot be read: only the user who started the process may talk to it"),
        ),
        _ => Failure::new(Exit::Io, format!("{shown} cannot be read: {error}")),
    }
}

fn absent(application: &str, whereabouts: &Whereabouts) -> Failure {
    let file = whereabouts.file.display();
    let message = if whereabouts.is_enabled {
        format!(
            "{application} is not running here (no {file}); start it with `{application} run`, or point to its folder with --data or -c"
        )
    } else {
        format!(
            "{application} cannot be reached: its configuration closes the operator's door (admin.enabled = false); `{application} config` tells where that is said"
        )
    };
    Failure::new(Exit::Unavailable, message)
}

impl fmt::Debug for Door {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door")
            .field("url", &self.url)
            .field("pid", &self.pid)
            .field("file", &self.file)
            .finish_non_exhaustive()
    }
}
