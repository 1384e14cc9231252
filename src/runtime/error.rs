//! Why a runtime does not start.

use std::path::PathBuf;

use crate::config::Problems;
use crate::store;

/// Why a runtime did not start. Nothing is left running.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// The configuration has mistakes: all of them are listed.
    #[error("{0}")]
    Config(#[from] Problems),
    /// The store cannot be opened or read.
    #[error("{0}")]
    Store(#[from] store::Error),
    /// Two capabilities implement the same contract.
    #[error("two capabilities answer to the name {name}: an application hosts each contract once")]
    HostedTwice {
        /// The contract's name.
        name: &'static str,
    },
    /// A capability keeps its state in another folder: it was hosted by another node, or by the whole application.
    #[error(
        "the state of {capability} lies in `{}`, and this process would keep it in `{}`: bring it here with `store arrange`, while nobody runs", .found.display(), .own.display()
    )]
    StateElsewhere {
        /// The capability.
        capability: String,
        /// Where its state is.
        found: PathBuf,
        /// Where it would be kept.
        own: PathBuf,
    },
    /// A `store arrange` was interrupted.
    #[error("the state of {capability} is only half in `{}`: finish it with `store arrange`, while nobody runs", .own.display())]
    StateUnderWay {
        /// The capability.
        capability: String,
        /// Where its state is going.
        own: PathBuf,
    },
    /// Capabilities that could not start, each with its reason.
    #[error("{}", .reasons.join("\n"))]
    NotStarted {
        /// One line a capability.
        reasons: Vec<String>,
    },
    /// The configuration splits the application, and this was to be all of it.
    #[error(
        "the configuration splits the application into nodes ({nodes}): start all of them with `up`, or one with `node <name>`"
    )]
    Split {
        /// The nodes' names.
        nodes: String,
    },
    /// This was to be a node, and the configuration has none.
    #[error(
        "the configuration has no `[nodes]`: the application runs as a whole, with `run`; a file that splits it is given with -c"
    )]
    NotSplit,
    /// The configuration has no node of this name.
    #[error("there is no node {name:?}{hint}; the nodes are {nodes}")]
    NoSuchNode {
        /// The name that was given.
        name: String,
        /// The nodes' names.
        nodes: String,
        /// What was probably meant.
        hint: String,
    },
    /// The other processes cannot be joined.
    #[error("{reason}")]
    NotJoined {
        /// Why, and what helps.
        reason: String,
    },
    /// The nats-server does not let this process in, or does not let it do what it has to; or the two do not trust each other's
    /// certificates.
    #[error("{reason}")]
    NotLetIn {
        /// What the server says, and what helps.
        reason: String,
    },
    /// The system gives no threads.
    #[error("{reason}")]
    NoThreads {
        /// What the system said.
        reason: String,
    },
    /// The program aborts on a panic, so that one bad message would end the process (law 6).
    #[error(
        "this program is built with panic = \"abort\": a panic would end every capability; build it with panic = \"unwind\""
    )]
    PanicAborts,
}

impl RuntimeError {
    /// Why two processes of one application do not start: all reasons if both say which capabilities could not, else the first.
    #[cfg(feature = "testing")]
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::NotStarted { mut reasons }, Self::NotStarted { reasons: more }) => {
                reasons.extend(more);
                Self::NotStarted { reasons }
            }
            (first, _) => first,
        }
    }
}
