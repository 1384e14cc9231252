//! The event log of one capability: every event that its turns let out, in order, for onlookers that come back.
//!
//! An event gets its *position* when its turn is sealed. Turns of several actors commit side by side, so that position 6
//! may be durable before 5: positions that were given out and are not durable yet are *in flight*, and nobody reads
//! beyond the last position before them. Onlookers never skip one, and turns never wait for onlookers.
//!
//! A durable capability's rows lie in its tree, written and trimmed by the batches of the turns themselves. All others
//! keep theirs here, in memory; and with `event_log = 0` only while somebody looks.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::sync::watch;

use super::layout;
use crate::call::{Clock, Key, MessageId, TraceContext};
use crate::store::Batch;

/// How many events are held for those who look, when none are kept for those who come back.
const LIVE_ROOM: u64 = 1024;
/// The most bytes of events that a log in memory keeps, however few they are.
const MEMORY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Rows that a turn deletes at a time, and how many more than wanted are kept until it does.
const TRIM_ROWS: u64 = 256;

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

/// The event log of one capability.
pub(crate) struct EventLog {
    /// How many events are kept.
    keep: u64,
    /// Whether they lie in the store, or else here.
    is_stored: bool,
    clock: Clock,
    state: Mutex<State>,
    /// What onlookers wait at; only told while there are any.
    reached: watch::Sender<Reach>,
    is_watched: AtomicBool,
}

/// How far the log can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reach {
    /// All up to this position are durable.
    pub(crate) to: u64,
    /// No more will come.
    pub(crate) is_closed: bool,
}

struct State {
    /// The next position to be given out.
    next: u64,
    /// The first position that is kept.
    oldest: u64,
    /// Positions given out whose end is not known, in order; ended ones leave when none before them is left.
    in_flight: VecDeque<Flight>,
    /// What is kept here.
    held: BTreeMap<u64, Arc<LogBody>>,
    held_bytes: usize,
    num_onlookers: usize,
}

struct Flight {
    first: u64,
    has_ended: bool,
}

impl State {
    /// All up to here have ended.
    fn safe(&self) -> u64 {
        let bound = self
            .in_flight
            .front()
            .map_or(self.next, |first| first.first);
        bound - 1
    }

    fn give_out(&mut self, number: u64) -> u64 {
        let first = self.next;
        self.next += number;
        self.in_flight.push_back(Flight {
            first,
            has_ended: false,
        });
        first
    }

