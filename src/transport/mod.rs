//! How calls cross a process boundary: frames of headers and bytes, and what carries them.

mod frame;
mod loopback;
#[cfg(feature = "nats")]
pub mod nats;

pub(crate) use loopback::Loopback;
