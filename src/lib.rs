//! skep.

extern crate self as skep;

pub mod contract;
#[cfg(feature = "runtime")]
pub mod call;
#[cfg(feature = "runtime")]
pub mod store;

pub use contract::{Accepts, Contract, Description, Emits, Emitted, Event, Keyed, Message, Never, Outcome, Unkeyed};
