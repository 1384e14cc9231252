//! The sections `[log]`, `[metrics]` and `[trace]`: what a process says about itself. Each field's comment is its manual.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::HumanDuration;
use super::secret::Secret;

/// `[log]`: what the process says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// The least serious event that is written: "off", "error", "warn", "info", "debug" or "trace". Default "info".
    pub level: LogLevel,
    /// How events are written. Default "auto".
    pub format: LogFormat,
    /// A level of its own for what single capabilities log, by their names. Default: none.
    pub capabilities: BTreeMap<String, LogLevel>,
    /// Records kept in memory for `tail`, 0 to 1000000. Default 1000.
    #[schemars(range(max = 1_000_000))]
    pub recent: u32,
}

/// The least serious event that is written. The more it lets through, the greater it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What a person should act upon.
    Error,
    /// What may soon be an error.
    Warn,
    /// Starts, stops, moves.
    #[default]
    Info,
    /// Decisions.
    Debug,
    /// Every turn that ended well, without payloads.
    Trace,
}

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// One coloured line per event.
    Human,
    /// One JSON object per line.
    Json,
}

/// `[metrics]`: what is counted and timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsSettings {
    /// Whether turns are counted and timed by message. Default true. Without it the totals of each capability remain.
    pub enabled: bool,
}

/// `[trace]`: which requests are followed through their turns, and where that goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TraceSettings {
    /// The share of calls from the program itself that are traced, 0 to 1. Default 0.01. Requests over HTTP and from the command line
    /// are always traced, unless their `traceparent` says otherwise.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub sample: f64,
    /// Spans kept in memory for `trace`, 0 to 10000000. Default 10000.
    #[schemars(range(max = 10_000_000))]
    pub recent: u32,
    /// Where spans are sent besides, by OTLP over HTTP. Default: nowhere.
    pub otlp: Option<OtlpSettings>,
}

/// `[trace.otlp]`: an OpenTelemetry collector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtlpSettings {
    /// The collector's traces endpoint: "http://127.0.0.1:4318/v1/traces".
    #[schemars(length(min = 1))]
    pub endpoint: String,
    /// Headers of each request, such as an access key. Default: none.
    #[serde(default)]
    pub headers: BTreeMap<String, Secret<String>>,
    /// How long one request may take, 10ms to 10m. Default "10s".
    #[serde(default = "otlp_timeout")]
    #[schemars(extend("x-minimum" = "10ms", "x-maximum" = "10m"))]
    pub timeout: HumanDuration,
}

const fn otlp_timeout() -> HumanDuration {
    HumanDuration::from_secs(10)
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            level: LogLevel::default(),
            format: LogFormat::default(),
            capabilities: BTreeMap::new(),
            recent: 1000,
        }
    }
}

impl Default for MetricsSettings {
    fn default() -> Self {
        Self { enabled: true }
    }
}

impl Default for TraceSettings {
    fn default() -> Self {
        Self {
            sample: 0.01,
            recent: 10_000,
            otlp: None,
        }
    }
}
