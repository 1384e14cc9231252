//! What turns are counted and timed with: a meter for each message, event and periodic method of a capability.
//!
//! Every turn is counted. Reading a precise clock twice would cost a third of an inline turn, so of each message the first 1,024 turns
//! are timed, then one of 32 on average, which stands for 32.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::histogram::{Histogram, HistogramReading};
use crate::call::scope::Scope;
use crate::call::tracer::{self, Tracer};
use crate::call::{Clock, Span, SpanKind, TurnOutcome};

/// Turns of one message that are all timed.
const TIMED_ALL: u64 = 1024;
/// After them, of how many turns one is timed on average.
const TIMED_EVERY: u32 = 32;
/// A turn that takes no longer costs less than to queue its message and to tell somebody of it. A bound of a bucket.
const SHORT_NS: u64 = 1_000;
/// What the first turns may take where turns are short. A bound of a bucket.
const FIRST_SHORT_NS: u64 = 100_000;
/// Of how many turns one may be longer where turns are short: some are cut off by something else.
const MOST_LONG: u64 = 16;
/// Counters that threads share: fewer meet at one when there are several.
const NUM_SHARDS: usize = 8;
/// Outcomes, each inline and not.
const NUM_COUNTS: usize = 2 * TurnOutcome::ALL.len();

/// The meters of one capability.
#[derive(Debug)]
pub(crate) struct Meters {
    is_enabled: bool,
    /// In the order of the contract's slots.
    pub(crate) messages: Box<[Meter]>,
    /// In the order in which the capability binds them.
    pub(crate) events: Box<[Meter]>,
    /// In the order in which the capability binds them.
    pub(crate) periodics: Box<[Meter]>,
}

impl Meters {
    pub(crate) fn new(
        is_enabled: bool,
        messages: impl Iterator<Item = String>,
        events: impl Iterator<Item = String>,
        periodics: impl Iterator<Item = String>,
    ) -> Self {
        let of = |kind| move |name| Meter::new(name, kind);
        Self {
            is_enabled,
            messages: messages.map(of("message")).collect(),
            events: events.map(of("event")).collect(),
            periodics: periodics.map(of("periodic")).collect(),
        }
    }

    /// Decides that a message which is about to be queued is timed, if it is one of those, and notes the time if so.
    pub(crate) fn queue(&self, meter: &Meter, scope: &Scope, clock: &Clock) {
        let weight = self.weight(meter);
        scope.set_weight(weight);
        if weight > 0 || scope.recorded().is_some() {
            scope.queued(clock.precise());
        }
    }

    /// How many turns this one stands for in the histograms; none when it is not timed.
    #[inline]
    fn weight(&self, meter: &Meter) -> u32 {
        if !self.is_enabled {
            0
        } else if meter.duration.count() < TIMED_ALL {
            1
        } else if tracer::is_timed(TIMED_EVERY) {
            TIMED_EVERY
        } else {
            0
        }
    }

    /// A turn begins on its caller's thread, and its trace is not recorded.
    #[inline]
    pub(crate) fn begin_now(&self, meter: &Meter, clock: &Clock) -> Watch {
        let weight = self.weight(meter);
        Watch {
            weight,
            began: (weight > 0).then(|| clock.precise()),
        }
    }

    /// A turn begins.
    pub(crate) fn begin(&self, meter: &Meter, scope: &Scope, clock: &Clock) -> Watch {
        let weight = if scope.is_inline() {
            self.weight(meter)
        } else {
            scope.weight()
        };
        let is_timed = weight > 0 || scope.recorded().is_some();
        Watch {
            weight,
            began: is_timed.then(|| clock.precise()),
        }
    }

    /// The readings of all meters.
    pub(crate) fn read(&self, capability: &'static str) -> Vec<MeterReading> {
        let meters = [&self.messages, &self.events, &self.periodics];
        meters
            .into_iter()
            .flatten()
            .map(|meter| meter.read(capability))
            .collect()
    }
}

