//! Brings the news of commits to the relay and the timers of the capability that committed.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::RwLock;

use super::relay::Relay;
use super::timers::Timers;
use crate::actor::services::{News, Post};
use crate::engine::parcel::Receiver;

/// Who can be delivered to, by the name of the capability.
pub(crate) type Receivers = BTreeMap<String, Arc<dyn Receiver>>;

/// The relays and timers of one runtime.
#[derive(Default)]
pub(crate) struct PostOffice {
    desks: RwLock<BTreeMap<&'static str, Desk>>,
}

struct Desk {
    relay: Arc<Relay>,
    timers: Arc<Timers>,
}

impl PostOffice {
    /// From now on, what this capability commits is delivered.
    pub(crate) fn open(&self, capability: &'static str, relay: Arc<Relay>, timers: Arc<Timers>) {
        self.desks
            .write()
            .insert(capability, Desk { relay, timers });
    }

    /// The runtime stops: what is durable is not delivered any more, and waits for the next start.
    pub(crate) fn pause(&self) {
        for desk in self.desks.read().values() {
            desk.relay.pause();
            desk.timers.pause();
        }
    }

    /// Whether something is being delivered that would be lost with the process.
    pub(crate) fn is_needed(&self) -> bool {
        self.desks
            .read()
            .values()
            .any(|desk| desk.relay.is_needed())
    }

    /// Closes all desks; what waits stays in the store.
    pub(crate) fn close(&self) {
        self.desks.write().clear();
    }

    /// Whether nothing waits for delivery or is being delivered.
    pub(crate) fn is_idle(&self) -> bool {
        self.desks
            .read()
            .values()
            .all(|desk| desk.relay.is_idle() && desk.timers.is_idle())
    }
}

impl Post for PostOffice {
    fn committed(&self, capability: &'static str, news: News) {
        let desks = self.desks.read();
        let Some(desk) = desks.get(capability) else {
            return;
        };
        for posted in news.lanes {
            desk.relay.wake(posted);
        }
        if let Some(due_ms) = news.timer_due_ms {
            desk.timers.wake(due_ms);
        }
    }
}
