//! What lies in the stores, counted now and then: rows have no counters, and counting them costs reads.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::install::Installed;
use super::running::Runtime;
use crate::actor::layout;
use crate::actor::outgoing::LetterBody;
use crate::call::{Clock, Tick};
use crate::store::{self, Store};

/// How old a count may be.
const FRESH: Duration = Duration::from_secs(5);
/// Counting is done for this part of the time at most.
const SHARE: u32 = 20;

/// What lies in the stores.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inventory {
    /// For each capability, in the order in which they were given.
    pub capabilities: Vec<Shelf>,
    /// Bytes of the durable store on disk; none when nothing here is durable.
    pub store_bytes: Option<u64>,
}

/// What lies in one capability's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// The capability.
    pub capability: &'static str,
    /// Handled messages that are remembered.
    pub num_inbox: u64,
    /// How long ago the turn ran whose event or send has waited longest for delivery; zero when none waits.
    pub oldest_undelivered: Duration,
    /// Letters that nobody could be given.
    pub num_dead: u64,
    /// Timers that are set.
    pub num_timers: u64,
    /// How long the timer that is overdue longest has been so; zero when none is.
    pub most_overdue: Duration,
}

/// The last count.
#[derive(Debug, Default)]
pub(super) struct Counted(Mutex<Option<(Tick, Arc<Inventory>)>>);

impl Runtime {
    /// What lies in the stores: as counted at most 5 s ago, or longer ago where counting takes long (it is done for a
    /// twentieth of the time at most). Reads the store: not to be called on an async executor. What cannot be read is left out.
    #[must_use]
    pub fn inventory(&self) -> Arc<Inventory> {
        let Some(parts) = self.parts() else {
            return Arc::default();
        };
        let clock = self.directory().clock();
        // Held while it counts: whoever comes meanwhile gets the same count.
        let mut counted = parts.counted.0.lock();
        if let Some((until, inventory)) = &*counted
            && clock.now() < *until
        {
            return Arc::clone(inventory);
        }
        let begun = clock.now();
        let shelves = parts.installed.iter();
        let shelves = shelves.filter_map(|installed| shelf(installed, clock).ok());
        let durable = parts.durable.as_ref();
        let size = durable.and_then(|durable| Some(durable.store.stats().ok()?.size_bytes));
        let inventory = Arc::new(Inventory {
            capabilities: shelves.collect(),
            store_bytes: size,
        });
        let took = clock.now().since(begun);
        let until = clock.now().after(FRESH.max(took * SHARE));
        *counted = Some((until, Arc::clone(&inventory)));
        inventory
    }
}

fn shelf(installed: &Installed, clock: &Clock) -> Result<Shelf, store::Error> {
    let services = &installed.services;
    let (store, tree) = (&*services.store, services.tree.as_str());
    let now_ms = clock.wall_ms();
    let since = |ms: Option<u64>| {
        ms.map_or(Duration::ZERO, |ms| {
            Duration::from_millis(now_ms.saturating_sub(ms))
        })
    };
    Ok(Shelf {
        capability: services.capability,
        num_inbox: count(store, tree, layout::INBOX)?,
        oldest_undelivered: since(oldest_letter(store, tree)?),
        num_dead: count(store, tree, layout::DEAD)?,
        num_timers: count(store, tree, layout::TIMERS)?,
        most_overdue: since(first_timer(store, tree)?),
    })
}

fn count(store: &dyn Store, tree: &str, kind: u8) -> Result<u64, store::Error> {
    let mut rows = store.scan(tree, &[kind], None);
    rows.try_fold(0, |count, row| row.map(|_| count + 1))
}

/// When the turn of the oldest letter ran. The rows of a lane are in order, and so only the first of each is read.
fn oldest_letter(store: &dyn Store, tree: &str) -> Result<Option<u64>, store::Error> {
    let mut oldest: Option<u64> = None;
    let mut from: Option<Vec<u8>> = None;
    while let Some(row) = store.scan(tree, &[layout::OUTBOX], from.as_deref()).next() {
        let (key, value) = row?;
        let Some((target, lane, _)) = layout::parse_outbox(&key) else {
            break;
        };
        if let Ok(letter) = serde_json::from_slice::<LetterBody>(&value) {
            oldest = Some(oldest.map_or(letter.at_ms, |oldest| oldest.min(letter.at_ms)));
        }
        from = Some([layout::outbox(target, lane, u64::MAX), vec![0]].concat());
    }
    Ok(oldest)
}

/// When the first timer is due.
fn first_timer(store: &dyn Store, tree: &str) -> Result<Option<u64>, store::Error> {
    match store.scan(tree, &[layout::TIMERS], None).next() {
        Some(row) => Ok(layout::parse_timer(&row?.0).map(|(due_ms, ..)| due_ms)),
        None => Ok(None),
    }
}
