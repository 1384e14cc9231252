//! [`ServerError`]: why there is no nats-server, or why it does not run.

use std::io;
use std::path::PathBuf;

use super::version::Version;

/// Ways to a server of one's own, for whoever cannot be given one.
const WAYS: &str = "install one (`brew install nats-server`, `scoop install main/nats-server`, \
`docker run -p 4222:4222 nats:latest -js`, `go install github.com/nats-io/nats-server/v2@latest`), \
or name its program with SKEP_NATS_SERVER";

/// Why there is no nats-server, or why it does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// `SKEP_NATS_SERVER` names what cannot be used.
    #[error("SKEP_NATS_SERVER is {path:?}: {reason}")]
    Named {
        /// Its value.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It would be too old.
    #[error(
        "{path:?} is nats-server {version}, and {} or newer is needed",
        Version::OLDEST
    )]
    TooOld {
        /// Which program.
        path: PathBuf,
        /// Its version.
        version: Version,
    },
    /// None was found, and none could be fetched.
    #[error("there is no nats-server on this machine, and it cannot be fetched: {reason}; {WAYS}")]
    Unfetched {
        /// What failed.
        reason: String,
    },
    /// The folder for fetched tools cannot be used.
    #[error(
        "the folder for fetched tools {path:?} cannot be used: {source}; say another one with SKEP_TOOLS"
    )]
    Cache {
        /// Which folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It does not start, or ends again.
    #[error("nats-server does not run: {reason}")]
    Ended {
        /// What it or the system says.
        reason: String,
    },
}
