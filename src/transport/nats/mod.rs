//! Calls and events over NATS.

mod access;
mod bundles;
mod bus;
mod calls;
mod claims;
mod control;
mod headers;
mod link;
mod network;
mod replies;
pub mod server;
mod services;
mod subjects;
mod syncing;

pub(crate) use link::LinkError;
pub(crate) use network::Nats;
