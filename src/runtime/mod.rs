//! The embedded runtime: puts engine, store, delivery and transports together, and takes them apart again.

mod assembly;
mod builder;
mod by_name;
mod capabilities;
mod cluster;
mod colony;
mod control;
mod dead_letters;
mod emission;
mod error;
mod events;
mod guards;
mod health;
mod install;
mod inventory;
mod operator;
#[cfg(feature = "gateway")]
mod probing;
mod readings;
mod role;
mod running;
mod shutdown;
mod storage;
mod subscription;
mod timers;

pub use builder::Builder;
#[cfg(feature = "testing")]
pub(crate) use builder::{FakeInstall, Lab};
pub use by_name::{NamedAsk, NamedReply};
pub use capabilities::CapabilityInfo;
pub use colony::{Hosted, Member};
#[cfg(feature = "observe")]
pub(crate) use control::Verb;
pub use emission::{EmitError, EmittedEvent, NamedEvent};
pub use error::RuntimeError;
pub use events::{Events, EventsError};
pub use health::Health;
pub use inventory::{Inventory, Shelf};
pub use running::Runtime;
pub use subscription::{
    LogItem, Logged, Since, Subscribe, SubscribeError, Subscription, SubscriptionEnd,
};
pub use timers::{SetTimer, TimersError};
