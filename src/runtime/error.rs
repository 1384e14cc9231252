//! Why a runtime does not start.

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
    /// Capabilities that could not start, each with its reason.
    #[error("{}", .reasons.join("\n"))]
    NotStarted {
        /// One line a capability.
        reasons: Vec<String>,
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
