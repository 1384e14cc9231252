//! [`ProcessId`] and [`Status`]: which process of the colony, and how it is.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::board::State;

/// The name under which the nats-server is kept; no node can have it.
pub(in crate::cli) const SERVER: &str = "nats";

/// One process: a node and the number of its replica, from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ProcessId {
    pub(super) node: String,
    pub(super) replica: u16,
}

/// How a process is, as other commands are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::cli) struct Status {
    /// The node.
    pub(in crate::cli) node: String,
    /// Which replica of it, from 1.
    pub(in crate::cli) replica: u16,
    /// The process, while there is one.
    pub(in crate::cli) pid: Option<u32>,
    /// What it is doing.
    pub(in crate::cli) state: State,
    /// Since when, in milliseconds since 1970.
    pub(in crate::cli) since_ms: u64,
    /// How often it was started again after it had ended by itself.
    pub(in crate::cli) restarts: u32,
    /// Where its API is.
    pub(in crate::cli) api: Option<String>,
    /// How it ended last.
    pub(in crate::cli) last_end: Option<String>,
}

impl ProcessId {
    pub(super) fn new(node: impl Into<String>, replica: u16) -> Self {
        Self {
            node: node.into(),
            replica,
        }
    }

    pub(super) fn server() -> Self {
        Self::new(SERVER, 1)
    }

    pub(super) fn is_server(&self) -> bool {
        self.node == SERVER
    }
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.replica {
            0 | 1 => f.write_str(&self.node),
            replica => write!(f, "{}-{replica}", self.node),
        }
    }
}
