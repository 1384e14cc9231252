//! The only place of the store that reads a clock: metrics, the watchdog and the header's date.
//! Nothing that is stored for an application, and no decision about its data, depends on it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A point in time for measuring how long a commit takes.
#[expect(
    clippy::disallowed_methods,
    reason = "the committer's thread is real, and so are its syncs: virtual time would measure nothing"
)]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Seconds since 1970, for the date in a new store's header; 0 when the clock is before that.
#[expect(
    clippy::disallowed_methods,
    reason = "a date for people, which nothing depends on"
)]
pub(super) fn unix_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs()
}
