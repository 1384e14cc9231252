//! From the outbox to the receivers: each lane in order, lanes beside each other, failures with backoff, and at last the dead
//! letters.
//!
//! A lane is what one actor sent to one receiver. Its rows lie together in the store, and the store is the backlog: the
//! relay holds one page of a lane in memory, however long it is, and the keys of up to two that have not landed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore, oneshot};

use super::dead_letters::{self, Address};
use super::flying::Flying;
use super::post_office::Receivers;
use super::tries::{DeliveryPolicy, Policies, Tries, Verdict};
use crate::actor::debts::Onward;
use crate::actor::draft::Row;
use crate::actor::layout;
use crate::actor::outgoing::{LetterBody, LetterKind};
use crate::actor::services::{Posted, Services};
use crate::engine::parcel::{Landing, Parcel, Receiver, Sent, What};
use crate::store::{Batch, CommitFailure};

/// Rows of one lane that are read at a time; when so many have not landed yet, the lane waits.
const PAGE: usize = 64;
/// Lanes to one receiver that are delivered at a time.
const LANES_AT_A_TIME: usize = 64;

/// Delivers what one capability lets out.
pub(crate) struct Relay {
    services: Arc<Services>,
    receivers: Arc<Receivers>,
    /// For what leaves the process.
    policy: DeliveryPolicy,
    policies: Arc<Policies>,
    lanes: Mutex<BTreeMap<LaneName, Lane>>,
    /// For each receiver its own: a slow one takes no turns from others.
    slots: BTreeMap<String, Semaphore>,
    /// Nothing more is begun: the runtime stops, and what waits stays in the store.
    is_paused: AtomicBool,
}

