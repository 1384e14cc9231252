//! skep.

#[cfg(feature = "runtime")]
pub mod config;
pub mod contract;
#[cfg(feature = "runtime")]
pub mod explain;
#[cfg(feature = "runtime")]
pub mod store;

pub use contract::{
    Accepts, Contract, Description, Emits, Emitted, Event, Keyed, Message, Never, Outcome, Unkeyed,
};
