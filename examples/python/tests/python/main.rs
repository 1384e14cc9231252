//! The Python programs against a nats-server: they answer what the Rust capability answers, and understand what it says.

#![allow(
    clippy::panic,
    reason = "a test whose helper finds something else than it expects has failed"
)]

mod asking;
mod client;
mod colony;
mod environment;
mod place;
mod recommendations;
