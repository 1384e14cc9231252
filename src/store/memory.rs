//! The store that forgets: trees in memory, for capabilities without durability and for tests.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;

use super::batch::{Batch, Write};
use super::error::Error;
use super::port::{Entry, Scan, Stats, Store, end_of_prefix};

/// How many entries a scan copies while it holds a tree's lock.
const PAGE_ENTRIES: usize = 128;

type Tree = Arc<RwLock<BTreeMap<Vec<u8>, Vec<u8>>>>;

/// A [`Store`] in memory: commits are instant, and gone with the process.
#[derive(Debug, Default)]
pub struct MemoryStore {
    trees: RwLock<HashMap<String, Tree>>,
    commits: AtomicU64,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn tree(&self, name: &str) -> Option<Tree> {
        self.trees.read().get(name).cloned()
    }

    fn tree_or_new(&self, name: &str) -> Tree {
        if let Some(tree) = self.tree(name) {
            return tree;
        }
        Arc::clone(self.trees.write().entry(name.to_owned()).or_default())
    }

    fn apply(&self, batch: &Batch) {
        let tree = self.tree_or_new(batch.tree().as_str());
        let mut entries = tree.write();
        for write in batch.writes() {
            match write {
                Write::Put { key, value } => {
                    entries.insert(key.clone(), value.clone());
                }
                Write::Delete { key } => {
                    entries.remove(key);
                }
            }
        }
    }
}

impl Store for MemoryStore {
    fn commit(&self, group: &[Batch]) -> Result<(), Error> {
        group.iter().try_for_each(Batch::check)?;
        let mut wrote = 0;
        for batch in group.iter().filter(|batch| !batch.is_empty()) {
            self.apply(batch);
            wrote = 1;
        }
        self.commits.fetch_add(wrote, Ordering::Relaxed);
        Ok(())
    }

    fn get(&self, tree: &str, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self
            .tree(tree)
            .and_then(|tree| tree.read().get(key).cloned()))
    }

    fn scan(&self, tree: &str, prefix: &[u8], from: Option<&[u8]>) -> Scan<'_> {
        let Some(tree) = self.tree(tree) else {
            return Box::new(std::iter::empty());
        };
        let start = from.map_or(prefix, |from| from.max(prefix)).to_vec();
        let end = end_of_prefix(prefix);
        Box::new(Pages {
            tree,
            next: Some(Bound::Included(start)),
            end,
            page: Vec::new().into_iter(),
        })
    }

    fn last(&self, tree: &str, prefix: &[u8]) -> Result<Option<Entry>, Error> {
        let Some(tree) = self.tree(tree) else {
            return Ok(None);
        };
        let end = end_of_prefix(prefix);
        let upper = end.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let entries = tree.read();
        let last = entries
            .range::<[u8], _>((Bound::Included(prefix), upper))
            .next_back();
        Ok(last.map(|(key, value)| (key.clone(), value.clone())))
    }

    fn trees(&self) -> Result<Vec<String>, Error> {
        let mut names: Vec<_> = self.trees.read().keys().cloned().collect();
        names.sort();
        Ok(names)
    }

    fn stats(&self) -> Result<Stats, Error> {
        let trees: Vec<Tree> = self.trees.read().values().cloned().collect();
        let size = |tree: &Tree| -> usize {
            tree.read()
                .iter()
                .map(|(key, value)| key.len() + value.len())
                .sum()
        };
        Ok(Stats {
            engine: self.engine(),
            num_trees: trees.len(),
            size_bytes: trees.iter().map(size).sum::<usize>() as u64,
            commits: self.commits.load(Ordering::Relaxed),
        })
    }

    fn engine(&self) -> &'static str {
        "memory"
    }
}

/// A scan that copies a page at a time, so that no lock is held between two entries.
struct Pages {
    tree: Tree,
    /// Where the next page begins; `None` after the last one.
    next: Option<Bound<Vec<u8>>>,
    end: Option<Vec<u8>>,
    page: std::vec::IntoIter<Entry>,
}

impl Pages {
    fn fill(&mut self) {
        let Some(lower) = self.next.take() else {
            return;
        };
        let upper = self
            .end
            .as_deref()
            .map_or(Bound::Unbounded, Bound::Excluded);
        if is_empty_range(&lower, self.end.as_deref()) {
            return;
        }
        let entries = self.tree.read();
        let range = entries.range::<[u8], _>((lower.as_ref().map(Vec::as_slice), upper));
        let page: Vec<Entry> = range
            .take(PAGE_ENTRIES)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        if page.len() == PAGE_ENTRIES {
            self.next = page.last().map(|(key, _)| Bound::Excluded(key.clone()));
        }
        self.page = page.into_iter();
    }
}

/// `BTreeMap::range` panics on a range that ends before it begins, which a `from` past the prefix asks for.
fn is_empty_range(lower: &Bound<Vec<u8>>, end: Option<&[u8]>) -> bool {
    match (lower, end) {
        (Bound::Included(start) | Bound::Excluded(start), Some(end)) => start.as_slice() >= end,
        _ => false,
    }
}

impl Iterator for Pages {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.len() == 0 {
            self.fill();
        }
        self.page.next().map(Ok)
    }
}
