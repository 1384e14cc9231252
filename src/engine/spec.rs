//! What all actors of one hosted capability have in common.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Weak};
use std::time::Duration;

use serde_json::Value;

use super::keyed::Keyed;
use super::ready::Home;
use crate::actor::binder::Periodic;
use crate::actor::outgoing::{TimerBody, TimerId, TimerKind};
use crate::actor::services::Services;
use crate::actor::{Capability, Cx};
use crate::call::{Clock, MessageId, Tick};

/// What all actors of one hosted capability have in common.
pub(crate) struct Spec<A: Capability> {
    /// References lead to actors, and may outlive the runtime: then neither keeps these, and with them the store.
    pub(super) services: Weak<Services>,
    pub(super) clock: Clock,
    pub(crate) policy: Policy,
    pub(crate) periodics: Vec<Periodic<A>>,
    /// The settings as data: each start reads its own.
    pub(crate) settings: Value,
    /// Where its actors may live.
    pub(super) homes: Vec<Arc<Home>>,
    /// The actors that have a key.
    pub(super) keyed: Weak<Keyed<A>>,
    pub(super) past: Past,
    /// Nanoseconds are moved right by so much to be [moments](Self::moment).
    pub(super) moment_bits: u32,
}

/// What a capability's actors have done, as far as they do not count it themselves.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// Turns that ended.
    pub(super) turns: AtomicU64,
    /// Those of them that began and ended on the caller's thread.
    pub(super) inline: AtomicU64,
    /// How often an actor was made anew after a failure.
    pub(super) restarts: AtomicU64,
}

/// The least that tells moments apart: 2^20 ns, a millisecond.
const LEAST_MOMENT_BITS: u32 = 20;
/// Of the moments that a number can tell apart, `idle_after` takes less than one of 2^8.
const IDLE_BITS: u32 = u32::BITS - 8;

/// By how much nanoseconds are moved right to be moments, where actors go after `idle_after`.
pub(super) fn moment_bits(idle_after: Duration) -> u32 {
    let nanos = u64::try_from(idle_after.as_nanos()).unwrap_or(u64::MAX);
    let bits = u64::BITS - nanos.leading_zeros();
    bits.saturating_sub(IDLE_BITS).max(LEAST_MOMENT_BITS)
}

/// How its actors are run.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    /// Messages that may wait in one mailbox.
    pub(crate) mailbox: usize,
    /// Actors of a stateless capability.
    pub(crate) instances: usize,
    /// When an idle keyed actor goes.
    pub(crate) idle_after: Duration,
    pub(crate) restart: RestartPolicy,
}

/// What happens to an actor that panics or cannot start.
#[derive(Debug, Clone)]
pub(crate) struct RestartPolicy {
    /// Restarts within `within` before it is down.
    pub(crate) budget: usize,
    pub(crate) within: Duration,
    pub(crate) backoff_min: Duration,
    pub(crate) backoff_max: Duration,
    /// How long it stays down before the next try.
    pub(crate) down_for: Duration,
}

impl<A: Capability> Spec<A> {
    /// A moment in short, for when actors were last used: to a millisecond, or to a small part of `idle_after`. Moments go round,
    /// but so slowly that each actor is looked at many times meanwhile.
    #[inline]
    pub(super) fn moment(&self, tick: Tick) -> u32 {
        let low = (tick.as_nanos() >> self.moment_bits) & u64::from(u32::MAX);
        u32::try_from(low).unwrap_or_default()
    }

    /// What the capability needs; nothing any more when its runtime has ended.
    pub(super) fn services(&self) -> Option<Arc<Services>> {
        self.services.upgrade()
    }

    /// Which home an actor with this number has.
    pub(super) fn home(&self, number: usize) -> u16 {
        u16::try_from(number % self.homes.len()).unwrap_or(0)
    }

    /// The settings of a new actor.
    pub(super) fn settings(&self) -> Result<A::Settings, String> {
        serde_json::from_value(self.settings.clone())
            .map_err(|error| format!("its settings do not fit: {error}"))
    }

