//! Event-driven actors that start as one process and split by configuration alone.
//!
//! Business capabilities are actors behind message contracts. A capability has exclusive state, handles one turn at a time,
//! and may be durable: then a reply means that the turn is on disk. Callers hold references typed by the *contract*, so
//! that nothing changes for them when a capability restarts, waits in another placement or, one day, runs elsewhere.
//!
//! * **The smallest whole application** is `actors/greeting` in the repository; its README's first page shows a durable
//!   capability.
//! * **Write**: [`Message`], [`Event`], [`contract!`], [`capability`], [`Cx`], [`Table`].
//! * **Call**: [`Ref::ask`], [`Ref::tell`], [`Ref::key`]; what can go wrong is [`AskError`] and [`CallError`].
//! * **Run**: [`Runtime`] inside your own program, or [`app`] as a program of its own, with HTTP and a command line.
//! * **Open to the world**: [`gateway::Doors`] is the HTTP of a runtime: the application's API, and the operator's door.
//! * **Look on**: [`Runtime::subscribe`] and [`Runtime::events`] for events; [`observe`] for logs, metrics and traces.
//! * **Test**: `skep::testing`, with feature `testing`.
//!
//! The guide in `docs/guide` of the repository teaches all of it by doing.
//!
//! # Limits
//!
//! One process: there is no transport to other processes yet. Messages, replies and events are JSON wherever they are
//! encoded, at most `message_size` (default 1 MiB) each. A durable turn may write 32 MiB. Handlers of capabilities that
//! are not `execution = "blocking"` must not block their thread.
//!
//! # Features
//!
//! | feature | brings | needs |
//! |---|---|---|
//! | none | [`mod@contract`] and [`prelude`]: what a package of contracts links | |
//! | `runtime` | the platform in memory: [`actor`], [`call`], [`config`], [`explain`], [`placement`], [`runtime`], [`store`] | |
//! | `sled`, `fjall` | the engines of durable capabilities | `runtime` |
//! | `observe` | logs, metrics and traces: [`observe`] | `runtime` |
//! | `otlp` | traces sent to an OpenTelemetry collector: `observe::otlp` | `observe` |
//! | `gateway` | HTTP: [`gateway`] | `observe` |
//! | `cli` | the command line of applications, and the program `skep`: [`cli`] | `gateway` |
//! | `testing` | the test kit: `testing` | `runtime` |
//!
//! `default` has all but `testing`.

#![cfg_attr(
    not(feature = "nats"),
    allow(
        dead_code,
        reason = "what a network needs of the other floors is dead where none is built in; builds with it look for dead code"
    )
)]

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
#[cfg(feature = "gateway")]
pub mod gateway;
#[cfg(feature = "observe")]
pub mod observe;
#[cfg(feature = "runtime")]
pub mod placement;
#[cfg(feature = "runtime")]
pub mod runtime;
#[cfg(feature = "runtime")]
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(feature = "runtime")]
pub mod transport;

pub use contract::{
    Accepts, Contract, Description, Emits, Emitted, Event, Keyed, Message, Never, Outcome, Unkeyed,
};
pub use skep_macros::{Event, Message, contract};

#[cfg(feature = "runtime")]
pub use actor::{
    Binder, Capability, Cx, Execution, Group, Handle, HandlesAll, HistogramReading, Kind,
    MeterReading, On, Refusal, Settings, StartError, Table, TableKey, TimerId, Uses,
};
#[cfg(feature = "runtime")]
pub use call::{
    AskError, BreakerReading, CallError, Delivery, GuardReading, Key, KeyedRef, MessageId, Ref,
    Span, SpanId, SpanKind, TraceContext, TraceId, TryTellError, TurnOutcome, key_text,
};
#[cfg(feature = "cli")]
pub use cli::{App, Exit, app};
#[cfg(feature = "runtime")]
pub use delivery::{DeadLetter, DeadLetterError};
#[cfg(feature = "runtime")]
pub use engine::CapabilityStats;
#[cfg(feature = "runtime")]
pub use runtime::{
    Builder, CapabilityInfo, EmitError, EmittedEvent, Events, EventsError, Health, LogItem, Logged,
    NamedAsk, NamedEvent, NamedReply, Runtime, RuntimeError, SetTimer, Since, Subscribe,
    SubscribeError, Subscription, SubscriptionEnd, TimersError,
};
#[cfg(feature = "testing")]
pub use skep_macros::test;
#[cfg(feature = "runtime")]
pub use skep_macros::{TableKey, capability};
#[cfg(feature = "cli")]
pub use std::process::ExitCode;

/// The examples of the README, compiled.
#[cfg(all(doctest, feature = "runtime"))]
#[doc = include_str!("../README.md")]
struct Readme;
