//! What a process puts between its callers and one capability, when the configuration says so: a circuit breaker, a bound on calls
//! under way, and retries. The same wherever the capability runs.

mod breaker;
mod line;
mod named;
mod passage;
mod post;
mod reading;
mod retries;

pub(crate) use breaker::BreakerRules;
pub(crate) use named::call_by_name;
pub(crate) use passage::{Failed, Passage};
pub(crate) use post::{Guard, GuardRules};
pub use reading::{BreakerReading, GuardReading};
pub(crate) use retries::RetryRules;
