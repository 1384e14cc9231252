//! A nats-server of our own: the one that a machine has, or the pinned one that is fetched; started, restarted and stopped.

mod error;
mod fetch;
mod find;
mod process;
mod version;

pub use error::ServerError;
pub use find::{ServerBinary, find_server};
pub(super) use process::SYNCING;
pub use process::{ServerOptions, ServerProcess};
pub use version::Version;
