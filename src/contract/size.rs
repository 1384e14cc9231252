//! How large a value is as JSON, answered in nanoseconds for what is small: the same limit holds in process and across
//! processes (law 1), so every call asks.
//!
//! First an upper bound is counted, without formatting anything: a number by its most digits, a string as if each byte were
//! escaped. Only when the bound is above the limit is the value encoded, into a writer that counts.

use super::bound::{Bound, Exceeded};
use serde::Serialize;
use std::fmt;
use std::io;

/// Above the limit, counting goes on up to this many times the limit, to tell the sender the size.
const COUNTED_FACTOR: usize = 4;

/// Why a value cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum SizeError {
    /// The value is larger than the limit.
    #[error("{} bytes as JSON, of at most {limit}", Told(.size, .limit))]
    Oversize {
        /// Its size in bytes; `None` when it is more than four times the limit.
        size: Option<usize>,
        /// The limit in bytes.
        limit: usize,
    },
    /// The value is no JSON: a map whose keys are not strings or numbers, or an error of its own `Serialize`.
    #[error("not encodable as JSON")]
    Encode(#[from] serde_json::Error),
}

/// Checks that a value is at most `limit` bytes as JSON. Exact: accepts precisely what fits.
///
/// ```
/// use skep::contract::{SizeError, encoded_size_within};
///
/// assert!(encoded_size_within("lisbon", 8).is_ok());
/// let error = encoded_size_within("lisbon", 7).expect_err("quotes count");
/// assert!(matches!(error, SizeError::Oversize { size: Some(8), limit: 7 }));
/// ```
///
/// # Errors
///
/// [`SizeError::Oversize`] when it is larger, [`SizeError::Encode`] when it cannot be JSON at all.
#[inline]
pub fn encoded_size_within<T: Serialize + ?Sized>(
    value: &T,
    limit: usize,
) -> Result<(), SizeError> {
    let mut bound = Bound::of(limit);
    match value.serialize(&mut bound) {
        Ok(()) => Ok(()),
        Err(Exceeded) => encode_within(value, limit),
    }
}

#[cold]
fn encode_within<T: Serialize + ?Sized>(value: &T, limit: usize) -> Result<(), SizeError> {
    let mut counter = Counter {
        counted: 0,
        limit: limit.saturating_mul(COUNTED_FACTOR),
    };
    let encoded = serde_json::to_writer(&mut counter, value);
    match encoded {
        Err(error) if error.is_io() => Err(SizeError::Oversize { size: None, limit }),
        Err(error) => Err(SizeError::Encode(error)),
        Ok(()) if counter.counted > limit => Err(SizeError::Oversize {
            size: Some(counter.counted),
            limit,
        }),
        Ok(()) => Ok(()),
    }
}

/// A size as far as it was counted.
struct Told<'a>(&'a Option<usize>, &'a usize);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(size) => size.fmt(f),
            None => write!(f, "more than {}", self.1.saturating_mul(COUNTED_FACTOR)),
        }
    }
}

/// Counts what is written, and stops at the limit.
struct Counter {
    counted: usize,
    limit: usize,
}

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.counted = self.counted.saturating_add(bytes.len());
        if self.counted > self.limit {
            Err(io::ErrorKind::FileTooLarge.into())
        } else {
            Ok(bytes.len())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
