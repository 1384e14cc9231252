//! The one place where commands look at a clock: what they time is shown to people, and nothing depends on it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Times something that is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins.
    #[expect(
        clippy::disallowed_methods,
        reason = "a person is told how long it took; nothing depends on it"
    )]
    pub(super) fn begin() -> Self {
        Self(Instant::now())
    }

    /// How long since it began.
    pub(super) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// The wall clock, in milliseconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "`doctor` holds this very clock against the process'"
)]
pub(super) fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
