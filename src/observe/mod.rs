//! What can be seen of a runtime from outside: its log, its metrics, its traces.
//!
//! An application made with `skep::app` has all of it. A program with a `main` of its own takes what it wants:
//! [`log::Logs`] for the log, [`metrics::Metrics`] for the metrics as text, `otlp::Otlp` to send traces to a collector; the
//! traces themselves are at [`Runtime::spans`](crate::Runtime::spans).

pub mod log;
pub mod metrics;
#[cfg(feature = "otlp")]
pub mod otlp;
