//! [`Intake`]: brings one letter that came in to its receiver – tried again if it fails, buried among the receiver's dead letters
//! at last – and acknowledges it when that is durable.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_nats::{HeaderMap, Subject};
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::consumers::Durable;
use super::envelope::Incoming;
use super::ground::Ground;
use super::ledger::{Ledger, Mark};
use crate::actor::services::Services;
use crate::delivery::{DeliveryPolicy, Tries, Verdict, bury_incoming};
use crate::engine::parcel::{Landing, Receiver, Undelivered};
use crate::transport::nats::link::is_unheard;

/// Letters from one stream that are delivered to one listener at a time.
pub(super) const AT_A_TIME: usize = 64;
/// How often an acknowledgement is said until it is left to the server to ask again.
const ACKS: usize = 3;

const ACK: &[u8] = b"+ACK";
const NAK: &[u8] = b"-NAK";
const IN_PROGRESS: &[u8] = b"+WPI";

/// A letter that came in.
#[derive(Debug)]
pub(super) struct Item {
    /// Which thing of the stream it is.
    pub(super) mark: Mark,
    pub(super) letter: Incoming,
}

/// What takes in letters from one consumer.
pub(super) struct Intake {
    pub(super) ground: Arc<Ground>,
    pub(super) durable: Durable,
    pub(super) services: Arc<Services>,
    pub(super) receiver: Arc<dyn Receiver>,
    pub(super) policy: DeliveryPolicy,
    pub(super) ledger: Mutex<Ledger>,
    pub(super) slots: Arc<Semaphore>,
    /// Nothing more is begun.
    pub(super) paused: CancellationToken,
    /// Everything ends where it is.
    pub(super) ended: CancellationToken,
    pub(super) running: TaskTracker,
    /// Its consumer is open: before that, what the server says of it means nothing.
    pub(super) is_open: AtomicBool,
    /// Letters that could not be read.
    pub(super) num_unreadable: AtomicU64,
}

/// How a delivery went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivered {
    /// Its turn has run, or it is buried: the next of its lane may be delivered.
    Over,
    /// It was not delivered, and nothing after it will be: the receiver or the listening ends.
    Left,
}

