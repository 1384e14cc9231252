//! What a runtime tells of its own work: meters, failures, spans, the store's counters.

use std::sync::Arc;

use tokio::sync::broadcast;

use super::running::Runtime;
use crate::actor::meter::MeterReading;
use crate::call::{Clock, GuardReading, Span, TraceContext, tracer::Step};
use crate::store;

impl Runtime {
    /// Its time.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        self.directory().clock()
    }

    /// What each message, event and periodic method has been doing.
    #[must_use]
    pub fn meters(&self) -> Vec<MeterReading> {
        let parts = self.all().filter_map(Self::parts);
        parts
            .flat_map(|parts| {
                let installed = parts.installed.iter().map(|installed| &installed.services);
                installed
                    .flat_map(|services| services.meters.read(services.capability))
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    /// How many calls of this process failed: capability, code of the [`CallError`](crate::CallError), number.
    #[must_use]
    pub fn call_failures(&self) -> Vec<(&'static str, &'static str, u64)> {
        let mut numbers = Vec::new();
        for parts in self.all().filter_map(Self::parts) {
            let here = parts.installed.iter().map(|installed| &installed.info);
            let known = here.chain(&parts.elsewhere);
            for route in known.filter_map(|info| parts.directory.named(&info.name)) {
                let failures = route.failures();
                numbers.extend(failures.map(|(code, number)| (route.contract, code, number)));
            }
        }
        numbers
    }

    /// What stands between the callers of this process and each capability (`breaker`, `calls_at_once`, `retries`), where something does.
    #[must_use]
    pub fn guards(&self) -> Vec<GuardReading> {
        self.directory().guards()
    }

    /// What the committer of the durable store has done; `None` when nothing here is durable.
    #[must_use]
    pub fn store_reading(&self) -> Option<store::Reading> {
        let parts = self.parts()?;
        let durable = parts.durable.as_ref()?;
        Some(durable.committer.metrics().read())
    }

    /// What the durable store says of itself, as far as it can be read; `None` when nothing here is durable. Looks at its files:
    /// not to be called on an async executor.
    #[must_use]
    pub fn store_stats(&self) -> Option<Result<store::Stats, store::Error>> {
        let parts = self.parts()?;
        let durable = parts.durable.as_ref()?;
        Some(durable.store.stats())
    }

    /// The spans of recorded traces that are remembered (`[trace] recent`), those that ended first before the others.
    #[must_use]
    pub fn spans(&self) -> Vec<Arc<Span>> {
        let recent = self
            .all()
            .map(|runtime| runtime.directory().tracer().recent());
        recent.flatten().collect()
    }

    /// Every span of a recorded trace from now on. Who is more than 4,096 spans behind misses some.
    #[must_use]
    pub fn listen_spans(&self) -> broadcast::Receiver<Arc<Span>> {
        self.directory().tracer().listen()
    }

    /// Remembers a span of somebody who asks this runtime from outside, such as a door.
    pub fn record_span(&self, span: Span) {
        self.directory().tracer().record(span);
    }

    /// The first step of a new trace that is recorded, or, with a cause, the next one of its trace.
    #[must_use]
    pub fn begin_trace(&self, cause: Option<TraceContext>) -> TraceContext {
        match cause {
            Some(cause) => Step::after(cause).context,
            None => Step::root(true).context,
        }
    }
}
