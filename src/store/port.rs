//! The port: what the rest of skep may ask of a store. Each engine passes `conformance`.

use super::batch::Batch;
use super::error::Error;

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// Entries in the order of their keys, read as the iterator advances. Ends after the first error.
pub type Scan<'a> = Box<dyn Iterator<Item = Result<Entry, Error>> + Send + 'a>;

/// A place that remembers: named trees of ordered bytes.
///
/// Writes come through one [`Committer`](super::Committer); reads may come from any thread and see
/// every batch that was applied, also one whose sync is still under way. Whoever must not speak of
/// such a batch waits for a barrier.
pub trait Store: std::fmt::Debug + Send + Sync + 'static {
    /// Applies all batches in order, each atomically, and returns when all are durable.
    /// Calls from several threads wait for each other.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] before anything is written. After any other error the batches of this
    /// group may or may not be in the store, each of them wholly or not at all.
    fn commit(&self, group: &[Batch]) -> Result<(), Error>;

    /// The value of a key; `None` when the key, or the tree, is not there.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] when the stored bytes are not those that were written.
    fn get(&self, tree: &str, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;

    /// The entries whose keys begin with `prefix`, in the order of their bytes; from the full key
    /// `from` (inclusive) on when given. Not a snapshot: batches committed meanwhile may show.
    fn scan(&self, tree: &str, prefix: &[u8], from: Option<&[u8]>) -> Scan<'_>;

    /// The last entry whose key begins with `prefix`.
    ///
    /// # Errors
    ///
    /// As [`get`](Store::get).
    fn last(&self, tree: &str, prefix: &[u8]) -> Result<Option<Entry>, Error>;

    /// The names of all trees that were ever written to, sorted.
    ///
    /// # Errors
    ///
    /// What the engine reports.
    fn trees(&self) -> Result<Vec<String>, Error>;

    /// Figures for operators.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] when the size on disk cannot be found out.
    fn stats(&self) -> Result<Stats, Error>;

    /// The engine's name: `memory`, `sled` or `fjall`.
    fn engine(&self) -> &'static str;
}

/// What a store tells about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stats {
    /// The engine's name.
    pub engine: &'static str,
    /// How many trees there are.
    pub num_trees: usize,
    /// Bytes on disk; for `memory`, bytes of keys and values.
    pub size_bytes: u64,
    /// The number of the last durable group that wrote something, counted over the store's life.
    pub commits: u64,
}

/// The smallest key after all keys that begin with `prefix`; `None` when there is none.
pub(super) fn end_of_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != 0xff)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::end_of_prefix;

    #[test]
    fn the_end_of_a_prefix_skips_trailing_ff() {
        assert_eq!(end_of_prefix(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(end_of_prefix(b"a\xff\xff"), Some(b"b".to_vec()));
        assert_eq!(end_of_prefix(b"\xff\xff"), None);
        assert_eq!(end_of_prefix(b""), None);
    }
}
