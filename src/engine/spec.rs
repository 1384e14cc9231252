//! What all actors of one hosted capability have in common.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::actor::binder::Periodic;
use crate::actor::outgoing::{TimerBody, TimerId, TimerKind};
use crate::actor::services::Services;
use crate::actor::{Capability, Cx};
use crate::call::MessageId;

/// What all actors of one hosted capability have in common.
pub(crate) struct Spec<A: Capability> {
    pub(crate) services: Arc<Services>,
    pub(crate) policy: Policy,
    pub(crate) periodics: Vec<Periodic<A>>,
    /// The settings as data: each start reads its own.
    pub(crate) settings: Value,
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
        let due_ms = self.services.clock.wall_ms().saturating_add(period_ms);
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
