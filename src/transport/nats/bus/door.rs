//! [`Bus`]: events and sends between processes, over the streams of the server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;

use super::error::BusError;
use super::ground::Ground;
use super::intake::Intake;
use super::listening::Listening;
use super::publisher::{Publisher, Towards};
use crate::actor::random::Random;
use crate::call::Clock;
use crate::engine::parcel::Receiver;
use crate::transport::nats::link::Link;
use crate::transport::network::{Listener, Wanted};

/// After this long without a word from who has it, a letter is delivered again: what a process that died had of a shared
/// capability waits so long. Who has it says so three times as often: a process may pause for 8 seconds.
const ACK_WAIT: Duration = Duration::from_secs(12);

/// What one process publishes and listens to.
pub(crate) struct Bus {
    ground: Arc<Ground>,
    flying: Arc<AtomicUsize>,
    intakes: Mutex<Vec<Weak<Intake>>>,
}

impl Bus {
    /// The bus over a connection; `replicas` is the number of copies that the server keeps of each stream, 1 to 5.
    pub(crate) fn new(link: &Link, replicas: u8, clock: Clock, random: Arc<Random>) -> Self {
        Self::with_ack_wait(link, replicas, clock, random, ACK_WAIT)
    }

    pub(super) fn with_ack_wait(
        link: &Link,
        replicas: u8,
        clock: Clock,
        random: Arc<Random>,
        ack_wait: Duration,
    ) -> Self {
        Self {
            ground: Arc::new(Ground::new(link, replicas, clock, random, ack_wait)),
            flying: Arc::default(),
            intakes: Mutex::default(),
        }
    }

    /// Makes sure of the streams of these capabilities and of the consumers of all who listen, those of this process among them
    /// that hear for themselves, however long the server is away.
    /// Nothing is published before.
    ///
    /// # Errors
    ///
    /// [`BusError`] for what does not pass by waiting.
    ///
    /// # Cancel safety
    ///
    /// What was made so far stays.
    pub(crate) async fn ensure(
        &self,
        wanted: &[Wanted],
        listeners: &[Listener],
    ) -> Result<(), BusError> {
        let for_each = listeners.iter().flat_map(|one| one.for_each(&self.ground));
        self.ground.ensure(wanted, for_each.collect()).await
    }

    #[cfg(test)]
    pub(super) fn ground(&self) -> &Ground {
        &self.ground
    }

    /// What takes the letters for [`EVENTS`](crate::actor::outgoing::EVENTS), of all capabilities: their delivery is the
    /// confirmation of the stream.
    pub(crate) fn events(&self) -> Arc<dyn Receiver> {
        self.publisher(Towards::Listeners)
    }

    /// What takes the letters for a capability that lives elsewhere.
    pub(crate) fn sends_to(&self, capability: &str) -> Arc<dyn Receiver> {
        self.publisher(Towards::Capability(capability.to_owned()))
    }

    fn publisher(&self, towards: Towards) -> Arc<dyn Receiver> {
        Arc::new(Publisher {
            ground: Arc::clone(&self.ground),
            towards,
            flying: Arc::clone(&self.flying),
        })
    }

    /// Listens for a capability of this process, until what this returns is paused or dropped. Waits for the streams on its own.
    pub(crate) fn listen(&self, listener: &Listener) -> Listening {
        let listening = Listening::begin(&self.ground, listener);
        let mut intakes = self.intakes.lock();
        intakes.retain(|intake| intake.strong_count() > 0);
        intakes.extend(listening.intakes().map(Arc::downgrade));
        listening
    }

    /// Whether everything that was published is confirmed, and everything that was published for the listeners of this process
    /// is delivered and acknowledged. Asks the server.
    pub(crate) async fn is_idle(&self) -> bool {
        if self.flying.load(Ordering::SeqCst) > 0 {
            return false;
        }
        let intakes: Vec<_> = self
            .intakes
            .lock()
            .iter()
            .filter_map(Weak::upgrade)
            .collect();
        for intake in intakes {
            if !intake.is_idle().await {
                return false;
            }
        }
        true
    }
}
