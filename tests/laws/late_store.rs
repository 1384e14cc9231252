//! A store whose writes can be seen at once, but are durable only when the test says so: what a `kill -9` may still take.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use skep::store::{Batch, Entry, Error, MemoryStore, Scan, Stats, Store};

/// Applies at once; syncs when let.
#[derive(Debug, Default)]
pub(crate) struct LateStore {
    inner: MemoryStore,
    orders: Mutex<Orders>,
    change: Condvar,
}

#[derive(Debug, Default)]
struct Orders {
    is_held: bool,
    /// Commits that were applied.
    num_applied: usize,
    /// Commits that may end although they are held.
    num_let: usize,
    /// Whoever scans waits until so many commits are applied.
    scan_after: usize,
}

impl LateStore {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    fn orders(&self) -> MutexGuard<'_, Orders> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn order(&self, change: impl FnOnce(&mut Orders)) {
        change(&mut self.orders());
        self.change.notify_all();
    }

    /// From now on nothing becomes durable.
    pub(crate) fn hold(&self) {
        self.order(|orders| orders.is_held = true);
    }

    /// Lets one held commit become durable.
    pub(crate) fn let_one(&self) {
        self.order(|orders| orders.num_let += 1);
    }

    /// Lets all become durable.
    pub(crate) fn release(&self) {
        self.order(|orders| orders.is_held = false);
    }

    /// Whoever scans waits until the `number`th commit, counted from 1, is applied.
    pub(crate) fn scan_after(&self, number: usize) {
        self.order(|orders| orders.scan_after = number);
    }

    /// Waits until the `number`th commit, counted from 1, is applied.
    pub(crate) fn wait_for_commit(&self, number: usize) {
        self.wait_while(|orders| orders.num_applied < number);
    }

    fn wait_while(&self, blocks: impl FnMut(&mut Orders) -> bool) {
        let passed = self.change.wait_while(self.orders(), blocks);
        drop(passed.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Store for LateStore {
    fn commit(&self, group: &[Batch]) -> Result<(), Error> {
        self.inner.commit(group)?;
        self.order(|orders| orders.num_applied += 1);
        self.wait_while(|orders| {
            let waits = orders.is_held && orders.num_let == 0;
            if orders.is_held && !waits {
                orders.num_let -= 1;
            }
            waits
        });
        Ok(())
    }

    fn get(&self, tree: &str, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.inner.get(tree, key)
    }

    fn scan(&self, tree: &str, prefix: &[u8], from: Option<&[u8]>) -> Scan<'_> {
        self.wait_while(|orders| orders.num_applied < orders.scan_after);
        self.inner.scan(tree, prefix, from)
    }

    fn last(&self, tree: &str, prefix: &[u8]) -> Result<Option<Entry>, Error> {
        self.inner.last(tree, prefix)
    }

    fn trees(&self) -> Result<Vec<String>, Error> {
        self.inner.trees()
    }

    fn stats(&self) -> Result<Stats, Error> {
        self.inner.stats()
    }

    fn engine(&self) -> &'static str {
        self.inner.engine()
    }
}
