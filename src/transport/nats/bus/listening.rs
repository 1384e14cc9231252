//! [`Listening`]: one capability of this process that hears what other processes let out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::consumers::Durable;
use super::ground::Ground;
use super::intake::{AT_A_TIME, Intake};
use super::{owner, shared};
use crate::actor::Group;
use crate::transport::network::Listener;

/// After this long without its process, what an instance hears for itself is kept no more.
const INSTANCE_GOES_AFTER: Duration = Duration::from_secs(300);

/// A capability that listens. Dropped, it ends where it is; what it has not acknowledged comes again.
pub(crate) struct Listening {
    ground: Arc<Ground>,
    intakes: Vec<Arc<Intake>>,
    paused: CancellationToken,
    running: TaskTracker,
    _ended: DropGuard,
}

impl Listening {
    pub(super) fn begin(ground: &Arc<Ground>, listener: &Listener) -> Self {
        let ended = CancellationToken::new();
        let paused = CancellationToken::new();
        let running = TaskTracker::new();
        let intake = |(capability, durable): (String, Durable)| {
            let intake = Arc::new(Intake {
                ground: Arc::clone(ground),
                durable,
                services: Arc::clone(&listener.services),
                receiver: Arc::clone(&listener.receiver),
                policy: listener.policy.clone(),
                ledger: parking_lot::Mutex::default(),
                slots: Arc::new(Semaphore::new(AT_A_TIME)),
                paused: paused.clone(),
                ended: ended.clone(),
                running: running.clone(),
                is_open: false.into(),
                num_unreadable: 0.into(),
            });
            begin(&intake, capability, listener.shared_as.is_some());
            intake
        };
        let intakes = listener.durables(ground).into_iter().map(intake).collect();
        running.close();
        Self {
            ground: Arc::clone(ground),
            intakes,
            paused,
            running,
            _ended: ended.drop_guard(),
        }
    }

    pub(super) fn intakes(&self) -> impl Iterator<Item = &Arc<Intake>> {
        self.intakes.iter()
    }

    /// Letters that could not be read; they are among the dead letters.
    #[cfg(test)]
    pub(crate) fn num_unreadable(&self) -> u64 {
        let counted = self.intakes.iter();
        counted
            .map(|intake| {
                intake
                    .num_unreadable
                    .load(std::sync::atomic::Ordering::Relaxed)
            })
            .sum()
    }

    /// Begins nothing any more, and ends when what was begun is durable and acknowledged, and what was not is given back.
    ///
    /// # Cancel safety
    ///
    /// Nothing is begun from the first poll on; called again, it goes on waiting.
    pub(crate) async fn pause(&self) {
        self.paused.cancel();
        self.running.wait().await;
        // What was said last is said. A server that is away does not hear it, and asks again.
        let _ = self.ground.link().fence().await;
    }
}

/// Listens with one consumer, as soon as its stream is there.
fn begin(intake: &Arc<Intake>, capability: String, is_shared: bool) {
    intake.spawn_beside(Arc::clone(intake).keep_held());
    let taking = Arc::clone(intake);
    intake.spawn(async move {
        let kind = taking.durable.kind;
        tokio::select! {
            () = taking.ground.ensured(kind, &capability) => {}
            () = taking.paused.cancelled() => return,
        }
        if is_shared {
            shared::listen(taking).await;
        } else {
            owner::listen(taking).await;
        }
    });
}

impl Listener {
    /// Its events by contract: of those that each process hears for itself, or of the others.
    fn events(&self, are_for_each: bool) -> BTreeMap<&str, BTreeSet<String>> {
        let mut events: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (contract, event, group) in &self.events {
            let is_for_each = self.shared_as.is_some() && *group == Group::Broadcast;
            if is_for_each == are_for_each {
                events.entry(contract).or_default().insert(event.clone());
            }
        }
        events
    }

    /// The consumers with which this process hears for itself, each with the capability whose stream it reads.
    pub(super) fn for_each(&self, ground: &Ground) -> Vec<(String, Durable)> {
        let own = self.services.capability;
        let instance = self.shared_as.as_deref().unwrap_or_default();
        let events = self.events(true).into_iter();
        let durables = events.map(|(contract, events)| {
            let mut durable = ground.listener(contract, &events, format!("{own}__{instance}"));
            durable.goes_after = Some(INSTANCE_GOES_AFTER);
            (contract.to_owned(), durable)
        });
        durables.collect()
    }

    /// The consumers that it needs, each with the capability whose stream it reads.
    fn durables(&self, ground: &Ground) -> Vec<(String, Durable)> {
        let own = self.services.capability;
        let mut durables = vec![(own.to_owned(), ground.receiver_of_sends(own))];
        for (contract, events) in self.events(false) {
            durables.push((
                contract.to_owned(),
                ground.listener(contract, &events, own.to_owned()),
            ));
        }
        durables.extend(self.for_each(ground));
        durables
    }
}
