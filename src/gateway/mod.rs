//! HTTP into a running colony: the application's API, and the operator's door.

mod exposure;
mod schema;

pub use exposure::{ExposeError, Exposed, Exposure};
pub use schema::closed;
