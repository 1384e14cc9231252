//! [`Spans`]: sends the spans of a command's runtime to a collector, where `[trace.otlp]` names one.

use super::exit::Exit;
use crate::runtime::Runtime;

/// The way to the collector. Without one there is nothing to it.
#[derive(Debug, Default)]
pub(super) struct Spans {
    #[cfg(feature = "otlp")]
    open: parking_lot::Mutex<Option<crate::observe::otlp::Otlp>>,
}

#[cfg(feature = "otlp")]
impl Spans {
    /// How long the last spans may take to leave.
    const LAST: std::time::Duration = std::time::Duration::from_secs(5);

    /// Begins to send, or says why it cannot.
    pub(super) fn begin(
        &self,
        runtime: &Runtime,
        name: &str,
        version: &str,
    ) -> Result<(), (Exit, String)> {
        use crate::observe::otlp::{Otlp, OtlpError};
        let begun = Otlp::begin(runtime, name, version).map_err(|error| {
            let exit = match error {
                OtlpError::NoThread { .. } => Exit::Software,
                _ => Exit::Config,
            };
            (exit, error.to_string())
        })?;
        *self.open.lock() = begun;
        Ok(())
    }

    /// Sends what is left, within a bound.
    pub(super) async fn end(&self) {
        let open = self.open.lock().take();
        if let Some(open) = open {
            open.stop(Self::LAST).await;
        }
    }
}

#[cfg(not(feature = "otlp"))]
impl Spans {
    /// Refuses a setting that nothing here would follow.
    #[allow(clippy::unused_self, reason = "it has the shape of the one that sends")]
    pub(super) fn begin(
        &self,
        runtime: &Runtime,
        _name: &str,
        _version: &str,
    ) -> Result<(), (Exit, String)> {
        let trace: Result<crate::config::TraceSettings, _> = runtime.config().section("trace");
        if trace.is_ok_and(|trace| trace.otlp.is_some()) {
            let text = "trace.otlp is set, but this program was built without the feature `otlp`: it sends no traces";
            return Err((Exit::Config, text.to_owned()));
        }
        Ok(())
    }

    /// Nothing is left.
    #[allow(
        clippy::unused_self,
        clippy::unused_async,
        reason = "it has the shape of the one that sends"
    )]
    pub(super) async fn end(&self) {}
}
