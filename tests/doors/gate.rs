//! Gates at which a turn waits until its test lets it pass.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

static GATES: Mutex<BTreeMap<String, Arc<Inner>>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A gate of one test. Its name goes into a message; the turn then waits in [`pass`].
pub(crate) struct Gate {
    pub(crate) name: String,
    inner: Arc<Inner>,
}

struct Inner {
    arrived: Semaphore,
    open: Semaphore,
}

impl Gate {
    pub(crate) fn new() -> Self {
        let name = format!("gate {}", NEXT.fetch_add(1, Ordering::Relaxed));
        let inner = Arc::new(Inner {
            arrived: Semaphore::new(0),
            open: Semaphore::new(0),
        });
        gates().insert(name.clone(), Arc::clone(&inner));
        Self { name, inner }
    }

    /// Waits until one more turn stands at the gate.
    pub(crate) async fn arrived(&self) {
        let arrived = self.inner.arrived.acquire().await;
        arrived.expect("gates are never closed").forget();
    }

    /// Lets so many turns pass.
    pub(crate) fn open(&self, number: usize) {
        self.inner.open.add_permits(number);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        gates().remove(&self.name);
    }
}

/// Stands at a gate until its test opens it.
pub(crate) async fn pass(name: &str) {
    let gate = gates().get(name).cloned();
    let Some(gate) = gate else { return };
    gate.arrived.add_permits(1);
    let open = gate.open.acquire().await;
    open.expect("gates are never closed").forget();
}

fn gates() -> std::sync::MutexGuard<'static, BTreeMap<String, Arc<Inner>>> {
    GATES.lock().unwrap_or_else(PoisonError::into_inner)
}
