//! Counts what listeners have heard, the same way for all peers.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// What all listeners of the running round have heard.
pub static HEARD: Heard = Heard {
    count: AtomicU64::new(0),
    awaited: AtomicU64::new(u64::MAX),
    reached: Notify::const_new(),
};

/// A count that somebody waits for.
#[derive(Debug)]
pub struct Heard {
    count: AtomicU64,
    awaited: AtomicU64,
    reached: Notify,
}

impl Heard {
    /// Begins again, until so many have been heard.
    pub fn expect(&self, awaited: u64) {
        self.awaited.store(awaited, Ordering::SeqCst);
        self.count.store(0, Ordering::SeqCst);
    }

    /// Counts one.
    pub fn hear(&self) {
        let before = self.count.fetch_add(1, Ordering::SeqCst);
        if before + 1 == self.awaited.load(Ordering::SeqCst) {
            self.reached.notify_one();
        }
    }

    /// Waits until all that are expected have been heard. At most one may wait.
    pub async fn all(&self) {
        self.reached.notified().await;
    }
}
