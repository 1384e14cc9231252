//! skep: event-driven actors that start as one process and split by configuration alone.

#[allow(
    unused_extern_crates,
    reason = "generated code says `::skep`, and skep's own tests generate some"
)]
extern crate self as skep;

pub mod contract;
pub mod prelude;

#[cfg(feature = "runtime")]
pub mod config;
#[cfg(feature = "runtime")]
pub mod explain;

#[cfg(feature = "runtime")]
pub mod actor;
#[cfg(feature = "runtime")]
pub mod call;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "runtime")]
mod delivery;
#[cfg(feature = "runtime")]
mod engine;
#[cfg(feature = "runtime")]
pub mod runtime;
#[cfg(feature = "runtime")]
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "runtime")]
mod transport;

pub use contract::{
    Accepts, Contract, Description, Emits, Emitted, Event, Keyed, Message, Never, Outcome, Unkeyed,
};
pub use skep_macros::{Event, Message, contract};

#[cfg(feature = "runtime")]
pub use actor::{
    Binder, Capability, Cx, Execution, Group, Handle, HandlesAll, Kind, On, Refusal, Settings,
    StartError, Table, TableKey, TimerId, Uses,
};
#[cfg(feature = "runtime")]
pub use call::{
    AskError, CallError, Delivery, Key, KeyedRef, MessageId, Ref, TryTellError, key_text,
};
#[cfg(feature = "cli")]
pub use cli::{App, Exit, app};
#[cfg(feature = "runtime")]
pub use delivery::{DeadLetter, DeadLetterError};
#[cfg(feature = "runtime")]
pub use engine::CapabilityStats;
#[cfg(feature = "runtime")]
pub use runtime::{Builder, Events, EventsError, Health, Runtime, RuntimeError};
#[cfg(feature = "testing")]
pub use skep_macros::test;
#[cfg(feature = "runtime")]
pub use skep_macros::{TableKey, capability};
#[cfg(feature = "cli")]
pub use std::process::ExitCode;
