//! What an operator may say: settings, where each value came from, and every mistake at once.
//!
//! Layers, each above the one before: defaults < the application's presets < file (TOML) < environment < flags. The [`Schemas`] say which keys
//! exist; [`Config::load`] holds every layer against them and gives either a valid [`Config`] or all [`Problems`].
//! Knows no actor, no engine, no store; the floors above register their sections here.

mod bytes;
mod capability;
mod check;
mod completion;
mod doors;
mod duration;
mod effective;
mod errors;
mod fault;
mod file;
mod finding;
mod load;
mod monitoring;
mod namespace;
mod nats;
mod observe;
mod overlay;
mod place;
mod problem;
mod quote;
mod range;
mod schemas;
mod secret;
mod server_url;
mod settings;
mod shape;
mod sources;
mod spelling;
mod tree;

#[cfg(test)]
mod tests;

pub use bytes::{ByteSize, ByteSizeError};
pub use capability::{
    BreakerSettings, CapabilitySettings, DeliverySettings, Durability, Placement, RestartSettings,
};
pub use doors::{AdminSettings, GatewaySettings};
pub use duration::{HumanDuration, HumanDurationError};
pub use effective::{Effective, Row};
pub use errors::PAGES;
pub use fault::Fault;
pub(crate) use finding::Finding;
pub use load::Config;
pub use monitoring::{Monitoring, MonitoringError};
pub use namespace::{Namespace, NamespaceError};
pub use nats::{NatsSettings, NatsTlsSettings, NodeSettings};
pub use observe::{LogFormat, LogLevel, LogSettings, MetricsSettings, OtlpSettings, TraceSettings};
pub use place::Origin;
pub use problem::{Problem, Problems};
pub use schemas::{Schemas, schema_of};
pub use secret::{MASK, Secret};
pub use server_url::{ServerUrl, ServerUrlError};
pub use settings::{Engine, RuntimeSettings, StoreSettings};
pub use sources::Sources;
pub(crate) use spelling::nearest;
