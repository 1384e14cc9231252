//! skep.

#[allow(
    unused_extern_crates,
    reason = "generated code says `::skep`, and skep's own tests generate some"
)]
extern crate self as skep;

pub mod contract;
#[cfg(feature = "runtime")]
pub mod call;
#[cfg(feature = "runtime")]
pub mod store;

pub use contract::{
    Accepts, Contract, Description, Emits, Emitted, Event, Keyed, Message, Never, Outcome, Unkeyed,
};
pub use skep_macros::{Event, Message, contract};
