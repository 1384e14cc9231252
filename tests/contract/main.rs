//! The contract floor: what the macros write, what a contract says of itself, and how large a message may be.

#[cfg(feature = "runtime")]
mod capability;
mod hotel;
mod macros;
mod schema;
mod size;
