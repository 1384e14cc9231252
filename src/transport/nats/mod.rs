//! Calls and events over NATS.

mod link;
mod replies;
pub mod server;
mod subjects;
