//! The keys of `[defaults]` and `[capabilities.<name>]`: how one capability is called, kept and restarted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bytes::ByteSize;
use super::duration::HumanDuration;

/// How one capability is called, kept and restarted; `[defaults]` says it for all, `[capabilities.<name>]` for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CapabilitySettings {
    /// How long a call may take when its caller does not say, 1ms to 24h. Default "5s".
    #[schemars(extend("x-minimum" = "1ms", "x-maximum" = "24h"))]
    pub deadline: HumanDuration,
    /// Messages that may wait in front of one actor, 1 to 1048576. Default 64. When it is full, senders wait.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub mailbox: u32,
    /// The largest message, reply or event, 1KiB to 64MiB. Default "1000KiB": with its headers it fits a nats-server's own default.
    #[schemars(extend("x-minimum" = "1KiB", "x-maximum" = "64MiB"))]
    pub message_size: ByteSize,
    /// Where calls run. Default "local".
    pub placement: Placement,
    /// How long an actor of a keyed capability stays in memory without a message, 1ms to 8760h. Default "5m".
    #[schemars(extend("x-minimum" = "1ms", "x-maximum" = "8760h"))]
    pub idle_after: HumanDuration,
    /// Replicas of a stateless capability, 0 to 1024. Default 0: one per arbiter.
    #[schemars(range(max = 1024))]
    pub instances: u16,
    /// Where a durable capability keeps its state. Default "local".
    pub durability: Durability,
    /// How long the first reply to a message is kept for its retries, 1s to 8760h. Default "24h".
    #[schemars(extend("x-minimum" = "1s", "x-maximum" = "8760h"))]
    pub inbox_retention: HumanDuration,
    /// Events and sends that may wait for delivery, 1 to 1000000000. Default 1000000. When it is full, turns that
    /// emit are refused.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub outbox_limit: u32,
    /// Events kept for onlookers that come back, 0 to 10000000. Default 10000. 0: none, onlookers see only what happens
    /// while they look. A capability that is not durable keeps at most 32 MiB of them.
    #[schemars(range(max = 10_000_000))]
    pub event_log: u32,
    /// Calls to it that this process may have under way at once, 0 to 1048576. Default 0: as many as there are. Others wait in line.
    #[schemars(range(max = 1_048_576))]
    pub calls_at_once: u32,
    /// How often a call is made again that failed because the capability could not work, 0 to 100. Default 0. Only messages that are
    /// idempotent, or have an id and go to a durable capability; within the deadline, after pauses as in `delivery`.
    #[schemars(range(max = 100))]
    pub retries: u32,
    /// When calls are refused without being tried.
    pub breaker: BreakerSettings,
    /// How events and durable sends are delivered.
    pub delivery: DeliverySettings,
    /// What happens after a panic.
    pub restart: RestartSettings,
}

/// Where the calls of a capability run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// In process, messages moved.
    #[default]
    Local,
    /// In process, but every message, reply and error goes through its codec, as it will between processes.
    Wire,
}

/// Where a durable capability keeps its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// In the store on this machine; a reply means that it is synced.
    #[default]
    Local,
    /// In memory: everything is forgotten when the process ends.
    Memory,
}

/// `delivery`: how events and durable sends that the capability gets are tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("x-ordered" = [["backoff_min", "backoff_max"]]))]
pub struct DeliverySettings {
    /// Attempts before an event or send goes to the dead letters, 1 to 1000. Default 8.
    #[schemars(range(min = 1, max = 1000))]
    pub attempts: u32,
    /// The wait before the second attempt, doubled for each one after, 1ms to 24h. Default "100ms".
    #[schemars(extend("x-minimum" = "1ms", "x-maximum" = "24h"))]
    pub backoff_min: HumanDuration,
    /// The longest wait between two attempts, 1ms to 24h, not below `backoff_min`. Default "30s".
    #[schemars(extend("x-minimum" = "1ms", "x-maximum" = "24h"))]
    pub backoff_max: HumanDuration,
}

/// `breaker`: when calls of this process to a capability are refused without being tried, because too many before them have failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BreakerSettings {
    /// Failed calls within `within` that open it, 0 to 1000; 0: it never opens. Default 0. Refusals of the domain and mistakes of
    /// the caller are no failures.
    #[schemars(range(max = 1000))]
    pub failures: u32,
    /// The time over which failures are counted, 1ms to 24h. Default "10s".
    #[schemars(extend("x-minimum" = "1ms", "x-maximum" = "24h"))]
    pub within: HumanDuration,
    /// How long calls are refused before one may try, 1ms to 24h. Default "5s". When it is handled, all pass again.
    #[schemars(extend("x-minimum" = "1ms", "x-maximum" = "24h"))]
    pub open_for: HumanDuration,
}

/// `restart`: what happens after a panic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("x-ordered" = [["backoff_min", "backoff_max"]]))]
pub struct RestartSettings {
    /// Restarts within `within` before the actor is down, 0 to 1000; 0 means that one panic is enough. Default 10.
    #[schemars(range(max = 1000))]
    pub budget: u16,
    /// The time over which restarts are counted, 1ms to 24h. Default "60s".
    #[schemars(extend("x-minimum" = "1ms", "x-maximum" = "24h"))]
    pub within: HumanDuration,
    /// The wait before the first restart, doubled for each one after, 1ms to 1h. Default "100ms".
    #[schemars(extend("x-minimum" = "1ms", "x-maximum" = "1h"))]
    pub backoff_min: HumanDuration,
    /// The longest wait before a restart, 1ms to 1h, not below `backoff_min`. Default "10s".
    #[schemars(extend("x-minimum" = "1ms", "x-maximum" = "1h"))]
    pub backoff_max: HumanDuration,
    /// How long an actor that spent its budget answers `Down` before it is tried again, 1ms to 24h. Default "30s".
    #[schemars(extend("x-minimum" = "1ms", "x-maximum" = "24h"))]
    pub down_for: HumanDuration,
}

impl Default for CapabilitySettings {
    fn default() -> Self {
        Self {
            deadline: HumanDuration::from_secs(5),
            mailbox: 64,
            message_size: ByteSize::kib(1000),
            placement: Placement::default(),
            idle_after: HumanDuration::from_secs(5 * 60),
            instances: 0,
            durability: Durability::default(),
            inbox_retention: HumanDuration::from_secs(24 * 60 * 60),
            outbox_limit: 1_000_000,
            event_log: 10_000,
            calls_at_once: 0,
            retries: 0,
            breaker: BreakerSettings::default(),
            delivery: DeliverySettings::default(),
            restart: RestartSettings::default(),
        }
    }
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            failures: 0,
            within: HumanDuration::from_secs(10),
            open_for: HumanDuration::from_secs(5),
        }
    }
}

impl Default for DeliverySettings {
    fn default() -> Self {
        Self {
            attempts: 8,
            backoff_min: HumanDuration::from_millis(100),
            backoff_max: HumanDuration::from_secs(30),
        }
    }
}

impl Default for RestartSettings {
    fn default() -> Self {
        Self {
            budget: 10,
            within: HumanDuration::from_secs(60),
            backoff_min: HumanDuration::from_millis(100),
            backoff_max: HumanDuration::from_secs(10),
            down_for: HumanDuration::from_secs(30),
        }
    }
}
