//! [`Endpoints`]: what has come to each message of a capability from other processes, as ADR-32 wants it told.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::call::CallError;

/// The messages of a capability, each with what has come to it; in order.
#[derive(Debug)]
pub(crate) struct Endpoints(Vec<(String, Endpoint)>);

/// What has come to one message.
#[derive(Debug, Default)]
pub(crate) struct Endpoint {
    requests: AtomicU64,
    errors: AtomicU64,
    time_ns: AtomicU64,
    last_error: Mutex<String>,
}

/// What has come to one message until now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EndpointReading {
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    pub(crate) time: Duration,
    pub(crate) last_error: String,
}

impl Endpoints {
    pub(super) fn new(messages: &[String]) -> Self {
        let mut endpoints: Vec<_> = messages
            .iter()
            .map(|name| (name.clone(), Endpoint::default()))
            .collect();
        endpoints.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        Self(endpoints)
    }

    /// Where calls of this message come to; `None` for what is no message.
    pub(super) fn of(&self, message: &str) -> Option<usize> {
        let found = self
            .0
            .binary_search_by(|(name, _)| name.as_str().cmp(message));
        found.ok()
    }

    /// The endpoint that [`of`](Self::of) has found.
    pub(super) fn get(&self, index: usize) -> Option<(&str, &Endpoint)> {
        let (name, endpoint) = self.0.get(index)?;
        Some((name, endpoint))
    }

    pub(crate) fn read(&self) -> impl Iterator<Item = (&str, EndpointReading)> {
        self.0.iter().map(|(name, endpoint)| {
            let reading = EndpointReading {
                requests: endpoint.requests.load(Ordering::Relaxed),
                errors: endpoint.errors.load(Ordering::Relaxed),
                time: Duration::from_nanos(endpoint.time_ns.load(Ordering::Relaxed)),
                last_error: endpoint.last_error.lock().clone(),
            };
            (name.as_str(), reading)
        })
    }
}

impl Endpoint {
    /// Counts a call.
    pub(super) fn count(&self, took: Duration, error: Option<&CallError>) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let took = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.time_ns.fetch_add(took, Ordering::Relaxed);
        if let Some(error) = error {
            self.errors.fetch_add(1, Ordering::Relaxed);
            *self.last_error.lock() = format!("{}:{error}", error.status());
        }
    }
}
