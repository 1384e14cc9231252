//! [`Looks`]: who looks on at the log of this process from afar. Each look is a queue of bounded length, from which pages are
//! asked for: nobody who logs waits, and nothing grows for whoever is slow or gone.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream;
use parking_lot::Mutex;
use serde_json::value::to_raw_value;
use tokio::sync::Notify;

use super::asked::{Found, LookName, PageAsked, PageSaid, Refused};
use crate::call::{Clock, Tick};
use crate::observe::log::{Follow, Followed, LogRecord, Logs};

/// How long a look is kept after it was asked for a page or renewed.
pub(super) const LEASE: Duration = Duration::from_secs(15);
/// Looks at one process at a time.
pub(super) const LOOKS_MAX: usize = 16;
/// Bytes of a page, besides its last record.
const PAGE_BYTES: usize = 128 * 1024;
/// A record that is larger is left out: with a page before it, it would not fit into a message.
const RECORD_BYTES_MAX: usize = 512 * 1024;
/// The longest that an answer waits for something to say, whatever is asked for.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// Who looks on at the log of this process from afar.
#[derive(Debug)]
pub(in crate::observe::log) struct Looks {
    logs: Logs,
    clock: Clock,
    open: Mutex<BTreeMap<LookName, Arc<Look>>>,
    /// Is told when a look was begun.
    begun: Notify,
}

#[derive(Debug)]
struct Look(Mutex<State>);

#[derive(Debug)]
struct State {
    follow: Follow,
    /// When it was asked for a page or renewed.
    renewed: Tick,
    /// The page that was given out last, with its number: asked for again when its answer was lost.
    given: Option<(u64, PageSaid)>,
    /// What did not fit into it.
    left: Option<Found>,
}

impl Looks {
    pub(in crate::observe::log) fn new(logs: &Logs, clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            logs: logs.clone(),
            clock,
            open: Mutex::default(),
            begun: Notify::new(),
        })
    }

    /// The page that is asked for; an empty one when there is nothing to say for as long as the answer may wait.
    pub(super) async fn page(self: Arc<Self>, asked: PageAsked) -> Result<PageSaid, Refused> {
        let look = self.look(&asked)?;
        let wait = Duration::from_millis(asked.wait_ms).min(WAIT_MAX);
        let page = poll_fn(|cx| look.0.lock().poll_page(asked.page, cx));
        let page = tokio::select! {
            biased;
            page = page => page,
            () = self.clock.sleep(wait) => PageSaid { found: Vec::new(), has_more: false },
        };
        Ok(page)
    }

    fn look(&self, asked: &PageAsked) -> Result<Arc<Look>, Refused> {
        let mut open = self.open.lock();
        if let Some(look) = open.get(&asked.look) {
            look.0.lock().renewed = self.clock.now();
            return Ok(Arc::clone(look));
        }
        if asked.page > 0 {
            return Err(Refused::Unknown);
        }
        if open.len() >= LOOKS_MAX {
            return Err(Refused::TooMany(LOOKS_MAX));
        }
        let look = Arc::new(Look(Mutex::new(State {
            follow: self.logs.follow(asked.filter.clone(), asked.lines),
            renewed: self.clock.now(),
            given: None,
            left: None,
        })));
        open.insert(asked.look.clone(), Arc::clone(&look));
        drop(open);
        self.begun.notify_one();
        Ok(look)
    }

    /// Keeps a look for a while longer.
    pub(super) fn renew(&self, look: &LookName) {
        if let Some(look) = self.open.lock().get(look) {
            look.0.lock().renewed = self.clock.now();
        }
    }

    /// Ends all looks of one operator.
    pub(super) fn leave(&self, operator: &str) {
        self.open.lock().retain(|look, _| look.operator != operator);
    }

    /// Ends looks that were not renewed.
    pub(in crate::observe::log) async fn keep_time(self: Arc<Self>) {
        loop {
            let begun = self.begun.notified();
            match self.end_due() {
                None => begun.await,
                Some(due) => tokio::select! {
                    () = self.clock.sleep_until(due) => {}
                    () = begun => {}
                },
            }
        }
    }

    /// Ends what is due; when to look again.
    fn end_due(&self) -> Option<Tick> {
        let now = self.clock.now();
        let due = |look: &Arc<Look>| look.0.lock().renewed.after(LEASE);
        let mut open = self.open.lock();
        open.retain(|_, look| due(look) > now);
        open.values().map(due).min()
    }
}

impl State {
    /// The page of this number: the same as before when that was not received, else the next, as soon as there is something to say.
    fn poll_page(&mut self, number: u64, cx: &mut Context<'_>) -> Poll<PageSaid> {
        if let Some((given, page)) = &self.given
            && *given == number
        {
            return Poll::Ready(page.clone());
        }
        let (mut found, mut num_bytes) = (Vec::new(), 0);
        let mut has_more = false;
        while let Some(next) = self.poll_found(cx) {
            num_bytes += size(&next);
            if num_bytes > PAGE_BYTES && !found.is_empty() {
                self.left = Some(next);
                has_more = true;
                break;
            }
            found.push(next);
        }
        if found.is_empty() {
            return Poll::Pending;
        }
        let page = PageSaid { found, has_more };
        self.given = Some((number, page.clone()));
        Poll::Ready(page)
    }

    /// What comes next, if it is there already.
    fn poll_found(&mut self, cx: &mut Context<'_>) -> Option<Found> {
        if let Some(left) = self.left.take() {
            return Some(left);
        }
        match Pin::new(&mut self.follow).poll_next(cx) {
            Poll::Ready(Some(Followed::Record(record))) => Some(told(&record)),
            Poll::Ready(Some(Followed::Missed(number))) => Some(Found::Missed(number)),
            // The log of this process is no more, and soon the process.
            Poll::Ready(None) | Poll::Pending => None,
        }
    }
}

fn told(record: &LogRecord) -> Found {
    match to_raw_value(record) {
        Ok(record) if record.get().len() <= RECORD_BYTES_MAX => Found::Record(record),
        _ => Found::Missed(1),
    }
}

fn size(found: &Found) -> usize {
    match found {
        Found::Record(record) => record.get().len() + 16,
        Found::Missed(_) => 32,
    }
}
