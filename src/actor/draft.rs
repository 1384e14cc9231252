//! What a turn is about to commit: its buffered writes, laid over what earlier turns wrote and the store does not have yet.
//!
//! A turn reads its own writes and those of earlier turns whose commits are still under way. It ends by being *sealed*
//! into one batch, or *dropped* without a trace.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;

use super::event_log::{LogBody, Shelved};
use super::layout;
use super::outgoing::{Letter, LetterBody};
use super::services::{News, Posted, Services};
use crate::call::{CallError, Key};
use crate::store::{self, Batch, State};

/// A key and its value.
pub(crate) type Row = (Vec<u8>, Vec<u8>);

/// Rows in the order of their keys.
type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// The draft of one actor.
pub(crate) struct Draft {
    services: Arc<Services>,
    actor: Option<Key>,
    /// Made for the first table or the first write: most of a million idle actors have neither.
    sheet: OnceLock<Sheet>,
}

/// What is written on an actor's draft. Its tables, and its commits under way, share it.
#[derive(Clone)]
pub(crate) struct Sheet(Arc<Inner>);

struct Inner {
    services: Arc<Services>,
    /// Made at the first write, and gone when all is durable: an idle actor needs none.
    overlay: Mutex<Option<Box<Overlay>>>,
    /// Whether it is there, written under its lock: who runs the actor need not lock what nobody has made.
    is_written: AtomicBool,
}

#[derive(Default)]
struct Overlay {
    /// The running turn's writes; `None` deletes.
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    letters: Vec<Letter>,
    /// Events for the log.
    noted: Vec<Arc<LogBody>>,
    timer_due_ms: Option<u64>,
    /// Writes of earlier turns whose commits are under way, with the number of the commit.
    flying: BTreeMap<Vec<u8>, (u64, Option<Vec<u8>>)>,
    sealed: u64,
    landed: u64,
}

/// What there is to commit at a turn's end.
pub(crate) enum Sealing {
    /// Nothing, and nothing to wait for.
    Nothing,
    /// Nothing, but commits of earlier turns are under way: a reply must wait for what its turn could have seen.
    Barrier,
    /// The turn's batch.
    Batch(Box<Sealed>),
}

/// A turn's end, ready for the committer.
pub(crate) struct Sealed {
    pub(crate) batch: Batch,
    /// The number to [`land`](Draft::land) when the batch is durable.
    pub(crate) commit: u64,
    pub(crate) news: News,
    /// The turn's events, on their way to onlookers.
    pub(crate) shelved: Option<Shelved>,
}

impl Sheet {
    fn new(services: Arc<Services>) -> Self {
        Self(Arc::new(Inner {
            services,
            overlay: Mutex::new(None),
            is_written: AtomicBool::new(false),
        }))
    }

    pub(crate) fn services(&self) -> &Arc<Services> {
        &self.0.services
    }

    fn with<T>(&self, work: impl FnOnce(&mut Overlay) -> T) -> T {
        let mut overlay = self.0.overlay.lock();
        self.0.is_written.store(true, Ordering::Release);
        work(overlay.get_or_insert_default())
    }

    /// The value of a key as this turn sees it.
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, store::Error> {
        if let Some(overlay) = &*self.0.overlay.lock() {
            if let Some(written) = overlay.writes.get(key) {
                return Ok(written.clone());
            }
            if let Some((_, written)) = overlay.flying.get(key) {
                return Ok(written.clone());
            }
        }
        self.0
            .services
            .store
            .get(self.0.services.tree.as_str(), key)
    }

    pub(crate) fn put(&self, key: Vec<u8>, value: Vec<u8>) {
        self.with(|overlay| overlay.writes.insert(key, Some(value)));
    }

    pub(crate) fn delete(&self, key: Vec<u8>) {
        self.with(|overlay| overlay.writes.insert(key, None));
    }

    /// Up to `limit` rows whose keys begin with `prefix`, in order, beginning at `from`, as this turn sees them; and
    /// the key to go on from, when there may be more.
    pub(crate) fn page(
        &self,
        prefix: &[u8],
        from: &[u8],
        limit: usize,
    ) -> Result<(Vec<Row>, Option<Vec<u8>>), store::Error> {
        loop {
            let landed = self.landed();
            let (mut rows, next) = self.stored_page(prefix, from, limit)?;
            let overlay = self.0.overlay.lock();
            // What landed while we read is in neither: the store was read before, the overlay has let it go.
            if overlay.as_ref().map(|overlay| overlay.landed) != landed {
                continue;
            }
            if let Some(overlay) = &*overlay {
                overlay.lay_over(&mut rows, prefix, from, next.as_deref());
            }
            return Ok((rows.into_iter().collect(), next));
        }
    }

