//! The event log of one capability: every event that its turns let out, in order, for onlookers that come back.
//!
//! An event gets its *position* when its turn is sealed. Turns of several actors commit side by side, so that position 6
//! may be durable before 5: positions that were given out and are not durable yet are *in flight*, and nobody reads
//! beyond the last position before them. Onlookers never skip one, and turns never wait for onlookers.
//!
//! A durable capability's rows lie in its tree, written and trimmed by the batches of the turns themselves. All others
//! keep theirs here, in memory; and with `event_log = 0` only while somebody looks.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tokio::sync::watch;

pub(crate) use super::event_shelf::LogBody;
use super::event_shelf::{Shelf, present};
use super::layout;
use crate::call::Clock;
use crate::store::Batch;

/// How many events are held for those who look, when none are kept for those who come back.
const LIVE_ROOM: u64 = 1024;
/// Rows that a turn deletes at a time, and how many more than wanted are kept until it does.
const TRIM_ROWS: u64 = 256;

/// The event log of one capability.
pub(crate) struct EventLog {
    /// How many events are kept.
    keep: u64,
    /// Whether they lie in the store, or else here.
    is_stored: bool,
    clock: Clock,
    shelf: Mutex<Shelf>,
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
        let shelf = Shelf::new(kept);
        let reach = Reach {
            to: shelf.safe(),
            is_closed: false,
        };
        Arc::new(Self {
            keep,
            is_stored,
            clock,
            shelf: Mutex::new(shelf),
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
        self.shelf.lock().oldest
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
        let mut shelf = self.shelf.lock();
        shelved.first = shelf.give_out(number);
        if self.is_stored {
            let slack = (self.keep / 10).clamp(1, TRIM_ROWS);
            shelved.excess = shelf.take_excess(self.keep, slack, TRIM_ROWS.max(2 * number));
        } else {
            shelved.held = rows.to_vec();
        }
        drop(shelf);
        for (position, row) in (shelved.first..).zip(encoded) {
            batch.put(layout::log(position), row);
        }
        for position in shelved.excess.clone() {
            batch.delete(layout::log(position));
        }
        Ok(Some(shelved))
    }

    fn conclude(&self, shelved: &mut Shelved) {
        let mut shelf = self.shelf.lock();
        match shelved.end {
            End::Lost => return,
            End::Landed => {
                let room = if self.keeps() { self.keep } else { LIVE_ROOM };
                let held = std::mem::take(&mut shelved.held);
                if self.wants() {
                    shelf.hold(shelved.first, held, room);
                }
            }
            // Its rows are still there: somebody else will delete them.
            End::Released if !shelved.excess.is_empty() => {
                shelf.oldest = shelf.oldest.min(shelved.excess.start);
            }
            End::Released => {}
        }
        shelf.end(shelved.first);
        let to = shelf.safe();
        drop(shelf);
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
        let shelf = self.shelf.lock();
        let rows = shelf.held.range(after + 1..).take(limit);
        let reached = rows.take_while(|(position, _)| **position <= to);
        reached
            .map(|(position, row)| (*position, Arc::clone(row)))
            .collect()
    }

    /// Begins to look on.
    pub(crate) fn look(self: &Arc<Self>) -> Onlooker {
        let mut shelf = self.shelf.lock();
        // Nothing was noted while nobody looked, and who looked before shall see that.
        if !self.keeps() && shelf.num_onlookers == 0 {
            shelf.forget(&self.clock);
        }
        shelf.num_onlookers += 1;
        self.is_watched.store(true, Ordering::Release);
        let to = shelf.safe();
        self.reached
            .send_modify(|reach| reach.to = reach.to.max(to));
        Onlooker {
            log: Arc::clone(self),
            reached: self.reached.subscribe(),
            kept: shelf.oldest..shelf.next,
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
        let mut shelf = self.log.shelf.lock();
        shelf.num_onlookers -= 1;
        if shelf.num_onlookers == 0 {
            self.log.is_watched.store(false, Ordering::Release);
            if !self.log.keeps() {
                shelf.forget(&self.log.clock);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde_json::value::RawValue;

    use super::*;
    use crate::call::MessageId;
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
