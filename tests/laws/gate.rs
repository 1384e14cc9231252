//! Gates at which a turn waits until its test lets it pass: how tests hold a turn open without a clock.

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

    /// Whether a turn stands at the gate that nobody has waited for yet.
    pub(crate) fn has_arrival(&self) -> bool {
        self.inner.arrived.available_permits() > 0
    }

    /// Lets one turn pass.
    pub(crate) fn open(&self) {
        self.inner.open.add_permits(1);
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
    let gate = gate.expect("the test has made this gate");
    gate.arrived.add_permits(1);
    let open = gate.open.acquire().await;
    open.expect("gates are never closed").forget();
}

/// Whether the gate would let a turn pass.
pub(crate) fn is_open(name: &str) -> bool {
    let gate = gates().get(name).cloned();
    gate.is_none_or(|gate| gate.open.available_permits() > 0)
}

fn gates() -> std::sync::MutexGuard<'static, BTreeMap<String, Arc<Inner>>> {
    GATES.lock().unwrap_or_else(PoisonError::into_inner)
}

static FUSES: Mutex<BTreeMap<String, u32>> = Mutex::new(BTreeMap::new());

/// Something that goes wrong a number of times, and then no more, whatever happens to the actor meanwhile.
pub(crate) struct Fuse {
    pub(crate) name: String,
}

impl Fuse {
    pub(crate) fn new(times: u32) -> Self {
        let name = format!("fuse {}", NEXT.fetch_add(1, Ordering::Relaxed));
        fuses().insert(name.clone(), times);
        Self { name }
    }
}

impl Drop for Fuse {
    fn drop(&mut self) {
        fuses().remove(&self.name);
    }
}

/// Whether it goes wrong this time.
pub(crate) fn blows(name: &str) -> bool {
    match fuses().get_mut(name) {
        Some(times) if *times > 0 => {
            *times -= 1;
            true
        }
        _ => false,
    }
}

fn fuses() -> std::sync::MutexGuard<'static, BTreeMap<String, u32>> {
    FUSES.lock().unwrap_or_else(PoisonError::into_inner)
}
