//! What one turn writes: puts and deletes on one tree, applied together or not at all.

#[cfg(any(test, feature = "sled", feature = "fjall"))]
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::error::{Error, Part};

/// The longest key, in bytes.
///
/// sled keeps up to 17 entries in a leaf and stops syncing leaves over about 131 kB (`blobs/`), so
/// that a leaf of the longest keys and chunks has to stay below that. One limit for every engine:
/// an application must not find out by changing engines.
pub const MAX_KEY_BYTES: usize = 1024;

/// The longest value, in bytes (8 MiB). Longer ones belong into several keys, or into files.
pub const MAX_VALUE_BYTES: usize = 8 * 1024 * 1024;

/// The most that one batch may hold, in bytes of keys and values (32 MiB).
pub const MAX_BATCH_BYTES: usize = 32 * 1024 * 1024;

/// The longest name of a tree, in bytes.
const MAX_TREE_NAME_BYTES: usize = 128;

/// The name of a tree: 1 to 128 bytes, no control characters. One tree a capability.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeName(Arc<str>);

impl TreeName {
    /// Checks a name. Cloning the result is cheap, so that names are checked once.
    ///
    /// # Errors
    ///
    /// [`Error::TreeName`] when it is empty, too long, holds a control character, or begins with `__`.
    pub fn new(name: &str) -> Result<Self, Error> {
        let refuse = |reason| Error::TreeName {
            name: name.to_owned(),
            reason,
        };
        if name.is_empty() {
            return Err(refuse("it is empty"));
        }
        if name.len() > MAX_TREE_NAME_BYTES {
            return Err(refuse("it has more than 128 bytes"));
        }
        if name.chars().any(char::is_control) {
            return Err(refuse("it has a control character"));
        }
        if name.starts_with("__") {
            return Err(refuse("names that begin with `__` belong to the engines"));
        }
        Ok(Self(name.into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TreeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One change of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Stores a value, replacing what was there.
    Put {
        /// At most [`MAX_KEY_BYTES`]; may be empty.
        key: Vec<u8>,
        /// At most [`MAX_VALUE_BYTES`]; may be empty.
        value: Vec<u8>,
    },
    /// Removes a key; no error when it is not there.
    Delete {
        /// The key to remove.
        key: Vec<u8>,
    },
}

/// The writes of one turn, applied atomically to one tree. Of several writes to one key the last wins.
///
/// A batch without writes is a *barrier*: it changes nothing, and its turn in the committer's queue
/// tells that every batch before it is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    tree: TreeName,
    ops: Vec<Write>,
    bytes: usize,
}

impl Batch {
    /// An empty batch for `tree`.
    #[must_use]
    pub fn new(tree: TreeName) -> Self {
        Self {
            tree,
            ops: Vec::new(),
            bytes: 0,
        }
    }

    /// Adds a put. Limits are checked when the batch is committed, not here.
    pub fn put(&mut self, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        let (key, value) = (key.into(), value.into());
        self.bytes += key.len() + value.len();
        self.ops.push(Write::Put { key, value });
    }

    /// Adds a delete.
    pub fn delete(&mut self, key: impl Into<Vec<u8>>) {
        let key = key.into();
        self.bytes += key.len();
        self.ops.push(Write::Delete { key });
    }

    /// The tree this batch belongs to.
    #[must_use]
    pub fn tree(&self) -> &TreeName {
        &self.tree
    }

    /// The writes, in the order they were added.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        &self.ops
    }

    /// Whether it is a barrier: nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ops.is_empty()
    }

    /// Bytes of all keys and values, for the bounds of queues and groups.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Holds the batch against the limits, so that an oversized one fails alone and before any write.
    ///
    /// # Errors
    ///
    /// [`Error::TooLarge`] naming the part that is too large.
    pub fn check(&self) -> Result<(), Error> {
        self.check_part(Part::Batch, self.bytes, MAX_BATCH_BYTES)?;
        for write in &self.ops {
            match write {
                Write::Put { key, value } => {
                    self.check_part(Part::Key, key.len(), MAX_KEY_BYTES)?;
                    self.check_part(Part::Value, value.len(), MAX_VALUE_BYTES)?;
                }
                Write::Delete { key } => self.check_part(Part::Key, key.len(), MAX_KEY_BYTES)?,
            }
        }
        Ok(())
    }

    fn check_part(&self, part: Part, bytes: usize, max: usize) -> Result<(), Error> {
        if bytes <= max {
            return Ok(());
        }
        Err(Error::TooLarge {
            part,
            tree: self.tree.to_string(),
            bytes,
            max,
        })
    }

    /// What remains when of several writes to one key the last wins: key to value, `None` for a delete.
    /// Engines need this: fjall gives all writes of a batch one sequence number.
    #[cfg(any(test, feature = "sled", feature = "fjall"))]
    pub(super) fn last_writes(&self) -> BTreeMap<&[u8], Option<&[u8]>> {
        let pairs = self.ops.iter().map(|write| match write {
            Write::Put { key, value } => (key.as_slice(), Some(value.as_slice())),
            Write::Delete { key } => (key.as_slice(), None),
        });
        pairs.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Batch {
        Batch::new(TreeName::new("rooms").unwrap())
    }

    #[test]
    fn the_last_write_to_a_key_wins() {
        let mut batch = batch();
        batch.put("a", "1");
        batch.delete("a");
        batch.put("b", "1");
        batch.put("b", "2");
        let writes = batch.last_writes();
        assert_eq!(writes[b"a".as_slice()], None);
        assert_eq!(writes[b"b".as_slice()], Some(b"2".as_slice()));
    }

    #[test]
    fn each_part_that_is_too_large_is_named() {
        let part_of = |batch: &Batch| match batch.check() {
            Err(Error::TooLarge { part, .. }) => Some(part),
            _ => None,
        };
        let mut key = batch();
        key.delete(vec![0; MAX_KEY_BYTES + 1]);
        assert_eq!(part_of(&key), Some(Part::Key));
        let mut value = batch();
        value.put("k", vec![0; MAX_VALUE_BYTES + 1]);
        assert_eq!(part_of(&value), Some(Part::Value));
        let mut whole = batch();
        (0..5_u8).for_each(|n| whole.put([n], vec![0; MAX_VALUE_BYTES]));
        assert_eq!(part_of(&whole), Some(Part::Batch));
        let mut fits = batch();
        fits.put(vec![0; MAX_KEY_BYTES], vec![0; MAX_VALUE_BYTES]);
        assert_eq!(part_of(&fits), None);
    }

    #[test]
    fn tree_names_are_checked() {
        for bad in ["", "__sled__default", "a\nb", &"x".repeat(129)] {
            assert!(
                matches!(TreeName::new(bad), Err(Error::TreeName { .. })),
                "{bad:?}"
            );
        }
        for good in ["rooms", "reservations/12", "größe", &"x".repeat(128)] {
            assert_eq!(TreeName::new(good).unwrap().as_str(), good);
        }
    }
}
