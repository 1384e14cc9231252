//! All that is told of a runtime, read at one moment.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::page::{Buckets, Labels, Page};
use super::process::Process;
use crate::actor::{HistogramReading, MeterReading};
use crate::call::{BreakerReading, GuardReading};
use crate::engine::CapabilityStats;
use crate::runtime::{Health, Inventory, Runtime, Shelf};
use crate::store::Reading;

/// All that is told of a runtime, read at one moment.
pub(super) struct Figures {
    is_ready: bool,
    stats: Vec<CapabilityStats>,
    meters: Vec<MeterReading>,
    failures: Vec<(&'static str, &'static str, u64)>,
    guards: Vec<GuardReading>,
    inventory: Arc<Inventory>,
    store: Option<Reading>,
    process: Process,
}

impl Figures {
    pub(super) fn read(runtime: &Runtime) -> Self {
        Self {
            is_ready: runtime.health() == Health::Ready,
            stats: runtime.stats(),
            meters: runtime.meters(),
            failures: runtime.call_failures(),
            guards: runtime.guards(),
            inventory: runtime.inventory(),
            store: runtime.store_reading(),
            process: Process::read(),
        }
    }

    pub(super) fn write(&self, page: &mut Page<'_>) -> fmt::Result {
        let is_ready = f64::from(u8::from(self.is_ready));
        page.gauge(
            "skep_ready",
            "1 while it can do its work, else 0.",
            is_ready,
        )?;
        self.turns(page)?;
        self.guards(page)?;
        self.actors(page)?;
        self.deliveries(page)?;
        self.store(page)?;
        self.process(page)
    }

    fn turns(&self, page: &mut Page<'_>) -> fmt::Result {
        let turns = self.meters.iter().flat_map(|meter| {
            meter.turns.iter().map(|(outcome, is_inline, count)| {
                let mut labels = labels_of(meter);
                labels.push(("outcome", outcome.as_str()));
                labels.push(("inline", if *is_inline { "true" } else { "false" }));
                (labels, *count)
            })
        });
        page.counters("skep_turns", "Turns that ended.", turns)?;
        let spread = |histogram: fn(&MeterReading) -> &HistogramReading| {
            let meters = self.meters.iter();
            meters.map(move |meter| (labels_of(meter), durations(histogram(meter))))
        };
        page.histograms(
            "skep_turn_duration_seconds",
            "How long turns took until their reply, commits included. A sample of them is timed, and counts for all.",
            spread(|meter| &meter.duration),
        )?;
        page.histograms(
            "skep_queue_wait_seconds",
            "How long messages waited in mailboxes before their turn. Those that did not have to are left out.",
            spread(|meter| &meter.queued),
        )?;
        let failures = self.failures.iter();
        let failures = failures.map(|(capability, code, count)| {
            (vec![("capability", *capability), ("code", *code)], *count)
        });
        page.counters(
            "skep_call_failures",
            "Calls that the platform failed, by the error's code.",
            failures,
        )
    }

    /// Of the capabilities alone that have such a guard.
    fn guards(&self, page: &mut Page<'_>) -> fmt::Result {
        let labels = |guard: &GuardReading| vec![("capability", guard.capability)];
        let breakers = |figure: fn(&BreakerReading) -> u64| {
            let guards = self.guards.iter();
            guards.filter_map(move |guard| Some((labels(guard), figure(&guard.breaker?))))
        };
        page.gauges(
            "skep_breaker_open",
            "1 while the circuit breaker refuses calls, else 0.",
            breakers(|breaker| u64::from(breaker.is_open))
                .map(|(labels, open)| (labels, float(open))),
        )?;
        page.counters(
            "skep_breaker_refused",
            "Calls that the circuit breaker refused; each is a failed call, too.",
            breakers(|breaker| breaker.num_refused),
        )?;
        let under_way = self.guards.iter();
        let under_way =
            under_way.filter_map(|guard| Some((labels(guard), float(guard.num_under_way? as u64))));
        page.gauges(
            "skep_calls_under_way",
            "Calls of this process that count towards calls_at_once.",
            under_way,
        )?;
        let retried = self.guards.iter();
        let retried = retried.filter_map(|guard| Some((labels(guard), guard.num_retried?)));
        page.counters(
            "skep_call_retries",
            "How often failed calls were made again.",
            retried,
        )
    }

    fn actors(&self, page: &mut Page<'_>) -> fmt::Result {
        let of = |figure: fn(&CapabilityStats) -> usize| {
            let stats = self.stats.iter();
            stats.map(move |stats| {
                (
                    vec![("capability", stats.capability)],
                    float(figure(stats) as u64),
                )
            })
        };
        page.gauges(
            "skep_actors",
            "Actors in memory.",
            of(|stats| stats.num_actors),
        )?;
        page.gauges(
            "skep_actors_down",
            "Actors that cannot work now.",
            of(|stats| stats.down.len()),
        )?;
        page.gauges(
            "skep_mailbox_messages",
            "Messages that wait in mailboxes.",
            of(|stats| stats.num_queued),
        )?;
        let restarts = self.stats.iter();
        let restarts =
            restarts.map(|stats| (vec![("capability", stats.capability)], stats.num_restarts));
        page.counters(
            "skep_restarts",
            "How often an actor was made anew after a failure.",
            restarts,
        )
    }