/// What one message, event or periodic method is counted and timed with.
#[derive(Debug)]
pub(crate) struct Meter {
    name: String,
    kind: &'static str,
    shards: Box<[Shard; NUM_SHARDS]>,
    duration: Histogram,
    queued: Histogram,
}

/// Counters by outcome, on a cache line of their own.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Shard([AtomicU64; NUM_COUNTS]);

/// The shard of all threads that have none of their own.
const SHARED: usize = 0;

thread_local! {
    static SHARD: Own = Own::take();
}

/// The shards that no thread has to itself now.
static FREE: Mutex<Vec<usize>> = Mutex::new(Vec::new());
/// Shards that were given out, the shared one among them.
static NUM_GIVEN: AtomicUsize = AtomicUsize::new(1);

/// A thread's shard. What only one thread writes need not be locked for the others; when the thread ends, another may have it.
struct Own(usize);

impl Own {
    fn take() -> Self {
        if let Some(free) = FREE.lock().pop() {
            return Self(free);
        }
        let next = NUM_GIVEN.fetch_add(1, Ordering::Relaxed);
        Self(if next < NUM_SHARDS { next } else { SHARED })
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if self.0 != SHARED {
            FREE.lock().push(self.0);
        }
    }
}

impl Meter {
    fn new(name: String, kind: &'static str) -> Self {
        Self {
            name,
            kind,
            shards: Box::default(),
            duration: Histogram::default(),
            queued: Histogram::default(),
        }
    }

    /// Whether nearly all turns that were timed were over sooner than a message is queued. Of a message without any it is not known,
    /// and the first turns may take longer: nothing of them is in the caches.
    pub(crate) fn is_short(&self) -> bool {
        let bound_ns = if self.duration.count() < MOST_LONG {
            FIRST_SHORT_NS
        } else {
            SHORT_NS
        };
        self.duration.is_mostly_within(bound_ns, MOST_LONG)
    }

    #[inline]
    fn count(&self, outcome: TurnOutcome, is_inline: bool) {
        let index = 2 * outcome as usize + usize::from(is_inline);
        // A thread that ends has given its shard back.
        let shard = SHARD.try_with(|own| own.0).unwrap_or(SHARED);
        let count = &self.shards[shard].0[index];
        if shard == SHARED {
            count.fetch_add(1, Ordering::Relaxed);
        } else {
            count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
    }

    fn read(&self, capability: &'static str) -> MeterReading {
        let sum = |index: usize| {
            let counts = self.shards.iter().map(|shard| &shard.0[index]);
            counts.map(|count| count.load(Ordering::Relaxed)).sum()
        };
        let turns = |outcome: TurnOutcome| {
            let index = 2 * outcome as usize;
            [
                (outcome, false, sum(index)),
                (outcome, true, sum(index + 1)),
            ]
        };
        MeterReading {
            capability,
            kind: self.kind,
            message: self.name.clone(),
            turns: TurnOutcome::ALL.into_iter().flat_map(turns).collect(),
            duration: self.duration.read(),
            queued: self.queued.read(),
        }
    }
}

/// A turn that runs, with what is known of its time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Watch {
    weight: u32,
    began: Option<Duration>,
}

/// What a span says of a turn besides its circumstances.
pub(crate) struct Named<'t> {
    pub(crate) kind: SpanKind,
    pub(crate) message: &'t str,
}

impl Watch {
    /// The turn ended, and its trace is not recorded. Returns how long it took, if it is timed.
    #[inline]
    pub(crate) fn stop(
        self,
        meters: &Meters,
        meter: &Meter,
        clock: &Clock,
        is_inline: bool,
        outcome: TurnOutcome,
    ) -> Option<Duration> {
        if meters.is_enabled {
            meter.count(outcome, is_inline);
        }
        let began = self.began?;
        Some(self.read(began, meter, clock))
    }