    /// The number of the last commit that is durable. It only changes while commits of earlier turns are under way.
    fn landed(&self) -> Option<u64> {
        let overlay = self.0.overlay.lock();
        overlay.as_ref().map(|overlay| overlay.landed)
    }

    fn stored_page(
        &self,
        prefix: &[u8],
        from: &[u8],
        limit: usize,
    ) -> Result<(Rows, Option<Vec<u8>>), store::Error> {
        let services = &self.0.services;
        let stored = services
            .store
            .scan(services.tree.as_str(), prefix, Some(from));
        let mut rows = BTreeMap::new();
        for row in stored {
            let (key, value) = row?;
            if rows.len() == limit {
                return Ok((rows, Some(key)));
            }
            rows.insert(key, value);
        }
        Ok((rows, None))
    }

    /// The commit with this number, and so all before it, is durable.
    pub(crate) fn land(&self, commit: u64) {
        let mut guard = self.0.overlay.lock();
        let Some(overlay) = &mut *guard else { return };
        overlay.landed = overlay.landed.max(commit);
        overlay.flying.retain(|_, (number, _)| *number > commit);
        let idle = overlay.flying.is_empty() && overlay.is_blank();
        if idle && overlay.landed == overlay.sealed {
            *guard = None;
            self.0.is_written.store(false, Ordering::Release);
        }
    }
}

impl Draft {
    pub(crate) fn new(services: Arc<Services>, actor: Option<Key>) -> Self {
        Self {
            services,
            actor,
            sheet: OnceLock::new(),
        }
    }

    pub(crate) fn services(&self) -> &Arc<Services> {
        &self.services
    }

    pub(crate) fn actor(&self) -> Option<&Key> {
        self.actor.as_ref()
    }

