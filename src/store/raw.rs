//! What an engine has to offer to `durable`: plain ordered bytes, atomic writes, a sync.
//! Limits, checksums, chunks and the sequence of commits are not its business.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::Error;
use super::port::Entry;

/// One change of a stored key: its new bytes, or `None` to remove it.
pub(super) type Change = (Vec<u8>, Option<Vec<u8>>);

/// Keys from `start` (inclusive) to `end` (exclusive).
pub(super) struct Range<'a> {
    pub(super) start: &'a [u8],
    pub(super) end: &'a [u8],
}

/// Stored entries in order.
pub(super) type RawScan = Box<dyn Iterator<Item = Result<Entry, Error>> + Send>;

/// An embedded key-value engine.
pub(super) trait Raw: Send + Sync + 'static {
    /// Its name in headers and messages.
    const NAME: &'static str;
    /// Longer values are cut into chunks of this many bytes.
    const CHUNK_BYTES: usize;
    /// `sync` at the latest after this many batches.
    const MAX_UNSYNCED_BATCHES: usize;
    /// `sync` at the latest after this many bytes.
    const MAX_UNSYNCED_BYTES: usize;

    /// Applies changes to one tree at once, creating it when it is new. Each key occurs once.
    fn apply(&self, tree: &str, changes: Vec<Change>) -> Result<(), Error>;
    /// Makes everything applied so far durable.
    fn sync(&self) -> Result<(), Error>;
    /// The bytes of a key.
    fn get(&self, tree: &str, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;
    /// The entries of a range, in order.
    fn scan(&self, tree: &str, range: &Range<'_>) -> RawScan;
    /// The last entry of a range.
    fn last(&self, tree: &str, range: &Range<'_>) -> Result<Option<Entry>, Error>;
    /// All trees.
    fn trees(&self) -> Vec<String>;
    /// Bytes on disk.
    fn size_bytes(&self) -> Result<u64, Error>;
}

/// Runs `work`, turning a panic of the engine into an error: engines panic on damaged files.
pub(super) fn catch<T>(
    work: impl FnOnce() -> Result<T, Error>,
    on_panic: impl FnOnce(String) -> Error,
) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(on_panic(panic_text(panic.as_ref()))))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("it panicked: {}", text.unwrap_or("without a message"))
}
