//! Sends spans to an OpenTelemetry collector: OTLP over HTTP, as protobuf.

mod encode;
mod endpoint;
mod exporter;

#[cfg(test)]
mod tests;

pub use endpoint::OtlpError;
pub use exporter::Otlp;