/// A lane that is being delivered.
struct Lane {
    /// Up to this row it is durable. What lies behind may be seen in the store, and may yet be lost.
    durable_to: u64,
    /// More has become durable since the lane was last read.
    has_more: bool,
    /// Wakes the lane when that is so.
    news: Arc<Notify>,
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
        policies: Arc<Policies>,
    ) -> Arc<Self> {
        let slots = receivers
            .keys()
            .map(|name| (name.clone(), Semaphore::new(LANES_AT_A_TIME)))
            .collect();
        Arc::new(Self {
            services,
            receivers,
            policy,
            policies,
            lanes: Mutex::default(),
            slots,
            is_paused: AtomicBool::new(false),
        })
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.lanes.lock().is_empty()
    }

    /// Begins no delivery any more, unless what waits would be lost with the process.
    pub(crate) fn pause(&self) {
        if self.services.remembers {
            self.is_paused.store(true, Ordering::SeqCst);
        }
    }

    /// Whether something is being delivered that would be lost with the process.
    pub(crate) fn is_needed(&self) -> bool {
        !self.services.remembers && !self.is_idle()
    }

    /// There is something in a lane.
    pub(crate) fn wake(self: &Arc<Self>, posted: Posted) {
        let name = (posted.target, posted.lane);
        let Some(receiver) = self.receivers.get(&*name.0).cloned() else {
            tracing::warn!(
                capability = self.services.capability,
                target = %name.0,
                "nobody here takes these deliveries: they wait in the outbox"
            );
            return;
        };
        let mut lanes = self.lanes.lock();
        if let Some(lane) = lanes.get_mut(&name) {
            lane.durable_to = lane.durable_to.max(posted.sequence);
            lane.has_more = true;
            lane.news.notify_one();
            return;
        }
        let lane = Lane {
            durable_to: posted.sequence,
            has_more: false,
            news: Arc::default(),
        };
        let news = Arc::clone(&lane.news);
        lanes.insert(name.clone(), lane);
        drop(lanes);
        let relay = Arc::clone(self);
        self.services
            .tasks
            .spawn(async move { drop(relay.deliver_lane(&receiver, name, &news).await) });
    }

    /// Delivers the rows one after the other, each begun when the turn before it has run, and deletes those that have landed.
    async fn deliver_lane(
        &self,
        receiver: &Arc<dyn Receiver>,
        name: LaneName,
        news: &Notify,
    ) -> Result<(), LaneEnd> {
        let prefix = layout::outbox_lane(&name.0, &name.1);
        // What was delivered is done with: going on behind it spares the store's tombstones.
        let mut from = prefix.clone();
        let mut flying = Flying::default();
        while let Some(durable_to) = self.durable_to(&name) {
            let has_room = flying.rows().len() <= PAGE;
            let page = match has_room {
                true => self.read(&prefix, &from, durable_to, flying.rows()),
                false => Vec::new(),
            };
            let landed = if let Some((last, _)) = page.last() {
                from = [last.as_slice(), &[0]].concat();
                self.deliver_page(receiver, &name, page, &mut flying)
                    .await?;
                flying.landed_by_now().map_err(|_| LaneEnd::Closed)?
            } else if has_room && self.has_more(&name) {
                // From the beginning: a replayed letter may have got its number before others that overtook it.
                from.clone_from(&prefix);
                continue;
            } else if flying.rows().is_empty() && self.ends(&name) {
                break;
            } else {
                tokio::select! {
                    landed = flying.landed() => landed.map_err(|_| LaneEnd::Closed)?,
                    () = news.notified(), if has_room => Vec::new(),
                }
            };
            self.remove(landed).await?;
        }
        Ok(())
    }

    /// Whether more has become durable since this was asked last.
    fn has_more(&self, name: &LaneName) -> bool {
        let mut lanes = self.lanes.lock();
        let lane = lanes.get_mut(name);
        lane.is_some_and(|lane| std::mem::take(&mut lane.has_more))
    }

    /// Ends the lane, unless more has become durable.
    fn ends(&self, name: &LaneName) -> bool {
        let mut lanes = self.lanes.lock();
        let ends = lanes.get(name).is_none_or(|lane| !lane.has_more);
        if ends {
            lanes.remove(name);
        }
        ends
    }

    fn durable_to(&self, name: &LaneName) -> Option<u64> {
        self.lanes.lock().get(name).map(|lane| lane.durable_to)
    }

    /// The next rows that are not flying.
    fn read(
        &self,
        prefix: &[u8],
        from: &[u8],
        durable_to: u64,
        flying: &BTreeSet<Vec<u8>>,
    ) -> Vec<Row> {
        let services = &self.services;
        let is_durable = |(key, _): &Row| {
            layout::parse_outbox(key).is_none_or(|(_, _, sequence)| sequence <= durable_to)
        };
        let rows = services
            .store
            .scan(services.tree.as_str(), prefix, Some(from));
        let read = rows.map_while(|row| {
            row.inspect_err(|error| {
                tracing::error!(capability = services.capability, %error, "the outbox cannot be read");
            })
            .ok()
        });
        let durable = read.take_while(is_durable);
        let waiting = durable.filter(|(key, _)| !flying.contains(key));
        waiting.take(PAGE).collect()
    }

    async fn deliver_page(
        &self,
        receiver: &Arc<dyn Receiver>,
        name: &LaneName,
        page: Vec<Row>,
        flying: &mut Flying,
    ) -> Result<(), LaneEnd> {
        for (key, value) in page {
            match serde_json::from_slice::<LetterBody>(&value) {
                Ok(letter) => {
                    if let Some(landing) = self.deliver(receiver, name, &key, letter).await? {
                        flying.begin(key, landing);
                    }
                }
                Err(error) => {
                    let reason = format!("the outbox row is not readable: {error}");
                    tracing::error!(capability = self.services.capability, %reason, "a letter is lost to an unreadable row");
                    self.remove(vec![key]).await?;
                }
            }
        }
        Ok(())
    }

    /// Delivers one letter, however often it takes; `None` when it is dead.
    async fn deliver(
        &self,
        receiver: &Arc<dyn Receiver>,
        name: &LaneName,
        key: &[u8],
        letter: LetterBody,
    ) -> Result<Option<Landing>, LaneEnd> {
        let parcel = self.parcel(name, key, &letter);
        let mut tries = Tries::default();
        loop {
            if self.is_paused.load(Ordering::SeqCst) {
                return Err(LaneEnd::Closed);
            }
            let refusal = {
                let slots = self.slots.get(&*name.0).ok_or(LaneEnd::Closed)?;
                let _slot = slots.acquire().await.map_err(|_| LaneEnd::Closed)?;
                match receiver.deliver(parcel.clone()).await {
                    Ok(landing) => return Ok(Some(landing)),
                    Err(refusal) if refusal.is_stopping() => return Err(LaneEnd::Closed),
                    Err(refusal) => refusal,
                }
            };
            let jitter = self.services.random.fraction();
            let policy = self.policies.get(&*name.0).unwrap_or(&self.policy);
            let verdict = tries.failed(policy, letter.kind, &refusal, jitter);
            let attempt = tries.attempts();
            let Verdict::Again(pause) = verdict else {
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
                buried.await.map_err(|_| LaneEnd::Closed)?;
                self.pay(std::iter::once(key));
                return Ok(None);
            };
            tracing::warn!(
                capability = self.services.capability, target = %name.0, message = letter.name, id = %letter.id,
                attempt, reason = %refusal, "a delivery failed and is tried again"
            );
            self.services.clock.sleep(pause).await;
        }
    }

    fn parcel(&self, lane: &LaneName, row: &[u8], letter: &LetterBody) -> Parcel {
        let name = letter.name.clone();
        let own = self.services.capability;
        let what = match letter.kind {
            LetterKind::Event => What::Event {
                contract: letter.contract.clone().unwrap_or_else(|| own.to_owned()),
                name,
            },
            LetterKind::Send => What::Message { name },
        };
        Parcel {
            what,
            key: letter.key.clone(),
            id: letter.id,
            trace: letter.trace,
            body: Arc::from(letter.body.get()),
            consumes: None,
            onward: self.onward(row),
            sent: Some(Sent {
                from: own,
                lane: Arc::clone(&lane.1),
                at_ms: letter.at_ms,
                direct: (!letter.direct.is_empty()).then(|| Arc::from(letter.direct.as_str())),
            }),
        }
    }

    /// What is to become of the turn that a row causes: a row that is durable waits for all that comes of it; a row in memory
    /// hands on who waits for it.
    fn onward(&self, row: &[u8]) -> Onward {
        if self.services.remembers {
            return Onward::Watched;
        }
        layout::parse_outbox(row).map_or(Onward::Unwatched, |(_, _, sequence)| {
            self.services.debts.onward(sequence)
        })
    }

    /// Tells who waits for rows in memory that nothing is left of them.
    fn pay<'a>(&self, rows: impl Iterator<Item = &'a [u8]>) {
        if self.services.remembers {
            return;
        }
        for (_, _, sequence) in rows.filter_map(layout::parse_outbox) {
            self.services.debts.pay(sequence);
        }
    }

    /// Deletes delivered rows and waits until that is durable.
    async fn remove(&self, keys: Vec<Vec<u8>>) -> Result<(), LaneEnd> {
        if keys.is_empty() {
            return Ok(());
        }
        let mut batch = Batch::new(self.services.tree.clone());
        let number = keys.len() as u64;
        for key in &keys {
            batch.delete(key.clone());
        }
        commit(&self.services, batch)
            .await
            .map_err(|_| LaneEnd::Closed)?;
        self.services.backlog.fetch_sub(number, Ordering::Relaxed);
        self.pay(keys.iter().map(Vec::as_slice));
        Ok(())
    }
}

/// Commits a batch and waits until it is durable.
pub(super) async fn commit(services: &Services, batch: Batch) -> Result<(), CommitFailure> {
    let (sender, receiver) = oneshot::channel();
    let done = Box::new(move |committed| drop(sender.send(committed)));
    crate::engine::commit::enqueue(&services.committer, batch, done).await;
    receiver.await.unwrap_or(Err(CommitFailure::Stopped))
}
