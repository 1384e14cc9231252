//! Calls and events over NATS.

pub mod server;
