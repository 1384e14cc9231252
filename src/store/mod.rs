//! What is remembered: the port [`Store`], its engines, and the one thread that commits.
//!
//! Knows nothing of actors, calls or async runtimes. sled and fjall appear in no public type.

mod batch;
mod clock;
mod committer;
#[cfg(test)]
mod committer_tests;
mod compact;
#[cfg(any(test, feature = "testing"))]
pub mod conformance;
#[cfg(test)]
mod conformance_tests;
#[cfg(test)]
#[cfg(any(feature = "sled", feature = "fjall"))]
mod crash;
#[cfg(any(feature = "sled", feature = "fjall"))]
mod durable;
mod error;
#[cfg(any(test, feature = "testing"))]
pub mod fault;
#[cfg(feature = "fjall")]
mod fjall_engine;
mod group;
mod header;
#[cfg(any(test, feature = "testing"))]
mod history;
#[cfg(test)]
mod immediate_tests;
mod lock;
mod memory;
mod metrics;
mod open;
#[cfg(test)]
#[cfg(any(feature = "sled", feature = "fjall"))]
mod open_tests;
mod port;
#[cfg(any(feature = "sled", feature = "fjall"))]
mod raw;
#[cfg(any(feature = "sled", feature = "fjall"))]
mod record;
pub mod relocate;
pub mod residents;
#[cfg(feature = "sled")]
mod sled_engine;
pub mod transfer;
#[cfg(any(feature = "sled", feature = "fjall"))]
mod watermark;

pub use batch::{Batch, MAX_BATCH_BYTES, MAX_KEY_BYTES, MAX_VALUE_BYTES, TreeName, Write};
pub use committer::{Committer, Done, Full, Settings as CommitterSettings, State};
pub use compact::{Compacted, compact};
pub use error::{Error, PAGES, Part, page};
pub use group::{CommitFailure, FailStop, OnFail, Outcome};
pub use memory::MemoryStore;
pub use metrics::{Metrics, Reading};
pub use open::{Engine, FORMAT_VERSION, Identity, OpenOptions, identify, open};
pub use port::{Entry, Scan, Stats, Store};
