//! The platform's own sections `[runtime]` and `[store]`; each field's comment is its manual.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bytes::ByteSize;
use super::duration::HumanDuration;

/// `[runtime]`: threads, shutdown, randomness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RuntimeSettings {
    /// Threads that run actors, 0 to 1024. Default 0: one per core.
    #[schemars(range(max = 1024))]
    pub arbiters: u16,
    /// Threads for capabilities that compute or block, 0 to 1024. Default 0: one per core.
    #[schemars(range(max = 1024))]
    pub blocking_threads: u16,
    /// How long a shutdown waits for running turns before it ends them, 1ms to 24h. Default "30s".
    #[schemars(extend("x-minimum" = "1ms", "x-maximum" = "24h"))]
    pub shutdown_deadline: HumanDuration,
    /// Seed of every random choice, 0 to 2^63 - 1, so that a run can be repeated. Default: a fresh one each start.
    pub seed: Option<u64>,
}

/// `[store]`: where and how durable capabilities are remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSettings {
    /// The engine that keeps the data, "sled" or "fjall". Default "sled". The two do not read each other's files.
    pub engine: Engine,
    /// The folder of the data, made when it is missing; relative to where the process starts. Default "./data".
    #[schemars(length(min = 1))]
    pub path: PathBuf,
    /// Memory for the engine's cache, 1MiB to 1TiB. Default "64MiB".
    #[schemars(extend("x-minimum" = "1MiB", "x-maximum" = "1TiB"))]
    pub cache: ByteSize,
    /// Turns that share one sync at most, 1 to 65536. Default 256. More gives throughput, less gives latency.
    #[schemars(range(min = 1, max = 65536))]
    pub group_batches: u32,
    /// Bytes that share one sync at most, 4KiB to 1GiB. Default "4MiB".
    #[schemars(extend("x-minimum" = "4KiB", "x-maximum" = "1GiB"))]
    pub group_bytes: ByteSize,
    /// How long one sync may take before the store counts as stuck and its capabilities stop, 100ms to 1h.
    /// Default "30s".
    #[schemars(extend("x-minimum" = "100ms", "x-maximum" = "1h"))]
    pub watchdog: HumanDuration,
}

/// The engine that keeps the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// sled: a B-tree with a log.
    #[default]
    Sled,
    /// fjall: a log-structured merge tree.
    Fjall,
}

impl Default for RuntimeSettings {
    fn default() -> Self {
        Self {
            arbiters: 0,
            blocking_threads: 0,
            shutdown_deadline: HumanDuration::from_secs(30),
            seed: None,
        }
    }
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            engine: Engine::default(),
            path: PathBuf::from("./data"),
            cache: ByteSize::mib(64),
            group_batches: 256,
            group_bytes: ByteSize::mib(4),
            watchdog: HumanDuration::from_secs(30),
        }
    }
}
