//! How turns run: instances, mailboxes, inline turns, supervision, and the threads that host them.

mod at_once;
pub(crate) mod commit;
mod counters;
mod desk;
mod doors;
mod guests;
mod held;
pub(crate) mod host;
pub(crate) mod hosted;
pub(crate) mod inbox;
mod instance;
mod keyed;
mod lifecycle;
mod mailbox;
mod neighbourhood;
pub(crate) mod parcel;
pub(crate) mod ready;
mod reception;
pub(crate) mod restarts;
mod seen;
pub(crate) mod served;
pub(crate) mod spec;
mod stage;
mod turn;

pub use hosted::CapabilityStats;
