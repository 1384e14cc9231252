//! The sections `[gateway]` and `[admin]`: the HTTP doors of a process. Each field's comment is its manual.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::HumanDuration;

/// `[gateway]`: the application's API over HTTP, its documentation, health and metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GatewaySettings {
    /// Whether it listens at all. Default true.
    pub enabled: bool,
    /// Where it listens: address and port. Default "127.0.0.1:4080", or the next free port up to 4099 when nobody set this key.
    #[schemars(length(min = 1))]
    pub listen: String,
    /// What is exposed: "reservations" (all of it), "reservations.reserve" (a message or an event), or "*". Default: nothing.
    pub expose: Vec<String>,
    /// Whether the page that shows the API is served. Default true.
    pub page: bool,
    /// The longest deadline that a caller may ask for, 1ms to 24h. Default "1m".
    #[schemars(extend("x-minimum" = "1ms", "x-maximum" = "24h"))]
    pub deadline_max: HumanDuration,
    /// How long a client may take to send its request, 100ms to 1h. Default "10s".
    #[schemars(extend("x-minimum" = "100ms", "x-maximum" = "1h"))]
    pub receive_timeout: HumanDuration,
    /// Connections that may be open at once, 1 to 65536. Default 1024. More wait to be accepted.
    #[schemars(range(min = 1, max = 65536))]
    pub connections: u32,
    /// Requests a second that each caller may send in the long run, 0 to 1000000. Default 0: as many as it likes.
    #[schemars(range(max = 1_000_000))]
    pub rate_limit: u32,
    /// Requests that a caller may send at once before `rate_limit` slows it down, 1 to 1000000. Default 100.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub rate_burst: u32,
    /// Web origins whose pages may call it: `"https://shop.example"`, or `"*"`. Default: none.
    pub cors_origins: Vec<String>,
    /// Threads that serve it, 1 to 256. Default 1. Turns run on the arbiters, whatever this says.
    #[schemars(range(min = 1, max = 256))]
    pub workers: u16,
}

/// `[admin]`: the operator's door, for the commands that look into a running process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AdminSettings {
    /// Whether it listens at all. Default true. Without it `list`, `request`, `tail` and their like find nobody.
    pub enabled: bool,
    /// Where it listens: a loopback address and a port. Default "127.0.0.1:0", any free port.
    #[schemars(length(min = 1))]
    pub listen: String,
    /// The file that tells the commands where it listens and with which token; only its owner may read it. Default: `admin.json`
    /// in `store.path`.
    pub file: Option<PathBuf>,
}

impl Default for GatewaySettings {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: "127.0.0.1:4080".to_owned(),
            expose: Vec::new(),
            page: true,
            deadline_max: HumanDuration::from_secs(60),
            receive_timeout: HumanDuration::from_secs(10),
            connections: 1024,
            rate_limit: 0,
            rate_burst: 100,
            cors_origins: Vec::new(),
            workers: 1,
        }
    }
}

impl Default for AdminSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            listen: "127.0.0.1:0".to_owned(),
            file: None,
        }
    }
}
