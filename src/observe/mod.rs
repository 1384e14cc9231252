//! What can be seen of a runtime from outside: its log, its metrics, its traces.

pub mod log;
pub mod metrics;
#[cfg(feature = "otlp")]
pub mod otlp;
