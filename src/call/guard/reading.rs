//! [`GuardReading`]: what the guard of a capability tells of itself.

/// What stands between the callers of this process and one capability, and what it has done. What is not switched on is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuardReading {
    /// The capability that is called.
    pub capability: &'static str,
    /// Its circuit breaker (`breaker`).
    pub breaker: Option<BreakerReading>,
    /// Calls that are under way (`calls_at_once`).
    pub num_under_way: Option<usize>,
    /// How often a call was made again (`retries`).
    pub num_retried: Option<u64>,
}

/// The state of a circuit breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerReading {
    /// Whether it refuses calls.
    pub is_open: bool,
    /// How many calls it has refused.
    pub num_refused: u64,
}
