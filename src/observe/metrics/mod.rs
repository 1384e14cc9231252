//! The metrics of a runtime and its process, as Prometheus reads them. `docs/metrics.md` lists them all.

mod figures;
mod page;
mod process;
mod render;

pub use render::Metrics;
