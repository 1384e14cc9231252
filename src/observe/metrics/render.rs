//! [`Metrics`]: the page of metrics.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::registry::Registry;

use super::figures::Figures;
use super::page::Page;
use crate::runtime::Runtime;

/// The metrics of a runtime and its process. Made once, rendered often; nothing is counted between.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
}

impl Metrics {
    /// The media type of the page.
    pub const MEDIA_TYPE: &'static str =
        "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// Of this runtime; `application` and `version` are told with `skep_build_info`.
    #[must_use]
    pub fn new(runtime: &Runtime, application: &str, version: &str) -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Readings {
            runtime: runtime.clone(),
            application: application.to_owned(),
            version: version.to_owned(),
        }));
        Self { registry }
    }

    /// The page, in the text format of OpenMetrics, which Prometheus reads. Now and then it reads the store
    /// ([`Runtime::inventory`]): not to be called on an async executor.
    #[must_use]
    pub fn text(&self) -> String {
        let mut page = String::new();
        // A text takes all that is written to it.
        let _ = text::encode(&mut page, &self.registry);
        page
    }
}

/// Reads the runtime whenever somebody looks.
#[derive(Debug)]
struct Readings {
    runtime: Runtime,
    application: String,
    version: String,
}

impl Collector for Readings {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut page = Page(encoder);
        let labels = vec![
            ("application", self.application.as_str()),
            ("version", self.version.as_str()),
            ("skep", env!("CARGO_PKG_VERSION")),
        ];
        page.gauges(
            "skep_build_info",
            "What runs here; always 1.",
            [(labels, 1.0)],
        )?;
        Figures::read(&self.runtime).write(&mut page)
    }
}
