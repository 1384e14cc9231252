//! The ways in which the hotel is run: what is between its capabilities.

mod alone;
mod door;
pub(crate) mod grpc;
pub(crate) mod http;
mod plain;
pub(crate) mod skeps;

pub(crate) use alone::Alone;
pub(crate) use door::{Front, open};
pub(crate) use plain::House;