    fn end(&mut self, first: u64) {
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
    fn take_excess(&mut self, keep: u64, at_least: u64, at_most: u64) -> Range<u64> {
        let end = self.next.saturating_sub(keep).min(self.safe() + 1);
        let end = end.min(self.oldest + at_most);
        if end < self.oldest + at_least {
            return 0..0;
        }
        let excess = self.oldest..end;
        self.oldest = end;
        excess
    }

    fn hold(&mut self, first: u64, rows: Vec<Arc<LogBody>>, room: u64) {
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
    fn forget(&mut self, clock: &Clock) {
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
fn present(clock: &Clock) -> u64 {
    clock.wall_ms().saturating_mul(1000).max(1)
}

impl EventLog {
    /// A log whose rows lie in the store: of these positions, if there are any.
    pub(crate) fn stored(keep: u64, found: Option<Range<u64>>, clock: Clock) -> Arc<Self> {
        let found = found.unwrap_or(1..1);
        let oldest = found.start.max(found.end.saturating_sub(keep));
        Self::new(keep, true, clock, oldest..found.end)
    }

    /// A log in memory.
    pub(crate) fn in_memory(keep: u64, clock: Clock) -> Arc<Self> {
        let now = present(&clock);
        Self::new(keep, false, clock, now..now)
    }

    fn new(keep: u64, is_stored: bool, clock: Clock, kept: Range<u64>) -> Arc<Self> {
        let state = State {
            next: kept.end,
            oldest: kept.start,
            in_flight: VecDeque::new(),
            held: BTreeMap::new(),
            held_bytes: 0,
            num_onlookers: 0,
        };
        let reach = Reach {
            to: state.safe(),
            is_closed: false,
        };
        Arc::new(Self {
            keep,
            is_stored,
            clock,
            state: Mutex::new(state),
            reached: watch::Sender::new(reach),
            is_watched: AtomicBool::new(false),
        })
    }

    /// Whether events are kept for onlookers that come back.
    pub(crate) fn keeps(&self) -> bool {
        self.keep > 0
    }

    /// Whether an event would be kept or seen.
    pub(crate) fn wants(&self) -> bool {
        self.keeps() || self.is_watched.load(Ordering::Acquire)
    }

    pub(crate) fn is_stored(&self) -> bool {
        self.is_stored
    }

    /// The first position that is kept.
    pub(crate) fn oldest(&self) -> u64 {
        self.state.lock().oldest
    }

    /// Puts a turn's events on the way: they get their positions, and the batch their rows. As few events as possible
    /// are in flight at a time, so this is the last that happens to a turn before its commit.
    pub(crate) fn shelve(
        self: &Arc<Self>,
        rows: &[Arc<LogBody>],
        batch: &mut Batch,
    ) -> serde_json::Result<Option<Shelved>> {
        if rows.is_empty() {
            return Ok(None);
        }
        let number = rows.len() as u64;
        let encoded: Vec<Vec<u8>> = if self.is_stored {
            let encode = |row: &Arc<LogBody>| serde_json::to_vec(&**row);
            rows.iter().map(encode).collect::<Result<_, _>>()?
        } else {
            Vec::new()
        };
        let mut shelved = Shelved {
            log: Arc::clone(self),
            first: 0,
            excess: 0..0,
            held: Vec::new(),
            end: End::Released,
        };
        let mut state = self.state.lock();
        shelved.first = state.give_out(number);
        if self.is_stored {
            let slack = (self.keep / 10).clamp(1, TRIM_ROWS);
            shelved.excess = state.take_excess(self.keep, slack, TRIM_ROWS.max(2 * number));
        } else {
            shelved.held = rows.to_vec();
        }
        drop(state);
        for (position, row) in (shelved.first..).zip(encoded) {
            batch.put(layout::log(position), row);
        }
        for position in shelved.excess.clone() {
            batch.delete(layout::log(position));
        }
        Ok(Some(shelved))
    }

    fn conclude(&self, shelved: &mut Shelved) {
        let mut state = self.state.lock();
        match shelved.end {
            End::Lost => return,
            End::Landed => {
                let room = if self.keeps() { self.keep } else { LIVE_ROOM };
                let held = std::mem::take(&mut shelved.held);
                if self.wants() {
                    state.hold(shelved.first, held, room);
                }
            }
            // Its rows are still there: somebody else will delete them.
            End::Released if !shelved.excess.is_empty() => {
                state.oldest = state.oldest.min(shelved.excess.start);
            }
            End::Released => {}
        }
        state.end(shelved.first);
        let to = state.safe();
        drop(state);
        if self.is_watched.load(Ordering::Acquire) {
            self.reached.send_if_modified(|reach| {
                let has_moved = to > reach.to;
                reach.to = reach.to.max(to);
                has_moved
            });
        }
    }

    /// Up to `limit` events behind position `after` and not behind `to`, of those that are held here.
    pub(crate) fn held(&self, after: u64, to: u64, limit: usize) -> Vec<(u64, Arc<LogBody>)> {
        let state = self.state.lock();
        let rows = state.held.range(after + 1..).take(limit);
        let reached = rows.take_while(|(position, _)| **position <= to);
        reached
            .map(|(position, row)| (*position, Arc::clone(row)))
            .collect()
    }

    /// Begins to look on.
    pub(crate) fn look(self: &Arc<Self>) -> Onlooker {
        let mut state = self.state.lock();
        // Nothing was noted while nobody looked, and who looked before shall see that.
        if !self.keeps() && state.num_onlookers == 0 {
            state.forget(&self.clock);
        }
        state.num_onlookers += 1;
        self.is_watched.store(true, Ordering::Release);
        let to = state.safe();
        self.reached
            .send_modify(|reach| reach.to = reach.to.max(to));
        Onlooker {
            log: Arc::clone(self),
            reached: self.reached.subscribe(),
            kept: state.oldest..state.next,
        }
    }

    /// The runtime ends: no more will come.
    pub(crate) fn close(&self) {
        self.reached.send_modify(|reach| reach.is_closed = true);
    }
}

/// Events of one sealed turn: in flight until it is [`landed`](Self::landed) or dropped.
pub(crate) struct Shelved {
    log: Arc<EventLog>,
    first: u64,
    /// Rows that the turn's batch deletes.
    excess: Range<u64>,
    /// What is to be held in memory.
    held: Vec<Arc<LogBody>>,
    end: End,
}

#[derive(Debug, Clone, Copy)]
enum End {
    /// The turn was not submitted: nobody waits for its positions.
    Released,
    /// They are durable.
    Landed,
    /// The commit failed, and the store with it: nobody may see what lies behind.
    Lost,
}

impl Shelved {
    /// The position of the first event; the others follow it.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// They are durable.
    pub(crate) fn landed(mut self) {
        self.end = End::Landed;
    }

    /// It is not known whether they are durable, and will not be in this process.
    pub(crate) fn lost(mut self) {
        self.end = End::Lost;
    }
}

impl Drop for Shelved {
    fn drop(&mut self) {
        Arc::clone(&self.log).conclude(self);
    }
}

/// One who looks on.
pub(crate) struct Onlooker {
    pub(crate) log: Arc<EventLog>,
    pub(crate) reached: watch::Receiver<Reach>,
    /// Positions that were kept or in flight when it began to look.
    pub(crate) kept: Range<u64>,
}

impl Drop for Onlooker {
    fn drop(&mut self) {
        let mut state = self.log.state.lock();
        state.num_onlookers -= 1;
        if state.num_onlookers == 0 {
            self.log.is_watched.store(false, Ordering::Release);
            if !self.log.keeps() {
                state.forget(&self.log.clock);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::TreeName;

    fn row() -> Arc<LogBody> {
        Arc::new(LogBody {
            id: MessageId::of_text("x"),
            at_ms: 0,
            name: Cow::Borrowed("rung"),
            key: None,
            trace: None,
            body: RawValue::from_string("{}".to_owned()).expect("JSON"),
        })
    }

    fn batch() -> Batch {
        Batch::new(TreeName::new("houses").expect("a name"))
    }

    fn shelve(log: &Arc<EventLog>, number: usize) -> Shelved {
        let rows = vec![row(); number];
        let shelved = log.shelve(&rows, &mut batch()).expect("rows");
        shelved.expect("there are some")
    }

    fn stored(keep: u64) -> Arc<EventLog> {
        EventLog::stored(keep, None, Clock::real().expect("a clock"))
    }

    fn reach(onlooker: &Onlooker) -> u64 {
        onlooker.reached.borrow().to
    }

    #[test]
    fn nobody_reads_beyond_a_commit_that_is_late() {
        let log = stored(100);
        let onlooker = log.look();
        let (late, early) = (shelve(&log, 2), shelve(&log, 3));
        assert_eq!((late.first(), early.first()), (1, 3));
        early.landed();
        assert_eq!(reach(&onlooker), 0);
        assert_eq!(reach(&log.look()), 0, "nor does who begins to look now");
        late.landed();
        assert_eq!(reach(&onlooker), 5);
    }

    #[test]
    fn a_turn_that_was_not_submitted_holds_nobody_up() {
        let log = stored(100);
        let onlooker = log.look();
        let (given_up, other) = (shelve(&log, 1), shelve(&log, 1));
        other.landed();
        drop(given_up);
        assert_eq!(reach(&onlooker), 2);
    }

    #[test]
    fn nobody_reads_beyond_a_commit_that_failed() {
        let log = stored(100);
        let onlooker = log.look();
        let (failed, other) = (shelve(&log, 1), shelve(&log, 1));
        failed.lost();
        other.landed();
        assert_eq!(reach(&onlooker), 0);
    }

    #[test]
    fn a_turn_deletes_nothing_that_is_in_flight() {
        let log = stored(10);
        let late = shelve(&log, 5);
        shelve(&log, 20).landed();
        let mut batch = batch();
        let shelved = log.shelve(&[row()], &mut batch).expect("rows");
        assert_eq!(batch.writes().len(), 1, "{:?}", batch.writes());
        late.landed();
        drop(shelved);
        let next = shelve(&log, 1);
        assert_eq!(next.excess, 1..18);
    }

    #[test]
    fn what_a_turn_that_was_not_submitted_would_have_deleted_another_deletes() {
        let log = stored(1);
        shelve(&log, 5).landed();
        let given_up = shelve(&log, 1);
        assert_eq!((given_up.excess.clone(), log.oldest()), (1..6, 6));
        drop(given_up);
        assert_eq!(log.oldest(), 1);
        assert_eq!(shelve(&log, 1).excess, 1..7);
    }

    #[test]
    fn a_log_in_memory_keeps_no_more_bytes_than_it_may() {
        let log = EventLog::in_memory(1000, Clock::real().expect("a clock"));
        let mut large = LogBody::clone(&row());
        let text = format!("\"{}\"", "x".repeat(1024 * 1024));
        large.body = RawValue::from_string(text).expect("JSON");
        let large = [Arc::new(large)];
        for _ in 0..40 {
            let shelved = log.shelve(&large, &mut batch()).expect("rows");
            shelved.expect("there are some").landed();
        }
        assert_eq!(log.held(0, u64::MAX, 100).len(), 31);
    }

    #[test]
    fn a_log_that_nobody_looks_at_holds_nothing_when_none_are_kept() {
        let log = EventLog::in_memory(0, Clock::real().expect("a clock"));
        assert!(!log.wants());
        let onlooker = log.look();
        assert!(log.wants());
        shelve(&log, 3).landed();
        assert_eq!(log.held(0, u64::MAX, 100).len(), 3);
        drop(onlooker);
        assert!(!log.wants());
        assert!(log.held(0, u64::MAX, 100).is_empty());
    }
}
