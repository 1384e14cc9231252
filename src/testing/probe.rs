//! [`Probe`]: waits for an event, and says what came instead if it does not come.

use std::fmt;
use std::time::Duration;

use crate::contract::Emitted;
use crate::runtime::{Events, Runtime};

/// How long a probe waits for an event. In virtual time, which is the default of tests, it costs nothing.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sees the events of one kind from the moment it is made.
pub struct Probe<E> {
    events: Events<E>,
    seen: Vec<String>,
}

impl<E: Emitted> Probe<E> {
    /// Begins to look on.
    ///
    /// # Panics
    ///
    /// When the capability that emits these events is not part of the colony.
    #[must_use]
    pub fn new(runtime: &Runtime) -> Self {
        #[allow(
            clippy::expect_used,
            reason = "a test that looks for events nobody can emit is wrong"
        )]
        let events = runtime
            .events::<E>()
            .expect("the capability that emits these events is in the colony");
        Self {
            events,
            seen: Vec::new(),
        }
    }

    /// Waits for the next event.
    ///
    /// # Panics
    ///
    /// When none comes within a minute.
    pub async fn next(&mut self) -> E {
        self.eventually(|_| true).await
    }

    /// Waits for an event that `wanted` accepts.
    ///
    /// # Panics
    ///
    /// When none comes within a minute; the message lists what came instead.
    pub async fn eventually(&mut self, mut wanted: impl FnMut(&E) -> bool) -> E {
        loop {
            match tokio::time::timeout(PATIENCE, self.events.next()).await {
                Ok(Ok(event)) => {
                    if wanted(&event) {
                        return event;
                    }
                    self.seen.push(
                        serde_json::to_string(&event).unwrap_or_else(|error| error.to_string()),
                    );
                }
                Ok(Err(error)) => self.fail(&error.to_string()),
                Err(_) => self.fail("it did not come within a minute"),
            }
        }
    }

    #[allow(clippy::panic, reason = "a test whose event does not come has failed")]
    fn fail(&self, why: &str) -> ! {
        panic!("no such {}: {why}; these came: {:#?}", E::NAME, self.seen)
    }
}

impl<E> fmt::Debug for Probe<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe")
            .field("seen", &self.seen)
            .finish_non_exhaustive()
    }
}
