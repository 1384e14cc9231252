//! What an event log knows: which positions are given out, which of them are not durable yet, and what is kept.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::call::{Clock, Key, MessageId, TraceContext};

/// The most bytes of events that a log in memory keeps, however few they are.
const MEMORY_BYTES_MAX: usize = 32 * 1024 * 1024;

/// An event in the log, as it lies in the store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LogBody {
    /// The id under which subscribers remember it.
    pub(crate) id: MessageId,
    /// When the turn ran, in wall milliseconds since 1970.
    pub(crate) at_ms: u64,
    /// The event's name on the wire.
    pub(crate) name: Cow<'static, str>,
    /// The key of the actor that let it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<Key>,
    /// The turn that let it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trace: Option<TraceContext>,
    pub(crate) body: Box<RawValue>,
}

/// The positions of one capability's events, and the events themselves where no store keeps them.
pub(super) struct Shelf {
    /// The next position to be given out.
    pub(super) next: u64,
    /// The first position that is kept.
    pub(super) oldest: u64,
    /// Positions given out whose end is not known, in order; ended ones leave when none before them is left.
    in_flight: VecDeque<Flight>,
    /// What is kept here.
    pub(super) held: BTreeMap<u64, Arc<LogBody>>,
    held_bytes: usize,
    /// Who looks on now.
    pub(super) num_onlookers: usize,
}

struct Flight {
    first: u64,
    has_ended: bool,
}

impl Shelf {
    /// These positions are kept.
    pub(super) fn new(kept: Range<u64>) -> Self {
        Self {
            next: kept.end,
            oldest: kept.start,
            in_flight: VecDeque::new(),
            held: BTreeMap::new(),
            held_bytes: 0,
            num_onlookers: 0,
        }
    }

    /// All up to here have ended.
    pub(super) fn safe(&self) -> u64 {
        let bound = self
            .in_flight
            .front()
            .map_or(self.next, |first| first.first);
        bound - 1
    }

    pub(super) fn give_out(&mut self, number: u64) -> u64 {
        let first = self.next;
        self.next += number;
        self.in_flight.push_back(Flight {
            first,
            has_ended: false,
        });
        first
    }

    pub(super) fn end(&mut self, first: u64) {
        let found = self
            .in_flight
            .binary_search_by_key(&first, |flight| flight.first);
        if let Ok(index) = found {
            self.in_flight[index].has_ended = true;
        }
        while self.in_flight.front().is_some_and(|first| first.has_ended) {
            self.in_flight.pop_front();
        }
    }

    /// What is to be deleted from the store, if it is worth it: nothing that is in flight.
    pub(super) fn take_excess(&mut self, keep: u64, at_least: u64, at_most: u64) -> Range<u64> {
        let end = self.next.saturating_sub(keep).min(self.safe() + 1);
        let end = end.min(self.oldest + at_most);
        if end < self.oldest + at_least {
            return 0..0;
        }
        let excess = self.oldest..end;
        self.oldest = end;
        excess
    }

    pub(super) fn hold(&mut self, first: u64, rows: Vec<Arc<LogBody>>, room: u64) {
        for (position, row) in (first..).zip(rows) {
            if position >= self.oldest {
                self.held_bytes += weight(&row);
                self.held.insert(position, row);
            }
        }
        while self.held.len() as u64 > room || self.held_bytes > MEMORY_BYTES_MAX {
            let Some((position, row)) = self.held.pop_first() else {
                break;
            };
            self.held_bytes -= weight(&row);
            self.oldest = position + 1;
        }
    }

    /// Forgets what is held; the log goes on at the present time.
    pub(super) fn forget(&mut self, clock: &Clock) {
        self.next = (self.next + 1).max(present(clock));
        self.oldest = self.next;
        self.held.clear();
        self.held_bytes = 0;
    }
}

/// About how many bytes an event takes in memory.
fn weight(row: &LogBody) -> usize {
    row.body.get().len() + std::mem::size_of::<LogBody>()
}

/// The position at which a log begins that cannot know what was before: above all of earlier processes, which emitted
/// fewer than a million events a second.
pub(super) fn present(clock: &Clock) -> u64 {
    clock.wall_ms().saturating_mul(1000).max(1)
}
