//! HTTP into a running colony: the application's API, and the operator's door.

mod exposure;

pub use exposure::{ExposeError, Exposed, Exposure};
