//! HTTP into a running colony: the application's API, and the operator's door.
//!
//! [`Doors::open`] opens both for a [`Runtime`](crate::Runtime), as `[gateway]` and `[admin]` of its configuration say.

mod admin;
mod api;
mod bodies;
mod call;
#[cfg(feature = "cli")]
mod conformance;
mod cors;
mod doors;
mod emit;
mod error;
mod exposure;
mod health;
mod limits;
mod listen;
mod openapi;
mod page;
mod path;
mod problem;
mod reading;
mod receive;
mod schema;
mod server;
mod streams;
mod timestamp;
mod visit;

#[cfg(feature = "cli")]
pub(crate) use admin::Token;
#[cfg(feature = "cli")]
pub(crate) use conformance::{Conformance, Trial};
#[cfg(feature = "cli")]
pub(crate) use doors::PrivateDoor;
pub use doors::{Doors, DoorsOptions};
pub use error::DoorError;
pub use exposure::{ExposeError, Exposed, Exposure};
pub use openapi::{Document, document};
pub use schema::closed;
