//! From the outbox to the receivers: each lane in order, lanes beside each other, failures with backoff, and at last the dead
//! letters.
//!
//! A lane is what one actor sent to one receiver. Its rows lie together in the store, and the store is the backlog: the
//! relay holds one page of a lane in memory, however long it is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Semaphore, oneshot};

use super::dead_letters::{self, Address};
use super::post_office::Receivers;
use crate::actor::draft::Row;
use crate::actor::layout;
use crate::actor::outgoing::{LetterBody, LetterKind};
use crate::actor::services::Services;
use crate::engine::parcel::{Landing, Parcel, Receiver, Undelivered, What};
use crate::engine::restarts::backoff;
use crate::store::{Batch, CommitFailure};

/// Rows of one lane that are read and delivered before they are deleted together.
const PAGE: usize = 64;
/// Lanes of one capability that are delivered at a time.
const LANES_AT_A_TIME: usize = 64;

/// How often and how soon a delivery is tried again.
#[derive(Debug, Clone)]
pub(crate) struct DeliveryPolicy {
    /// Tries before a letter is dead.
    pub(crate) attempts: u32,
    pub(crate) backoff_min: Duration,
    pub(crate) backoff_max: Duration,
}

/// Delivers what one capability lets out.
pub(crate) struct Relay {
    services: Arc<Services>,
    receivers: Arc<Receivers>,
    policy: DeliveryPolicy,
    /// The lanes that are being delivered; true when more was committed meanwhile.
    lanes: Mutex<BTreeMap<LaneName, bool>>,
    slots: Semaphore,
}

type LaneName = (Arc<str>, Arc<str>);

/// Why a lane is left alone.
enum LaneEnd {
    /// The store failed, or the runtime ends: what waits stays in the store.
    Closed,
}

impl Relay {
    pub(crate) fn new(
        services: Arc<Services>,
        receivers: Arc<Receivers>,
        policy: DeliveryPolicy,
    ) -> Arc<Self> {
        Arc::new(Self {
            services,
            receivers,
            policy,
            lanes: Mutex::default(),
            slots: Semaphore::new(LANES_AT_A_TIME),
        })
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.lanes.lock().is_empty()
    }

    /// There is something in this lane.
    pub(crate) fn wake(self: &Arc<Self>, target: Arc<str>, lane: Arc<str>) {
        let name = (target, lane);
        let Some(receiver) = self.receivers.get(&*name.0).cloned() else {
            tracing::warn!(
                capability = self.services.capability,
                target = %name.0,
                "nobody here takes these deliveries: they wait in the outbox"
            );
            return;
        };
        let mut lanes = self.lanes.lock();
        if let Some(more) = lanes.get_mut(&name) {
            *more = true;
            return;
        }
        lanes.insert(name.clone(), false);
        drop(lanes);
        let relay = Arc::clone(self);
        self.services
            .tasks
            .spawn(async move { relay.deliver_lane(&receiver, name).await });
    }

    async fn deliver_lane(&self, receiver: &Arc<dyn Receiver>, name: LaneName) {
        let prefix = layout::outbox_lane(&name.0, &name.1);
        // Rows are deleted without waiting for it: the next page begins behind the last.
        let mut from = prefix.clone();
        loop {
            let page = self.read(&prefix, &from);
            let Some((last, _)) = page.last() else {
                let mut lanes = self.lanes.lock();
                if lanes.insert(name.clone(), false) == Some(true) {
                    continue;
                }
                lanes.remove(&name);
                return;
            };
            from = [last.as_slice(), &[0]].concat();
            if self.deliver_page(receiver, &name, page).await.is_err() {
                return;
            }
        }
    }

    fn read(&self, prefix: &[u8], from: &[u8]) -> Vec<Row> {
        let services = &self.services;
        let rows = services
            .store
            .scan(services.tree.as_str(), prefix, Some(from))
            .take(PAGE);
        rows.map_while(|row| {
            row.inspect_err(|error| {
                tracing::error!(capability = services.capability, %error, "the outbox cannot be read");
            })
            .ok()
        })
        .collect()
    }