    /// Sets the timers of `#[every]` methods that have none yet, or another period than the code says now.
    pub(super) fn set_periodics(&self, cx: &Cx<A>) {
        for periodic in &self.periodics {
            let marker = PeriodicMarker::read(cx, periodic.handler);
            match marker {
                Some(marker) if marker.period_ms == millis(periodic.period) => {}
                Some(marker) => {
                    cx.draft().delete(marker.timer_key(cx, periodic.handler));
                    self.set_periodic(cx, periodic);
                }
                None => self.set_periodic(cx, periodic),
            }
        }
    }

    /// Sets the next call of an `#[every]` method: one period after the last was due, but not in the past, so that a process that
    /// was down for long does not catch up on every call it missed.
    pub(super) fn set_next(cx: &Cx<A>, handler: &str) {
        let Some(marker) = PeriodicMarker::read(cx, handler) else {
            return;
        };
        let now_ms = cx.draft().services().clock.wall_ms();
        let due_ms = marker
            .due_ms
            .max(now_ms.saturating_sub(marker.period_ms))
            .saturating_add(marker.period_ms);
        PeriodicMarker { due_ms, ..marker }.write(cx, handler);
    }

    fn set_periodic(&self, cx: &Cx<A>, periodic: &Periodic<A>) {
        let period_ms = millis(periodic.period);
        let due_ms = self.clock.wall_ms().saturating_add(period_ms);
        PeriodicMarker { due_ms, period_ms }.write(cx, periodic.handler);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// When an `#[every]` method is called next.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
pub(super) struct PeriodicMarker {
    pub(super) due_ms: u64,
    pub(super) period_ms: u64,
}

impl PeriodicMarker {
    fn row<A: Capability>(cx: &Cx<A>, handler: &str) -> Vec<u8> {
        crate::actor::layout::periodic(cx.draft().actor(), handler)
    }

    fn timer_id(self, handler: &str) -> TimerId {
        // The number of the call is part of the id: each call is a message of its own.
        TimerId {
            due_ms: self.due_ms,
            id: MessageId::of_text(&format!("every {handler} at {}", self.due_ms)),
        }
    }

    pub(super) fn timer_key<A: Capability>(self, cx: &Cx<A>, handler: &str) -> Vec<u8> {
        let timer = self.timer_id(handler);
        crate::actor::layout::timer(timer.due_ms, cx.draft().actor(), timer.id)
    }

    pub(super) fn read<A: Capability>(cx: &Cx<A>, handler: &str) -> Option<Self> {
        let bytes = cx.draft().get(&Self::row(cx, handler)).ok()??;
        serde_json::from_slice(&bytes).ok()
    }

    /// Writes itself and the timer it stands for.
    pub(super) fn write<A: Capability>(self, cx: &Cx<A>, handler: &str) {
        if let Ok(bytes) = serde_json::to_vec(&self) {
            cx.draft().put(Self::row(cx, handler), bytes);
        }
        let body = TimerBody {
            kind: TimerKind::Every,
            name: handler.to_owned(),
            // Each call of a periodic method begins a trace of its own.
            trace: None,
            body: serde_json::value::RawValue::NULL.to_owned(),
        };
        cx.set_timer(self.timer_id(handler), &body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_tell_milliseconds_apart_where_actors_go_within_hours() {
        for seconds in [0, 1, 300, 4 * 3600] {
            assert_eq!(moment_bits(Duration::from_secs(seconds)), LEAST_MOMENT_BITS);
        }
    }

    #[test]
    fn moments_do_not_go_round_while_an_actor_may_stay() {
        for hours in [1, 24, 1000, 8760] {
            let idle_after = Duration::from_secs(hours * 3600);
            let round = 1_u128 << (u32::BITS + moment_bits(idle_after));
            assert!(round > idle_after.as_nanos() * 200, "{hours} h");
        }
    }
}