    /// How long it took. Most are not timed.
    #[inline(never)]
    fn read(self, began: Duration, meter: &Meter, clock: &Clock) -> Duration {
        let duration = clock.precise().saturating_sub(began);
        if self.weight > 0 {
            meter.duration.observe(duration, self.weight);
        }
        duration
    }

    /// The turn ended.
    pub(crate) fn end(
        self,
        meters: &Meters,
        meter: &Meter,
        scope: &Scope,
        clock: &Clock,
        outcome: TurnOutcome,
    ) -> Option<Timed> {
        let duration = self.stop(meters, meter, clock, scope.is_inline(), outcome)?;
        let began = self.began?;
        let queued = scope.queued_at().map(|at| began.saturating_sub(at));
        if let Some(queued) = queued.filter(|_| self.weight > 0) {
            meter.queued.observe(queued, self.weight);
        }
        Some(Timed {
            duration,
            queued,
            outcome,
        })
    }
}

/// A turn that was timed.
pub(crate) struct Timed {
    duration: Duration,
    queued: Option<Duration>,
    outcome: TurnOutcome,
}

impl Timed {
    /// Leaves the span of the turn, if its trace is recorded.
    pub(crate) fn record(self, tracer: &Tracer, clock: &Clock, scope: &Scope, named: &Named<'_>) {
        let Some(step) = scope.recorded() else {
            return;
        };
        tracer.record(Span {
            trace: step.context.trace,
            span: step.context.span,
            parent: step.parent,
            kind: named.kind,
            capability: scope.contract.to_owned(),
            key: scope.key.clone(),
            message: named.message.to_owned(),
            start: clock.wall() - self.duration,
            duration: self.duration,
            queued: self.queued,
            is_inline: scope.is_inline(),
            outcome: self.outcome,
        });
    }
}

/// What one message, event or periodic method of a capability has been doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterReading {
    /// The capability.
    pub capability: &'static str,
    /// `message`, `event` or `periodic`.
    pub kind: &'static str,
    /// The message's name; for an event that of its contract, a dot and its own; for a periodic method the method's.
    pub message: String,
    /// Turns that ended, by outcome and by whether they ran on the caller's thread.
    pub turns: Vec<(TurnOutcome, bool, u64)>,
    /// From the beginning of turns to their replies, commits included.
    pub duration: HistogramReading,
    /// How long messages had waited in mailboxes; those that did not have to are not in it.
    pub queued: HistogramReading,
}

impl MeterReading {
    /// What all turns of a capability took: its messages, events and periodic methods; `None` when it has no meters.
    #[must_use]
    pub fn duration_of(meters: &[Self], capability: &str) -> Option<HistogramReading> {
        let own = meters.iter().filter(|meter| meter.capability == capability);
        own.map(|meter| meter.duration.clone())
            .reduce(|mut whole, duration| {
                whole.add(&duration);
                whole
            })
    }

    /// Turns that ended.
    #[must_use]
    pub fn num_turns(&self) -> u64 {
        self.turns.iter().map(|(_, _, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_short_when_nearly_all_of_them_were_and_the_first_ones_not_long() {
        let meter = || Meter::new("add".to_owned(), "message");
        let (short, first) = (Duration::from_nanos(900), Duration::from_micros(90));
        let unused = meter();
        assert!(!unused.is_short(), "nothing is known");
        let light = meter();
        light.duration.observe(first, 1);
        assert!(light.is_short());
        light.duration.observe(short, 15);
        assert!(light.is_short());
        light.duration.observe(first, 1);
        assert!(!light.is_short(), "two of seventeen");
        light.duration.observe(short, 15);
        assert!(light.is_short(), "two of thirty-two");
        let heavy = meter();
        heavy.duration.observe(Duration::from_millis(1), 1);
        assert!(!heavy.is_short());
    }
}