    /// Delivers the rows one after the other, each begun when the turn before it has run; then waits for their commits.
    async fn deliver_page(
        &self,
        receiver: &Arc<dyn Receiver>,
        name: &LaneName,
        page: Vec<Row>,
    ) -> Result<(), LaneEnd> {
        let mut landings = Vec::with_capacity(page.len());
        for (key, value) in page {
            match serde_json::from_slice::<LetterBody>(&value) {
                Ok(letter) => {
                    if let Some(landing) = self.deliver(receiver, name, &key, letter).await? {
                        landings.push((key, landing));
                    }
                }
                Err(error) => {
                    let reason = format!("the outbox row is not readable: {error}");
                    tracing::error!(capability = self.services.capability, %reason, "a letter is lost to an unreadable row");
                    self.remove(vec![key]).await?;
                }
            }
        }
        let mut landed = Vec::with_capacity(landings.len());
        for (key, landing) in landings {
            // A commit that failed stops the store for good; the row is delivered again after the restart.
            landing.await.map_err(|_| LaneEnd::Closed)?;
            landed.push(key);
        }
        self.remove(landed).await
    }

    /// Delivers one letter, however often it takes; `None` when it is dead.
    async fn deliver(
        &self,
        receiver: &Arc<dyn Receiver>,
        name: &LaneName,
        key: &[u8],
        letter: LetterBody,
    ) -> Result<Option<Landing>, LaneEnd> {
        let parcel = self.parcel(&letter);
        let mut attempt = 0;
        loop {
            let refusal = {
                let Ok(_slot) = self.slots.acquire().await else {
                    return Err(LaneEnd::Closed);
                };
                match receiver.deliver(parcel.clone()).await {
                    Ok(landing) => return Ok(Some(landing)),
                    Err(refusal) if refusal.is_stopping() => return Err(LaneEnd::Closed),
                    Err(refusal) => refusal,
                }
            };
            attempt += 1;
            if attempt >= self.policy.attempts || is_final(&letter, &refusal) {
                tracing::error!(
                    capability = self.services.capability, target = %name.0, message = letter.name, id = %letter.id,
                    attempt, reason = %refusal, "a letter is dead"
                );
                let address = Address::Letter {
                    target: name.0.to_string(),
                    lane: name.1.to_string(),
                };
                let buried =
                    dead_letters::bury(&self.services, key, address, &letter, attempt, &refusal);
                return buried.await.map(|()| None).map_err(|_| LaneEnd::Closed);
            }
            tracing::warn!(
                capability = self.services.capability, target = %name.0, message = letter.name, id = %letter.id,
                attempt, reason = %refusal, "a delivery failed and is tried again"
            );
            let jitter = self.services.random.fraction();
            let pause = backoff(
                attempt - 1,
                self.policy.backoff_min,
                self.policy.backoff_max,
                jitter,
            );
            self.services.clock.sleep(pause).await;
        }
    }

    fn parcel(&self, letter: &LetterBody) -> Parcel {
        let name = letter.name.clone();
        let what = match letter.kind {
            LetterKind::Event => What::Event {
                contract: self.services.capability.to_owned(),
                name,
            },
            LetterKind::Send => What::Message { name },
        };
        Parcel {
            what,
            key: letter.key.clone(),
            id: letter.id,
            body: Arc::from(letter.body.get()),
            consumes: None,
        }
    }

    /// Deletes delivered rows and waits until that is durable.
    async fn remove(&self, keys: Vec<Vec<u8>>) -> Result<(), LaneEnd> {
        if keys.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new(self.services.tree.clone());
        let number = keys.len() as u64;
        for key in keys {
            batch.delete(key);
        }
        commit(&self.services, batch)
            .await
            .map_err(|_| LaneEnd::Closed)?;
        self.services.backlog.fetch_sub(number, Ordering::Relaxed);
        Ok(())
    }
}

/// Whether trying again would not help: nobody understands it, or the receiver's domain has answered a message.
fn is_final(letter: &LetterBody, refusal: &Undelivered) -> bool {
    match refusal {
        Undelivered::Misfit(_) => true,
        Undelivered::Refused(_) => letter.kind == LetterKind::Send,
        Undelivered::Failed(_) => false,
    }
}

/// Commits a batch and waits until it is durable.
pub(super) async fn commit(services: &Services, batch: Batch) -> Result<(), CommitFailure> {
    let (sender, receiver) = oneshot::channel();
    let done = Box::new(move |committed| drop(sender.send(committed)));
    crate::engine::commit::enqueue(&services.committer, batch, done).await;
    receiver.await.unwrap_or(Err(CommitFailure::Stopped))
}
