//! skep.

#[allow(
    unused_extern_crates,
    reason = "generated code says `::skep`, and skep's own tests generate some"
)]
extern crate self as skep;

pub mod contract;
#[cfg(feature = "runtime")]
pub mod actor;
#[cfg(feature = "runtime")]
pub mod call;
#[cfg(feature = "runtime")]
pub(crate) mod engine;
#[cfg(feature = "runtime")]
pub(crate) mod delivery;
#[cfg(feature = "runtime")]
pub mod store;

pub use contract::{
    Accepts, Contract, Description, Emits, Emitted, Event, Keyed, Message, Never, Outcome, Unkeyed,
};
#[cfg(feature = "runtime")]
pub use skep_macros::capability;
pub use skep_macros::{Event, Message, contract};

#[cfg(feature = "runtime")]
pub use actor::{
    Binder, Capability, Cx, Execution, Group, Handle, HandlesAll, Kind, On, Refusal, StartError, Table, TableKey,
    TimerId, Uses,
};
#[cfg(feature = "runtime")]
pub use call::{AskError, CallError, Delivery, Key, KeyedRef, MessageId, Ref, TryTellError, key_text};
