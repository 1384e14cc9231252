//! [`Table`]: ordered rows that commit with the turn.

use std::collections::VecDeque;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::draft::{Draft, Row, Sheet, storage};
use super::table_key::TableKey;
use super::{abort, layout};
use crate::store::MAX_KEY_BYTES;

/// How many rows an iterator reads at a time.
const PAGE: usize = 128;

/// Ordered rows of one actor, kept in its capability's store: rows written in a turn commit with the turn, or not at all.
///
/// A turn reads its own writes. Values are stored as JSON, so that fields may be added with `#[serde(default)]`.
/// Made with [`Cx::table`](super::Cx::table), usually in `#[start]`. Rows of a capability that is not durable live as long as the process.
///
/// A store that cannot be read, or a row that does not fit its type, ends the turn: it is rolled back and its caller
/// told with [`CallError::Storage`](crate::CallError::Storage).
pub struct Table<K, V> {
    sheet: Sheet,
    prefix: Vec<u8>,
    rows: PhantomData<fn() -> (K, V)>,
}

impl<K: TableKey, V: Serialize + DeserializeOwned> Table<K, V> {
    pub(super) fn new(draft: &Draft, name: &str) -> Self {
        let prefix = layout::table(draft.actor(), name);
        Self {
            sheet: draft.sheet().clone(),
            prefix,
            rows: PhantomData,
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<V> {
        let key = self.encode(key);
        match self.sheet.get(&key) {
            Ok(value) => value.map(|value| self.value(&value)),
            Err(error) => self.fail(&error),
        }
    }

    /// Whether there is a row with this key.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        match self.sheet.get(&self.encode(key)) {
            Ok(value) => value.is_some(),
            Err(error) => self.fail(&error),
        }
    }

    /// Writes a row, replacing what was there.
    pub fn insert(&mut self, key: &K, value: &V) {
        match serde_json::to_vec(value) {
            Ok(bytes) => self.sheet.put(self.encode(key), bytes),
            Err(error) => self.fail(&error),
        }
    }

    /// Removes a row; returns what it was.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let previous = self.get(key)?;
        self.sheet.delete(self.encode(key));
        Some(previous)
    }

    /// All rows in the order of their keys.
    #[must_use]
    pub fn iter(&self) -> Rows<'_, K, V> {
        Rows::new(self, self.prefix.clone(), self.prefix.clone(), None)
    }

    /// The rows whose keys lie in `range`, in order.
    #[must_use]
    pub fn range(&self, range: impl RangeBounds<K>) -> Rows<'_, K, V> {
        let from = match range.start_bound() {
            Bound::Included(key) => self.encode(key),
            // No key is the prefix of another, so nothing lies between a key and itself with a zero added.
            Bound::Excluded(key) => [self.encode(key), vec![0]].concat(),
            Bound::Unbounded => self.prefix.clone(),
        };
        let before = match range.end_bound() {
            Bound::Included(key) => Some([self.encode(key), vec![0]].concat()),
            Bound::Excluded(key) => Some(self.encode(key)),
            Bound::Unbounded => None,
        };
        Rows::new(self, self.prefix.clone(), from, before)
    }

    /// The rows whose keys begin with these parts: for a table keyed by `(Room, Night)`, all nights of one room.
    #[must_use]
    pub fn prefix(&self, parts: &impl TableKey) -> Rows<'_, K, V> {
        let mut prefix = self.prefix.clone();
        parts.encode(&mut prefix);
        Rows::new(self, prefix.clone(), prefix, None)
    }

    fn encode(&self, key: &K) -> Vec<u8> {
        let mut bytes = self.prefix.clone();
        key.encode(&mut bytes);
        if bytes.len() > MAX_KEY_BYTES {
            self.fail(&format_args!(
                "a table key has {} bytes encoded, at most {MAX_KEY_BYTES} are allowed",
                bytes.len()
            ));
        }
        bytes
    }

    fn value(&self, bytes: &[u8]) -> V {
        match serde_json::from_slice(bytes) {
            Ok(value) => value,
            Err(error) => self.fail(&format_args!("a row does not fit its type: {error}")),
        }
    }

    fn row(&self, (key, value): &Row) -> (K, V) {
        let mut rest = &key[self.prefix.len()..];
        match K::decode(&mut rest) {
            Some(key) if rest.is_empty() => (key, self.value(value)),
            _ => self.fail(&"a row's key does not fit its type"),
        }
    }

    fn fail(&self, error: &dyn fmt::Display) -> ! {
        abort::turn(storage(self.sheet.services().capability, error))
    }
}

impl<K, V> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}

/// The rows of a [`Table`], in the order of their keys. Reads as it advances.
pub struct Rows<'t, K, V> {
    table: &'t Table<K, V>,
    prefix: Vec<u8>,
    /// Where to go on reading; `None` at the end.
    from: Option<Vec<u8>>,
    before: Option<Vec<u8>>,
    page: VecDeque<Row>,
}

impl<'t, K: TableKey, V: Serialize + DeserializeOwned> Rows<'t, K, V> {
    fn new(
        table: &'t Table<K, V>,
        prefix: Vec<u8>,
        from: Vec<u8>,
        before: Option<Vec<u8>>,
    ) -> Self {
        Self {
            table,
            prefix,
            from: Some(from),
            before,
            page: VecDeque::new(),
        }
    }

    fn read(&mut self) {
        while self.page.is_empty() {
            let Some(from) = self.from.take() else { return };
            match self.table.sheet.page(&self.prefix, &from, PAGE) {
                Ok((rows, next)) => {
                    self.page.extend(rows);
                    self.from = next;
                }
                Err(error) => self.table.fail(&error),
            }
        }
    }
}

impl<K: TableKey, V: Serialize + DeserializeOwned> Iterator for Rows<'_, K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<Self::Item> {
        self.read();
        let row = self.page.pop_front()?;
        if self.before.as_ref().is_some_and(|before| row.0 >= *before) {
            self.page.clear();
            self.from = None;
            return None;
        }
        Some(self.table.row(&row))
    }
}

impl<K, V> fmt::Debug for Rows<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}
