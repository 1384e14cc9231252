//! Moves one capability's state from a store to another, so that a process which is killed half way can be run again.

use super::batch::{Batch, TreeName};
use super::error::Error;
use super::port::Store;

/// The tree in which a store notes what is on its way to it. No capability can have this name.
const UNDER_WAY: &str = "skep.under-way";
/// Bytes of a batch while moving.
const BATCH_BYTES: usize = 1024 * 1024;

/// Whether a move to this store was begun and not finished.
///
/// # Errors
///
/// Those of reading the store.
pub fn is_under_way(to: &dyn Store, tree: &str) -> Result<bool, Error> {
    Ok(to.get(UNDER_WAY, tree.as_bytes())?.is_some())
}

/// Moves a tree; says how many entries it has moved. Nobody else may have either store open. Killed half way, nothing is lost, and the
/// same call finishes it.
///
/// # Errors
///
/// [`Error::NotEmpty`] when the tree is in both stores and no move was begun: nothing is changed then. Those of the stores.
pub fn relocate(from: &dyn Store, to: &dyn Store, tree: &str) -> Result<u64, Error> {
    let name = TreeName::new(tree)?;
    if !is_under_way(to, tree)? {
        if to.scan(tree, &[], None).next().is_some() {
            return Err(Error::NotEmpty {
                tree: tree.to_owned(),
            });
        }
        note(to, tree, true)?;
    }
    let moved = copy(from, to, &name)?;
    clear(from, &name)?;
    note(to, tree, false)?;
    Ok(moved)
}

fn note(store: &dyn Store, tree: &str, is_under_way: bool) -> Result<(), Error> {
    let mut batch = Batch::new(TreeName::new(UNDER_WAY)?);
    if is_under_way {
        batch.put(tree.as_bytes(), Vec::new());
    } else {
        batch.delete(tree.as_bytes());
    }
    store.commit(&[batch])
}

/// Copying what was copied before changes nothing.
fn copy(from: &dyn Store, to: &dyn Store, tree: &TreeName) -> Result<u64, Error> {
    let mut number = 0;
    let mut batch = Batch::new(tree.clone());
    for entry in from.scan(tree.as_str(), &[], None) {
        let (key, value) = entry?;
        batch.put(key, value);
        number += 1;
        if batch.bytes() >= BATCH_BYTES {
            to.commit(&[std::mem::replace(&mut batch, Batch::new(tree.clone()))])?;
        }
    }
    if !batch.is_empty() {
        to.commit(&[batch])?;
    }
    Ok(number)
}

fn clear(store: &dyn Store, tree: &TreeName) -> Result<(), Error> {
    loop {
        let mut batch = Batch::new(tree.clone());
        for entry in store.scan(tree.as_str(), &[], None) {
            batch.delete(entry?.0);
            if batch.bytes() >= BATCH_BYTES {
                break;
            }
        }
        if batch.is_empty() {
            return Ok(());
        }
        store.commit(&[batch])?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    fn filled(rows: u32) -> MemoryStore {
        let store = MemoryStore::new();
        let mut batch = Batch::new(TreeName::new("desk").unwrap());
        for row in 0..rows {
            batch.put(row.to_be_bytes(), vec![7; 1000]);
        }
        store.commit(&[batch]).unwrap();
        store
    }

    fn rows(store: &MemoryStore) -> usize {
        store.scan("desk", &[], None).count()
    }

    #[test]
    fn a_tree_is_moved_and_gone_where_it_was() {
        let (from, to) = (filled(5000), MemoryStore::new());
        assert_eq!(relocate(&from, &to, "desk").unwrap(), 5000);
        assert_eq!((rows(&from), rows(&to)), (0, 5000));
        assert!(!is_under_way(&to, "desk").unwrap());
    }

    #[test]
    fn a_move_that_was_killed_anywhere_is_finished_by_the_next() {
        // Half copied; then all copied and half deleted.
        for (left, arrived) in [(5000, 100), (100, 5000)] {
            let (from, to) = (filled(left), filled(arrived));
            note(&to, "desk", true).unwrap();
            relocate(&from, &to, "desk").unwrap();
            assert_eq!((rows(&from), rows(&to)), (0, 5000));
        }
    }

    #[test]
    fn state_in_both_is_touched_in_neither() {
        let (from, to) = (filled(2), filled(3));
        let refused = relocate(&from, &to, "desk");
        assert!(
            matches!(refused, Err(Error::NotEmpty { .. })),
            "{refused:?}"
        );
        assert_eq!((rows(&from), rows(&to)), (2, 3));
    }
}
