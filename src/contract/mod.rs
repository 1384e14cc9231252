//! What may be said: messages, events, contracts, their schemas. No I/O, no actor, no clock.

mod bound;
mod compatibility;
mod description;
mod event;
#[doc(hidden)]
pub mod expansion;
mod face;
mod message;
mod schema;
mod size;

pub use description::{Description, EventDescription, MessageDescription};
pub use event::{Emitted, Event};
pub use face::{Accepts, Contract, Emits, Keyed, Unkeyed};
pub use message::{Body, Message, Never, Outcome};
pub use schema::{Digest, NoDigest};
pub use size::{SizeError, encoded_size_within};
