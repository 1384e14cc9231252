//! Events and durable sends between processes: streams and their consumers, what publishes to them, and what listens.

mod api;
mod consumers;
mod door;
mod envelope;
mod error;
mod ground;
mod intake;
mod lanes;
mod ledger;
mod listening;
mod owner;
mod publisher;
mod shared;
mod streams;
#[cfg(test)]
mod tests;

pub(crate) use door::Bus;
pub(crate) use error::BusError;
pub(crate) use listening::Listening;
