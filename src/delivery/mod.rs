//! What survives: the relay from outboxes to receivers, event logs, timers, dead letters, and the forgetting of old inbox
//! records.

mod dead_letters;
mod emit;
mod event_log;
mod flying;
mod inbox_sweep;
mod post_office;
mod relay;
mod survey;
mod timers;
mod tries;

pub(crate) use dead_letters::DeadLetters;
#[cfg(feature = "nats")]
pub(crate) use dead_letters::bury_incoming;
pub use dead_letters::{DeadLetter, DeadLetterError};
pub(crate) use emit::{Emission, EmitRefusal, emit};
pub(crate) use event_log::{Filter, Found, LogReader, ReadEnd, Start, forget_events};
pub(crate) use inbox_sweep::sweep_inbox;
pub(crate) use post_office::{PostOffice, Receivers};
pub(crate) use relay::Relay;
pub(crate) use survey::{Survey, survey};
pub(crate) use timers::Timers;
pub(crate) use tries::{DeliveryPolicy, Policies};
#[cfg(feature = "nats")]
pub(crate) use tries::{Tries, Verdict};
