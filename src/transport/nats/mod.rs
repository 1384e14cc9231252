//! Calls and events over NATS.

mod bus;
mod link;
mod replies;
pub mod server;
mod subjects;