impl Intake {
    pub(super) fn capability(&self) -> &'static str {
        self.services.capability
    }

    /// Whether all that was published for it is delivered and acknowledged.
    pub(super) async fn is_idle(&self) -> bool {
        if !self.is_open.load(Ordering::SeqCst) {
            // What nobody has let out yet has no stream. Of any other nothing is known before this listens: what a process that
            // died had may still wait there.
            return self.ground.lacks(&self.durable.stream).await;
        }
        let is_done = matches!(self.durable.is_done().await, Ok(true));
        is_done && self.is_open.load(Ordering::SeqCst)
    }

    /// Runs a task that ends with the listening, and that a pause waits for.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.spawn_beside(self.running.track_future(task));
    }

    /// Runs a task that ends with the listening.
    pub(super) fn spawn_beside(&self, task: impl Future<Output = ()> + Send + 'static) {
        let ended = self.ended.clone();
        self.services.tasks.spawn(async move {
            tokio::select! {
                () = task => {}
                () = ended.cancelled() => {}
            }
        });
    }

    /// Delivers one letter, however often it takes.
    pub(super) async fn deliver(self: &Arc<Self>, item: &Item) -> Delivered {
        let letter = &item.letter;
        let mut tries = Tries::default();
        loop {
            let refusal = match self.attempt(letter).await {
                Some(Ok(landing)) => {
                    self.await_landing(item.mark, landing);
                    return Delivered::Over;
                }
                Some(Err(refusal)) if !refusal.is_stopping() => refusal,
                _ => return Delivered::Left,
            };
            let jitter = self.ground.random().fraction();
            let verdict = tries.failed(&self.policy, letter.letter_kind(), &refusal, jitter);
            let attempt = tries.attempts();
            let Verdict::Again(pause) = verdict else {
                return self.bury(item, attempt, &refusal).await;
            };
            tracing::warn!(
                capability = self.capability(), from = letter.lane.0, message = letter.name(), id = %letter.parcel.id,
                attempt, reason = %refusal, "a delivery failed and is tried again"
            );
            tokio::select! {
                () = self.ground.clock().sleep(pause) => {}
                () = self.paused.cancelled() => return Delivered::Left,
            }
        }
    }

    /// Tries once; `None` when nothing is begun any more.
    async fn attempt(&self, letter: &Incoming) -> Option<Result<Landing, Undelivered>> {
        if let Some(fault) = &letter.fault {
            return Some(Err(Undelivered::Misfit(fault.clone())));
        }
        let _slot = tokio::select! {
            biased;
            () = self.paused.cancelled() => return None,
            slot = self.slots.acquire() => slot.ok()?,
        };
        Some(self.receiver.deliver(letter.parcel.clone()).await)
    }

    /// Acknowledges the letter when its turn is durable, beside whatever else is done.
    fn await_landing(self: &Arc<Self>, mark: Mark, landing: Landing) {
        let intake = Arc::clone(self);
        self.spawn(async move {
            // A commit that failed stops the store for good; the letter comes again after the restart.
            if landing.await.is_ok() {
                intake.acknowledge(mark).await;
            }
        });
    }

    async fn bury(&self, item: &Item, attempts: u32, refusal: &Undelivered) -> Delivered {
        let letter = &item.letter;
        let (from, lane) = &letter.lane;
        if letter.fault.is_some() {
            self.num_unreadable.fetch_add(1, Ordering::Relaxed);
        }
        tracing::error!(
            capability = self.capability(), from, message = letter.name(), id = %letter.parcel.id,
            attempt = attempts, reason = %refusal, "a letter is dead"
        );
        let lane = format!("{from}/{lane}");
        let buried = bury_incoming(&self.services, lane, letter.to_letter(), attempts, refusal);
        match buried.await {
            Ok(()) => {
                self.acknowledge(item.mark).await;
                Delivered::Over
            }
            Err(error) => {
                tracing::error!(capability = self.capability(), %error, "a dead letter cannot be kept");
                Delivered::Left
            }
        }
    }

    /// Tells the server that it is done, until the server knows or is not there. If it never hears of it, the letter comes again
    /// and is known here.
    async fn acknowledge(&self, mark: Mark) {
        let ack = self.ledger.lock().done(mark);
        if let Some(ack) = ack {
            self.confirm(&ack).await;
        }
    }

    /// Acknowledges again what is done already.
    pub(super) fn acknowledge_again(self: &Arc<Self>, ack: Subject) {
        let intake = Arc::clone(self);
        self.spawn(async move { intake.confirm(&ack).await });
    }

    async fn confirm(&self, ack: &Subject) {
        for _ in 0..ACKS {
            let confirming = async {
                let link = self.ground.link();
                let sent = link.send(ack.to_string(), HeaderMap::new(), Bytes::from_static(ACK));
                let mut awaited = sent.await.ok()?;
                awaited.answer().await
            };
            tokio::select! {
                // Without that consumer there is nobody to tell.
                confirmed = confirming => return drop(confirmed.filter(is_unheard)),
                () = self.ground.pause_or_reconnect(self.ground.ack_wait / 3) => {}
            }
        }
    }

    /// Says something of a letter, without hearing whether it arrived.
    async fn say(&self, ack: Subject, word: &'static [u8]) {
        let client = self.ground.link().client();
        // A closed connection has nobody left who could be told.
        let _ = client.publish(ack, Bytes::from_static(word)).await;
    }

    /// Acknowledges what need not be done.
    pub(super) async fn pass_over(&self, ack: Subject) {
        self.say(ack, ACK).await;
    }

    /// Gives a letter back that was not begun.
    pub(super) async fn give_back(&self, item: &Item) {
        let ack = self.ledger.lock().done(item.mark);
        if let Some(ack) = ack {
            self.say(ack, NAK).await;
        }
    }

    /// Tells the server again and again that what is held is not forgotten.
    pub(super) async fn keep_held(self: Arc<Self>) {
        loop {
            self.ground.clock().sleep(self.ground.ack_wait / 3).await;
            let held = self.ledger.lock().held();
            if !self.ground.link().state().borrow().is_connected {
                continue;
            }
            for ack in held {
                self.say(ack, IN_PROGRESS).await;
            }
        }
    }
}
