//! What may be said: messages, events, contracts, their schemas. No I/O, no actor, no clock.

mod description;
mod event;
mod face;
mod message;

pub use description::{Description, EventDescription, MessageDescription};
pub use event::{Emitted, Event};
pub use face::{Accepts, Contract, Emits, Keyed, Unkeyed};
pub use message::{Body, Message, Never, Outcome};
