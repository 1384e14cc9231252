//! How the doors write moments.

use std::time::{SystemTime, UNIX_EPOCH};

/// A moment as RFC 3339 writes it, to the millisecond.
pub(super) fn rfc3339(at: SystemTime) -> String {
    humantime::format_rfc3339_millis(at.max(UNIX_EPOCH)).to_string()
}
