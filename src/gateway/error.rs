//! [`DoorError`]: why the doors do not open.

use std::io;

use super::exposure::ExposeError;
use crate::config::Problems;

/// Why the doors of a runtime do not open. None of them is open then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DoorError {
    /// The sections `[gateway]` and `[admin]` cannot be read.
    #[error("{0}")]
    Config(#[from] Problems),
    /// `gateway.expose` names what does not exist.
    #[error("{0}")]
    Expose(#[from] ExposeError),
    /// A setting whose mistake only the door sees.
    #[error("{reason}")]
    Setting {
        /// Which key, what is wrong with it, and what would be right.
        reason: String,
    },
    /// An address that none can listen on.
    #[error(
        "{key} is {listen:?}, which is no address: {reason}; say an address and a port, such as \"127.0.0.1:4080\""
    )]
    Address {
        /// The key.
        key: &'static str,
        /// Its value.
        listen: String,
        /// What the system says.
        reason: String,
    },
    /// The operator's door would be open to other machines.
    #[error(
        "admin.listen is {listen:?}, which other machines can reach: the operator's door is for this machine alone; say \"127.0.0.1:0\""
    )]
    NotLoopback {
        /// The value of `admin.listen`.
        listen: String,
    },
    /// Another process listens there.
    #[error("{key}: another process listens on {listen}; end it, or take another port: `--set {key}={}` takes any free one", free_port(.listen))]
    InUse {
        /// The key.
        key: &'static str,
        /// The address.
        listen: String,
    },
    /// All ports that are tried when nobody says one are taken.
    #[error(
        "gateway.listen: every port from 4080 to 4099 of 127.0.0.1 is in use; `--set gateway.listen=127.0.0.1:0` takes any free one"
    )]
    NoFreePort,
    /// The system does not let us listen there.
    #[error("{key}: cannot listen on {listen}: {source}")]
    Refused {
        /// The key.
        key: &'static str,
        /// The address.
        listen: String,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no threads or no randomness.
    #[error("{reason}")]
    System {
        /// What it says.
        reason: String,
    },
}

impl DoorError {
    /// Whether something is in use that may be free later.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        matches!(self, Self::InUse { .. } | Self::NoFreePort)
    }

    /// Whether the configuration is what must be mended.
    #[must_use]
    pub const fn is_setting(&self) -> bool {
        matches!(
            self,
            Self::Config(_)
                | Self::Expose(_)
                | Self::Setting { .. }
                | Self::Address { .. }
                | Self::NotLoopback { .. }
        )
    }
}

/// The same host with port 0.
fn free_port(listen: &str) -> String {
    let host = listen.rsplit_once(':').map_or(listen, |(host, _)| host);
    format!("{host}:0")
}
