//! The guests: what they ask, when they come, and how long they wait. The hotel is seen from outside here, as an address.

mod arrivals;
mod connection;
mod generator;
mod requests;

pub(crate) use connection::{Response, exchange};
pub(crate) use generator::{Heard, Load, generate};
pub(crate) use requests::{Request, requests};

/// Where the guests' choices come from, unless somebody says otherwise.
pub(crate) const SEED: u64 = 20_160_201;
