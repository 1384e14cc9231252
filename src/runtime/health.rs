//! Whether a runtime can do its work.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

/// Whether a runtime can do its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Its capabilities are being started.
    Starting,
    /// All capabilities are ready.
    Ready,
    /// It finishes what it has accepted, and takes nothing new.
    Stopping,
    /// It has stopped.
    Stopped,
    /// It cannot go on: the store failed. No reply leaves; the process should end, and recovers when it starts again.
    Failed {
        /// What happened.
        reason: String,
    },
}

/// Keeps and tells the health of one runtime.
#[derive(Debug, Clone)]
pub(super) struct HealthBoard {
    sender: Arc<Mutex<watch::Sender<Health>>>,
    receiver: watch::Receiver<Health>,
}

impl HealthBoard {
    pub(super) fn new() -> Self {
        let (sender, receiver) = watch::channel(Health::Starting);
        Self {
            sender: Arc::new(Mutex::new(sender)),
            receiver,
        }
    }

    /// Sets it; a failure is never taken back except by the end.
    pub(super) fn set(&self, health: Health) {
        self.sender.lock().send_if_modified(|known| {
            let stays = matches!(known, Health::Failed { .. }) && health != Health::Stopped;
            if stays || *known == health {
                return false;
            }
            *known = health;
            true
        });
    }

    pub(super) fn get(&self) -> Health {
        self.receiver.borrow().clone()
    }

    /// Waits for a state that `wanted` accepts.
    pub(super) async fn wait_for(&self, mut wanted: impl FnMut(&Health) -> bool) -> Health {
        let mut receiver = self.receiver.clone();
        match receiver.wait_for(|health| wanted(health)).await {
            Ok(health) => health.clone(),
            Err(_) => Health::Stopped,
        }
    }
}
