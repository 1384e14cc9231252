//! Durable timers: wakes at the earliest row, and delivers what is due to the actor that set it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};

use super::dead_letters::{self, Address};
use super::relay::commit;
use super::tries::DeliveryPolicy;
use crate::actor::debts::Onward;
use crate::actor::layout;
use crate::actor::outgoing::{TimerBody, TimerKind};
use crate::actor::services::Services;
use crate::call::backoff;
use crate::call::{Key, MessageId};
use crate::engine::parcel::{Parcel, Receiver, Undelivered, What};
use crate::store::Batch;

/// Timers of one capability that fire at a time.
const AT_A_TIME: usize = 64;
/// Timers that are due and fire, wait to fire or to be tried again; the others wait in the store.
const FIRING_MAX: usize = 1024;
/// The longest sleep: wall clocks jump.
const NAP: Duration = Duration::from_secs(60);

/// The timers of one capability.
pub(crate) struct Timers {
    services: Arc<Services>,
    receiver: Arc<dyn Receiver>,
    policy: DeliveryPolicy,
    wake: Notify,
    /// Rows that are being delivered.
    firing: Mutex<BTreeSet<Vec<u8>>>,
    slots: Semaphore,
    /// Nothing more fires: the runtime stops, and what is due stays in the store.
    is_paused: AtomicBool,
}

/// A row that is due.
struct Due {
    row: Vec<u8>,
    actor: Option<Key>,
    id: MessageId,
    body: TimerBody,
}

impl Timers {
    pub(crate) fn new(
        services: Arc<Services>,
        receiver: Arc<dyn Receiver>,
        policy: DeliveryPolicy,
    ) -> Arc<Self> {
        Arc::new(Self {
            services,
            receiver,
            policy,
            wake: Notify::new(),
            firing: Mutex::default(),
            slots: Semaphore::new(AT_A_TIME),
            is_paused: AtomicBool::new(false),
        })
    }

    /// A timer was set.
    pub(crate) fn wake(&self, _due_ms: u64) {
        self.wake.notify_one();
    }

    /// Fires nothing any more.
    pub(crate) fn pause(&self) {
        self.is_paused.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.firing.lock().is_empty()
    }

    /// Fires timers until the runtime ends.
    pub(crate) async fn run(self: Arc<Self>) {
        while !self.is_paused.load(Ordering::SeqCst) {
            let (due, next_ms) = self.look();
            for due in due {
                let timers = Arc::clone(&self);
                self.services.tasks.spawn(async move {
                    timers.fire(&due).await;
                    let mut firing = timers.firing.lock();
                    firing.remove(&due.row);
                    if firing.len() + 1 == FIRING_MAX {
                        timers.wake.notify_one();
                    }
                });
            }
            let now_ms = self.services.clock.wall_ms();
            let nap = next_ms.map_or(NAP, |next| {
                Duration::from_millis(next.saturating_sub(now_ms)).min(NAP)
            });
            tokio::select! {
                () = self.services.clock.sleep(nap) => {}
                () = self.wake.notified() => {}
            }
        }
    }

    /// What is due now and not being delivered yet, and when the next timer is due.
    fn look(&self) -> (Vec<Due>, Option<u64>) {
        let services = &self.services;
        let now_ms = services.clock.wall_ms();
        let mut due = Vec::new();
        let mut firing = self.firing.lock();
        if firing.len() >= FIRING_MAX {
            return (due, None);
        }
        for row in services
            .store
            .scan(services.tree.as_str(), &[layout::TIMERS], None)
        {
            let (key, value) = match row {
                Ok(row) => row,
                Err(error) => {
                    tracing::error!(capability = services.capability, %error, "timers cannot be read");
                    break;
                }
            };
            let Some((due_ms, actor, id)) = layout::parse_timer(&key) else {
                continue;
            };
            if firing.len() == FIRING_MAX {
                return (due, None);
            }
            if due_ms > now_ms || due.len() == AT_A_TIME {
                return (due, Some(due_ms));
            }
            let Ok(body) = serde_json::from_slice(&value) else {
                tracing::error!(capability = services.capability, %id, "a timer is not readable");
                continue;
            };
            if firing.insert(key.clone()) {
                due.push(Due {
                    row: key,
                    actor,
                    id,
                    body,
                });
            }
        }
        (due, None)
    }

    async fn fire(&self, due: &Due) {
        let mut attempt = 0;
        let mut pauses = 0;
        while !self.is_paused.load(Ordering::SeqCst) {
            let refusal = match self.deliver(due).await {
                Ok(()) => return,
                Err(refusal) if refusal.is_stopping() => return,
                Err(refusal) => refusal,
            };
            // Who was not there has not failed to handle it.
            attempt += u32::from(!refusal.is_absence());
            pauses += 1;
            let services = &self.services;
            tracing::warn!(capability = services.capability, name = due.body.name, attempt, reason = %refusal, "a timer failed");
            // A periodic turn is never given up: it would never be called again.
            let is_final = matches!(refusal, Undelivered::Misfit(_) | Undelivered::Refused(_));
            if due.body.kind == TimerKind::After && (is_final || attempt >= self.policy.attempts) {
                let address = Address::Timer {
                    actor: due.actor.clone(),
                    id: due.id,
                };
                let buried = dead_letters::bury_timer(
                    services, &due.row, address, &due.body, attempt, &refusal,
                );
                if let Err(error) = buried.await {
                    tracing::error!(capability = services.capability, %error, "a dead timer cannot be kept");
                }
                return;
            }
            if due.body.kind == TimerKind::Every && is_final {
                if matches!(refusal, Undelivered::Misfit(_)) {
                    self.forget(due).await;
                }
                // Otherwise its turn has set the next call already.
                return;
            }
            let pause = backoff(
                pauses - 1,
                self.policy.backoff_min,
                self.policy.backoff_max,
                services.random.fraction(),
            );
            services.clock.sleep(pause).await;
        }
    }

    /// The method is gone from the code, and so goes its timer; set again if the method comes back.
    async fn forget(&self, due: &Due) {
        let mut batch = Batch::new(self.services.tree.clone());
        batch.delete(due.row.clone());
        batch.delete(layout::periodic(due.actor.as_ref(), &due.body.name));
        if let Err(error) = commit(&self.services, batch).await {
            tracing::error!(capability = self.services.capability, %error, "a timer cannot be deleted");
        }
    }

    async fn deliver(&self, due: &Due) -> Result<(), Undelivered> {
        let Ok(_slot) = self.slots.acquire().await else {
            return Ok(());
        };
        let name = due.body.name.clone();
        let what = match due.body.kind {
            TimerKind::After => What::Message { name },
            TimerKind::Every => What::Every { handler: name },
        };
        let parcel = Parcel {
            what,
            key: due.actor.clone(),
            id: due.id,
            trace: due.body.trace,
            body: Arc::from(due.body.body.get()),
            consumes: Some(due.row.clone()),
            onward: Onward::Unwatched,
            sent: None,
        };
        self.receiver.deliver(parcel).await?.await
    }
}
