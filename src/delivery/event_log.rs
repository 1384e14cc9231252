//! Reading event logs: a page at a time, from the store or from memory, never in the way of turns; and deleting what an
//! earlier process kept and this one shall not.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::relay::commit;
use crate::actor::event_log::{LogBody, Onlooker, Reach};
use crate::actor::layout;
use crate::actor::services::{Services, Tasks};
use crate::call::Key;
use crate::store::{self, Batch};

/// Rows that are read at a time.
const PAGE: usize = 256;
/// Bytes of rows after which a page is full.
const PAGE_BYTES: usize = 4 * 1024 * 1024;
/// Rows that are deleted at a time.
const FORGET_ROWS: usize = 1024;
/// The pause between deletions: they must not be felt.
const PAUSE: Duration = Duration::from_millis(20);

/// Where a reader begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    Now,
    After(u64),
    Oldest,
}

/// What a reader wants to see.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub(crate) event: Option<String>,
    pub(crate) key: Option<Key>,
}

impl Filter {
    fn accepts(&self, row: &LogBody) -> bool {
        self.event.as_ref().is_none_or(|event| *event == row.name)
            && (self.key.is_none() || self.key == row.key)
    }
}

/// What comes next in a log.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    Event(u64, Arc<LogBody>),
    /// These positions are not kept.
    Gap(Range<u64>),
}

/// Why nothing comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReadEnd {
    Stopped,
    Store(String),
}

/// Reads one capability's log.
pub(crate) struct LogReader {
    /// Weak: an onlooker must not hold the store of a runtime that has stopped.
    services: Weak<Services>,
    tasks: Tasks,
    onlooker: Onlooker,
    filter: Filter,
    /// What was read and not yet given out.
    page: VecDeque<Found>,
    /// Up to here the log was read.
    read_to: u64,
    /// Up to here it was given out.
    position: u64,
}

impl LogReader {
    pub(crate) fn new(services: &Arc<Services>, filter: Filter, start: Start) -> Self {
        let mut onlooker = services.log.look();
        let kept = onlooker.kept.clone();
        let mut page = VecDeque::new();
        let read_to = match start {
            Start::Now => onlooker.reached.borrow_and_update().to,
            Start::Oldest => kept.start - 1,
            // The log began anew behind what was asked for: everything in it is news.
            Start::After(position) if position >= kept.end => {
                page.push_back(Found::Gap(position.saturating_add(1)..kept.start));
                kept.start - 1
            }
            Start::After(position) => position,
        };
        Self {
            services: Arc::downgrade(services),
            tasks: services.tasks.clone(),
            onlooker,
            filter,
            page,
            read_to,
            position: read_to,
        }
    }

    /// Everything up to this position was given out, or is not wanted.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// What comes next; waits for it. Cancel safe: what was read is kept until it is given out.
    pub(crate) async fn next(&mut self) -> Result<Found, ReadEnd> {
        loop {
            if let Some(found) = self.page.pop_front() {
                self.position = match &found {
                    Found::Event(position, _) => *position,
                    Found::Gap(range) => range.end - 1,
                };
                return Ok(found);
            }
            self.position = self.read_to;
            let reach = *self.onlooker.reached.borrow_and_update();
            if reach.to > self.read_to {
                self.read(reach).await?;
                continue;
            }
            let is_over = reach.is_closed || self.onlooker.reached.changed().await.is_err();
            if is_over {
                return Err(ReadEnd::Stopped);
            }
        }
    }

    /// Reads the next page.
    async fn read(&mut self, reach: Reach) -> Result<(), ReadEnd> {
        let after = self.read_to;
        let page = if self.onlooker.log.is_stored() {
            let services = Weak::clone(&self.services);
            let filter = self.filter.clone();
            let reading =
                move || Some(stored_page(&*services.upgrade()?, &filter, after, reach.to));
            let read = self.tasks.blocking(reading).await.flatten();
            let page = read.ok_or(ReadEnd::Stopped)?;
            page.map_err(|error| ReadEnd::Store(error.to_string()))?
        } else {
            self.held_page(reach.to)
        };
        // Rows are given up before they are deleted, so this is above all that were missing from the page.
        let oldest = self.onlooker.log.oldest();
        if after + 1 < oldest {
            self.page.push_back(Found::Gap(after + 1..oldest));
        }
        let is_kept = |found: &Found| match found {
            Found::Event(position, _) => *position >= oldest,
            Found::Gap(range) => range.start >= oldest,
        };
        self.page.extend(page.found.into_iter().filter(is_kept));
        self.read_to = page.read_to.max(oldest - 1);
        Ok(())
    }

    fn held_page(&self, to: u64) -> Page {
        let rows = self.onlooker.log.held(self.read_to, to, PAGE);
        let is_full = rows.len() == PAGE;
        let last = rows.last().map(|(position, _)| *position);
        let wanted = rows
            .into_iter()
            .filter(|(_, row)| self.filter.accepts(row))
            .map(|(position, row)| Found::Event(position, row));
        Page {
            found: wanted.collect(),
            read_to: last.filter(|_| is_full).unwrap_or(to),
        }
    }
}

/// What was read at a time.
struct Page {
    found: Vec<Found>,
    read_to: u64,
}

fn stored_page(
    services: &Services,
    filter: &Filter,
    after: u64,
    to: u64,
) -> Result<Page, store::Error> {
    let mut found = Vec::new();
    let (mut num_rows, mut num_bytes) = (0, 0);
    let from = layout::log(after + 1);
    let tree = services.tree.as_str();
    for row in services.store.scan(tree, &[layout::LOG], Some(&from)) {
        let (key, value) = row?;
        let Some(position) = layout::parse_log(&key).filter(|position| *position <= to) else {
            break;
        };
        match serde_json::from_slice::<LogBody>(&value) {
            Ok(row) if filter.accepts(&row) => found.push(Found::Event(position, Arc::new(row))),
            Ok(_) => {}
            Err(error) => {
                tracing::error!(capability = services.capability, position, %error, "an event in the log cannot be read");
                found.push(Found::Gap(position..position + 1));
            }
        }
        num_rows += 1;
        num_bytes += value.len();
        if num_rows == PAGE || num_bytes >= PAGE_BYTES {
            return Ok(Page {
                found,
                read_to: position,
            });
        }
    }
    Ok(Page { found, read_to: to })
}

/// The positions in a capability's tree: the first and the one behind the last.
pub(crate) fn survey_log(
    store: &dyn store::Store,
    tree: &str,
) -> Result<Option<Range<u64>>, store::Error> {
    let Some((last, _)) = store.last(tree, &[layout::LOG])? else {
        return Ok(None);
    };
    let first = store.scan(tree, &[layout::LOG], None).next().transpose()?;
    let first = first.and_then(|(key, _)| layout::parse_log(&key));
    let last = layout::parse_log(&last);
    Ok(first.zip(last).map(|(first, last)| first..last + 1))
}

/// Deletes events that an earlier process kept and that are too many now, a page at a time.
pub(crate) async fn forget_events(services: Arc<Services>, mut positions: Range<u64>) {
    while !positions.is_empty() {
        let mut batch = Batch::new(services.tree.clone());
        for position in positions.by_ref().take(FORGET_ROWS) {
            batch.delete(layout::log(position));
        }
        if commit(&services, batch).await.is_err() {
            return;
        }
        services.clock.sleep(PAUSE).await;
    }
}
