//! [`BusError`]: why events and sends cannot go over this server.

use crate::transport::nats::server::Version;

/// Why events and sends cannot go over this server. Nothing of this passes by waiting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BusError {
    /// The server keeps no streams.
    #[error(
        "this nats-server keeps no streams; start it with JetStream (`nats-server --jetstream --store_dir <folder>`), or allow \
         JetStream to the account of this connection"
    )]
    NoJetStream,
    /// The server is older than what is needed.
    #[error(
        "this nats-server is {version}, and {} or newer is needed",
        Version::OLDEST
    )]
    TooOld {
        /// What it says.
        version: String,
    },
    /// The user of this connection may not use streams.
    #[error(
        "the server does not let this connection use its streams: {reason}; its user needs to publish to `$JS.API.>` and `$JS.ACK.>`"
    )]
    Denied {
        /// What the server says.
        reason: String,
    },
    /// A stream of that name is there and is not what is needed.
    #[error(
        "stream {stream} has {setting} = {found} where {wanted} is needed, and that cannot be changed: {reason}; remove it \
         (`nats stream rm {stream}`) when what it keeps is not needed any more, or choose another nats.namespace"
    )]
    Unsuitable {
        /// Which stream.
        stream: String,
        /// The first setting that differs.
        setting: &'static str,
        /// What it is.
        found: String,
        /// What it has to be.
        wanted: String,
        /// Why the server does not change it.
        reason: String,
    },
    /// The server does not make a stream or consumer.
    #[error("the server does not make {name}: {reason}")]
    Refused {
        /// Which stream or consumer.
        name: String,
        /// What the server says.
        reason: String,
    },
}