    fn deliveries(&self, page: &mut Page<'_>) -> fmt::Result {
        let waiting = self.stats.iter();
        let waiting = waiting.map(|stats| {
            (
                vec![("capability", stats.capability)],
                float(stats.num_undelivered),
            )
        });
        page.gauges(
            "skep_outbox_messages",
            "Events and sends that wait for delivery.",
            waiting,
        )?;
        let of = |figure: fn(&Shelf) -> f64| {
            let shelves = self.inventory.capabilities.iter();
            shelves.map(move |shelf| (vec![("capability", shelf.capability)], figure(shelf)))
        };
        page.gauges(
            "skep_outbox_age_seconds",
            "How long the event or send has waited that waits longest; 0 when none waits.",
            of(|shelf| shelf.oldest_undelivered.as_secs_f64()),
        )?;
        page.gauges(
            "skep_inbox_records",
            "Handled messages that are remembered.",
            of(|shelf| float(shelf.num_inbox)),
        )?;
        page.gauges(
            "skep_dead_letters",
            "Letters that nobody could be given.",
            of(|shelf| float(shelf.num_dead)),
        )?;
        page.gauges(
            "skep_timers",
            "Timers that are set.",
            of(|shelf| float(shelf.num_timers)),
        )?;
        page.gauges(
            "skep_timer_overdue_seconds",
            "How long the timer is overdue that is so longest; 0 when none is.",
            of(|shelf| shelf.most_overdue.as_secs_f64()),
        )
    }

    fn store(&self, page: &mut Page<'_>) -> fmt::Result {
        if let Some(bytes) = self.inventory.store_bytes {
            page.gauge(
                "skep_store_size_bytes",
                "Bytes of the store on disk.",
                float(bytes),
            )?;
        }
        let Some(store) = &self.store else {
            return Ok(());
        };
        let once = |value| [(Labels::new(), value)];
        page.counters(
            "skep_store_syncs",
            "Groups of turns that were written and synced.",
            once(store.syncs),
        )?;
        page.counters(
            "skep_store_batches",
            "Turns in those groups.",
            once(store.batches),
        )?;
        page.counters(
            "skep_store_barriers",
            "Reads that waited for earlier writes.",
            once(store.barriers),
        )?;
        page.counters(
            "skep_store_written_bytes",
            "Bytes of keys and values in those groups.",
            once(store.bytes),
        )?;
        let (last, longest) = (store.last_sync, store.longest_sync);
        page.gauge(
            "skep_store_last_sync_seconds",
            "How long the last group took to be durable.",
            last.as_secs_f64(),
        )?;
        page.gauge(
            "skep_store_longest_sync_seconds",
            "How long the slowest group took.",
            longest.as_secs_f64(),
        )?;
        let help = "How many turns shared a sync.";
        page.histograms(
            "skep_store_group_batches",
            help,
            [(Labels::new(), groups(store))],
        )
    }

    fn process(&self, page: &mut Page<'_>) -> fmt::Result {
        let process = &self.process;
        if let Some(seconds) = process.cpu_seconds {
            page.seconds(
                "process_cpu_seconds",
                "Processor time, of user and system.",
                seconds,
            )?;
        }
        for (name, help, value) in [
            (
                "process_resident_memory_bytes",
                "Memory in use.",
                process.resident_bytes,
            ),
            (
                "process_open_fds",
                "Files and sockets that are open.",
                process.open_fds,
            ),
            ("process_threads", "Threads.", process.threads),
            (
                "process_start_time_seconds",
                "When the process began, in seconds since 1970.",
                process.start_seconds,
            ),
        ] {
            if let Some(value) = value {
                page.gauge(name, help, value)?;
            }
        }
        Ok(())
    }
}

fn labels_of(meter: &MeterReading) -> Labels<'_> {
    vec![
        ("capability", meter.capability),
        ("kind", meter.kind),
        ("message", meter.message.as_str()),
    ]
}

fn durations(reading: &HistogramReading) -> Buckets {
    let bounds = HistogramReading::bounds().map(|bound: Duration| bound.as_secs_f64());
    let bounds = bounds.chain([f64::INFINITY]);
    let counts = reading.counts.iter().copied();
    Buckets {
        sum: reading.sum.as_secs_f64(),
        count: reading.count,
        counts: bounds.zip(counts).collect(),
    }
}

/// Groups are counted by powers of two: a group of 2 or 3 has at most 3 turns, and so on.
fn groups(store: &Reading) -> Buckets {
    let last = store.group_sizes.len() - 1;
    let bound = |number: usize| {
        if number == last {
            f64::INFINITY
        } else {
            float((2 << number) - 1)
        }
    };
    let counts = store.group_sizes.iter().enumerate();
    Buckets {
        sum: float(store.batches),
        count: store.group_sizes.iter().sum(),
        counts: counts
            .map(|(number, count)| (bound(number), *count))
            .collect(),
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "Prometheus has no other numbers; they are exact up to 2^53"
)]
const fn float(number: u64) -> f64 {
    number as f64
}
