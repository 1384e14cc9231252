//! A store with faults to order: commits that fail, panic, hang or crawl. For tests.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::batch::Batch;
use super::error::Error;
use super::port::{Entry, Scan, Stats, Store};

/// What a commit runs into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The system reports an input/output error; nothing of the group is written.
    Io,
    /// The disk is full; nothing of the group is written.
    DiskFull,
    /// The group is written, and then its sync fails: whether it is durable, nobody knows.
    Sync,
    /// The engine panics.
    Panic,
}

/// Wraps a store. Without orders it does what the inner store does.
pub struct FaultyStore {
    inner: Arc<dyn Store>,
    orders: Mutex<Orders>,
    /// A commit entered, or the hold was released.
    change: Condvar,
}

#[derive(Default)]
struct Orders {
    /// By number of the commit, counted from 1.
    faults: BTreeMap<usize, Fault>,
    held: bool,
    delay: Duration,
    /// The size of each group, in order; one entry as soon as its commit begins.
    groups: Vec<usize>,
}

impl FaultyStore {
    /// Wraps `inner`.
    #[must_use]
    pub fn new(inner: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            orders: Mutex::default(),
            change: Condvar::new(),
        })
    }

    /// Orders a fault for the `number`th commit, counted from 1 since the store was wrapped.
    pub fn fail_commit(&self, number: usize, fault: Fault) {
        self.orders.lock().faults.insert(number, fault);
    }

    /// From now on commits hang at their beginning, until [`release`](Self::release).
    pub fn hold(&self) {
        self.orders.lock().held = true;
    }

    /// Lets held commits go on.
    pub fn release(&self) {
        self.orders.lock().held = false;
        self.change.notify_all();
    }

    /// Makes every commit take at least this long.
    pub fn slow(&self, delay: Duration) {
        self.orders.lock().delay = delay;
    }

    /// Waits until the `number`th commit, counted from 1, has begun.
    pub fn wait_for_commit(&self, number: usize) {
        let mut orders = self.orders.lock();
        while orders.groups.len() < number {
            self.change.wait(&mut orders);
        }
    }

    /// The number of batches in each group so far, barriers not counted.
    #[must_use]
    pub fn groups(&self) -> Vec<usize> {
        self.orders.lock().groups.clone()
    }

    /// Begins a commit: counts it, waits as ordered, and says what it runs into.
    fn enter(&self, group: &[Batch]) -> Option<Fault> {
        let mut orders = self.orders.lock();
        orders
            .groups
            .push(group.iter().filter(|batch| !batch.is_empty()).count());
        let number = orders.groups.len();
        self.change.notify_all();
        let delay = orders.delay;
        if !delay.is_zero() {
            self.change.wait_while_for(&mut orders, |_| true, delay);
        }
        self.change.wait_while(&mut orders, |orders| orders.held);
        orders.faults.remove(&number)
    }
}

fn system_error(kind: io::ErrorKind) -> Error {
    Error::io("write", Path::new("ordered by the test"), kind.into())
}

impl Store for FaultyStore {
    #[expect(clippy::panic, reason = "a test ordered it")]
    fn commit(&self, group: &[Batch]) -> Result<(), Error> {
        match self.enter(group) {
            None => self.inner.commit(group),
            Some(Fault::Io) => Err(system_error(io::ErrorKind::Other)),
            Some(Fault::DiskFull) => Err(system_error(io::ErrorKind::StorageFull)),
            Some(Fault::Sync) => {
                self.inner.commit(group)?;
                Err(system_error(io::ErrorKind::Other))
            }
            Some(Fault::Panic) => panic!("ordered by the test"),
        }
    }

    fn get(&self, tree: &str, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.inner.get(tree, key)
    }

    fn scan(&self, tree: &str, prefix: &[u8], from: Option<&[u8]>) -> Scan<'_> {
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

impl std::fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FaultyStore")
            .field("groups", &self.groups())
            .finish_non_exhaustive()
    }
}
