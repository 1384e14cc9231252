//! How calls cross a process boundary: frames of headers and bytes, and what carries them.

mod frame;
mod loopback;
#[cfg(feature = "nats")]
pub mod nats;
mod network;
#[cfg(feature = "nats")]
mod packed;

#[cfg(feature = "gateway")]
pub(crate) use frame::Frame;
pub(crate) use loopback::Loopback;
pub(crate) use network::{
    Agreeing, Answering, Far, Joining, Listener, Near, Network, Presence, Refusal, Service,
    Unanswered, Wanted, Whom,
};
