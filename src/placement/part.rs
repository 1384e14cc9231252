//! [`Part`]: what of a capability matters to where it may run.

use serde::Serialize;

use crate::actor::Kind;

/// A capability of the application as far as placing it goes; known without starting anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The contract's name.
    pub name: String,
    /// How many actors it has.
    pub kind: Kind,
    /// Whether its state is kept beyond the process, as configured.
    pub durable: bool,
    /// The contracts that it calls or sends to.
    pub uses: Vec<String>,
    /// The events that it listens to: the emitting contract, and the event.
    pub listens: Vec<(String, String)>,
}

impl Part {
    /// Whether several processes may host it at once: stateless ones only, of which no two differ.
    #[must_use]
    pub const fn is_replicable(&self) -> bool {
        self.why_one().is_none()
    }

    /// Why only one process may host it, in words that follow "it is"; `None` when several may.
    #[must_use]
    pub const fn why_one(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Singleton => Some("a singleton: there is exactly one in the application"),
            Kind::Keyed => Some("keyed: there is one actor for each key"),
            Kind::Stateless => None,
        }
    }
}