    /// What is written on it, to be shared.
    pub(crate) fn sheet(&self) -> &Sheet {
        self.sheet
            .get_or_init(|| Sheet::new(Arc::clone(&self.services)))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Overlay) -> T) -> T {
        self.sheet().with(work)
    }

    /// Looks at what is written, if anything is.
    fn look<T>(&self, look: impl FnOnce(&mut Overlay) -> T) -> Option<T> {
        let sheet = self.sheet.get()?;
        sheet.0.overlay.lock().as_deref_mut().map(look)
    }

    /// As [`Sheet::get`].
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, store::Error> {
        match self.sheet.get() {
            Some(sheet) => sheet.get(key),
            None => self.services.store.get(self.services.tree.as_str(), key),
        }
    }

    pub(crate) fn put(&self, key: Vec<u8>, value: Vec<u8>) {
        self.sheet().put(key, value);
    }

    pub(crate) fn delete(&self, key: Vec<u8>) {
        self.sheet().delete(key);
    }

    /// Adds an event or a send to what the turn lets out.
    pub(crate) fn post(&self, letter: Letter) {
        self.with(|overlay| overlay.letters.push(letter));
    }

    /// Adds an event to the log, if the turn succeeds.
    pub(crate) fn note(&self, event: LogBody) {
        self.with(|overlay| overlay.noted.push(Arc::new(event)));
    }

    /// How many letters the running turn has posted.
    pub(crate) fn num_letters(&self) -> usize {
        self.look(|overlay| overlay.letters.len()).unwrap_or(0)
    }

    /// Notes that the turn sets a timer.
    pub(crate) fn timer_set(&self, due_ms: u64) {
        self.with(|overlay| {
            overlay.timer_due_ms = Some(
                overlay
                    .timer_due_ms
                    .map_or(due_ms, |known| known.min(due_ms)),
            );
        });
    }

    /// Forgets what the running turn wrote.
    pub(crate) fn drop_turn(&self) {
        self.look(|overlay| {
            overlay.writes.clear();
            overlay.letters.clear();
            overlay.noted.clear();
            overlay.timer_due_ms = None;
        });
    }

    /// Whether nothing is written and no commit is under way. May say no where yes would do.
    #[inline]
    pub(crate) fn is_blank(&self) -> bool {
        match self.sheet.get() {
            Some(sheet) => !sheet.0.is_written.load(Ordering::Acquire),
            None => true,
        }
    }

    /// Turns the running turn's writes into one batch, if there are any. After an error the turn is as it was, to be
    /// [dropped](Self::drop_turn).
    pub(crate) fn seal(&self) -> Result<Sealing, CallError> {
        let Some(sheet) = self.sheet.get() else {
            return Ok(Sealing::Nothing);
        };
        let mut guard = sheet.0.overlay.lock();
        let Some(overlay) = &mut *guard else {
            return Ok(Sealing::Nothing);
        };
        if overlay.is_blank() {
            let is_barrier = overlay.sealed > overlay.landed;
            return Ok(if is_barrier {
                Sealing::Barrier
            } else {
                Sealing::Nothing
            });
        }
        let services = &self.services;
        let mut news = News {
            lanes: Vec::new(),
            timer_due_ms: overlay.timer_due_ms,
        };
        let mut batch = Batch::new(services.tree.clone());
        for letter in &overlay.letters {
            let row =
                LetterBody::encode(letter).map_err(|error| storage(services.capability, &error))?;
            let sequence = services.next_sequence();
            batch.put(layout::outbox(&letter.target, &letter.lane, sequence), row);
            news.lanes.push(Posted {
                target: Arc::clone(&letter.target),
                lane: Arc::clone(&letter.lane),
                sequence,
            });
        }
        for (key, value) in &overlay.writes {
            match value {
                Some(value) => batch.put(key.clone(), value.clone()),
                None => batch.delete(key.clone()),
            }
        }
        let shelved = services
            .log
            .shelve(&overlay.noted, &mut batch)
            .map_err(|error| storage(services.capability, &error))?;
        batch
            .check()
            .map_err(|error| storage(services.capability, &error))?;
        services
            .backlog
            .fetch_add(overlay.letters.len() as u64, Ordering::Relaxed);
        let commit = overlay.take_off();
        Ok(Sealing::Batch(Box::new(Sealed {
            batch,
            commit,
            news,
            shelved,
        })))
    }

    /// Whether a commit of this actor is under way: a reply must wait for what its turn could have seen.
    pub(crate) fn has_flying(&self) -> bool {
        self.look(|overlay| overlay.sealed > overlay.landed)
            .unwrap_or(false)
    }

    /// Whether a commit of this actor is under way that can still succeed.
    pub(crate) fn awaits_commit(&self) -> bool {
        self.has_flying() && self.services.committer.state() == State::Running
    }
}

impl Overlay {
    /// Whether the running turn has left nothing to commit yet.
    fn is_blank(&self) -> bool {
        self.writes.is_empty() && self.letters.is_empty() && self.noted.is_empty()
    }

    /// The turn's writes are on their way to the store; gives the commit its number.
    fn take_off(&mut self) -> u64 {
        self.sealed += 1;
        let commit = self.sealed;
        let writes = std::mem::take(&mut self.writes);
        self.flying.extend(
            writes
                .into_iter()
                .map(|(key, value)| (key, (commit, value))),
        );
        self.letters.clear();
        self.noted.clear();
        self.timer_due_ms = None;
        commit
    }

    /// Lays what is not in the store yet over a page of rows, within `from..before`.
    fn lay_over(
        &self,
        rows: &mut BTreeMap<Vec<u8>, Vec<u8>>,
        prefix: &[u8],
        from: &[u8],
        before: Option<&[u8]>,
    ) {
        let range = (
            Bound::Included(from),
            before.map_or(Bound::Unbounded, Bound::Excluded),
        );
        let flying = self
            .flying
            .range::<[u8], _>(range)
            .map(|(key, (_, value))| (key, value));
        let writes = self.writes.range::<[u8], _>(range);
        for (key, value) in flying
            .chain(writes)
            .filter(|(key, _)| key.starts_with(prefix))
        {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
    }
}

/// The platform's error for a store that could not be read, or a record that could not be written.
pub(crate) fn storage(capability: &str, error: &dyn std::fmt::Display) -> CallError {
    CallError::Storage {
        capability: capability.to_owned(),
        reason: error.to_string(),
        tried: false,
    }
}
