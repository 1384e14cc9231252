//! [`FarReader`]: reads the event log of a capability in other processes, as [`LogReader`](crate::delivery::LogReader) does in this one.
//!
//! Pages are asked for one after the other; an answer waits a while for something to say. Who hosts the capability may go
//! away and come back: it is asked again, behind what was read. Where several processes host it, each has a log of its own, and all of
//! them are read side by side.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::asking::{ask, processes};
use super::verbs::{Log, LogAsked, LogFound, LogFrom, LogSaid};
use crate::actor::event_log::LogBody;
use crate::actor::services::Tasks;
use crate::call::Clock;
use crate::delivery::{Filter, Found, ReadEnd, Start};
use crate::transport::{Network, Whom};

/// How long an answer may wait for something to say.
const WAIT: Duration = Duration::from_secs(2);
/// How much longer it may be on its way.
const LATE: Duration = Duration::from_secs(1);
/// The first pause before somebody who did not answer is asked again; doubled each time.
const PAUSE_MIN: Duration = Duration::from_millis(50);
/// The longest.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// How often is looked whether more processes host the capability.
const LOOK: Duration = Duration::from_secs(2);

/// After so many unanswered questions one of several processes is taken for gone: about a minute.
const FAILURES_MAX: usize = 60;

/// What is needed to look on from afar.
pub(in crate::runtime) struct Onlooking {
    pub(in crate::runtime) network: Arc<dyn Network>,
    pub(in crate::runtime) tasks: Tasks,
    pub(in crate::runtime) clock: Clock,
    pub(in crate::runtime) capability: String,
    pub(in crate::runtime) filter: Filter,
    /// How many processes host it.
    pub(in crate::runtime) num_hosts: usize,
}

/// Reads the log of a capability that others host.
pub(in crate::runtime) struct FarReader {
    pages: mpsc::Receiver<Result<Page, ReadEnd>>,
    page: VecDeque<Found>,
    read_to: u64,
    position: u64,
    has_begun: bool,
    /// Set where positions of several logs cannot be told apart: the last that was made up.
    made_up: Option<u64>,
}

struct Page {
    found: Vec<Found>,
    read_to: u64,
    /// Whether it is known from now on where the reading begins.
    begins: bool,
}

/// Asks for one log, page after page.
struct Pump {
    onlooking: Arc<Onlooking>,
    whom: Whom,
    from: LogFrom,
    pages: mpsc::Sender<Result<Page, ReadEnd>>,
    /// After so many failures it is given up.
    failures_max: usize,
}

impl FarReader {
    /// Begins to read.
    pub(in crate::runtime) fn new(onlooking: Onlooking, start: Start) -> Self {
        let (sender, pages) = mpsc::channel(1);
        let onlooking = Arc::new(onlooking);
        let tasks = onlooking.tasks.clone();
        let is_spread = onlooking.num_hosts > 1;
        let mut page = VecDeque::new();
        let (mut from, mut position) = match start {
            Start::Now => (LogFrom::Now, 0),
            Start::Oldest => (LogFrom::Oldest, 0),
            Start::After(position) => (LogFrom::After(position), position),
        };
        if is_spread {
            // Nobody can say where that was: as if the log had begun anew.
            if let Start::After(lost) = start {
                page.push_back(Found::Gap(lost.saturating_add(1)..1));
                from = LogFrom::Now;
            }
            position = 0;
            tasks.spawn(gather(onlooking, from, sender));
        } else {
            let pump = Pump {
                whom: Whom::Host(onlooking.capability.clone()),
                onlooking,
                from,
                pages: sender,
                failures_max: usize::MAX,
            };
            tasks.spawn(pump.run());
        }
        Self {
            pages,
            page,
            read_to: position,
            position,
            has_begun: false,
            made_up: is_spread.then_some(0),
        }
    }

    /// Everything up to this position was given out, or is not wanted.
    pub(in crate::runtime) const fn position(&self) -> u64 {
        self.position
    }

    /// What comes next; waits for it. Cancel safe: what was read is kept until it is given out.
    pub(in crate::runtime) async fn next(&mut self) -> Result<Found, ReadEnd> {
        loop {
            if let Some(found) = self.page.pop_front() {
                return Ok(self.given_out(found));
            }
            if self.made_up.is_none() {
                self.position = self.read_to;
            }
            self.receive().await?;
        }
    }

    /// Waits until it is known where it begins. Cancel safe.
    pub(in crate::runtime) async fn begun(&mut self) -> Result<(), ReadEnd> {
        while !self.has_begun {
            self.receive().await?;
        }
        Ok(())
    }

    async fn receive(&mut self) -> Result<(), ReadEnd> {
        let page = self.pages.recv().await.ok_or(ReadEnd::Stopped)??;
        self.has_begun |= page.begins;
        self.page.extend(page.found);
        self.read_to = page.read_to;
        Ok(())
    }

    fn given_out(&mut self, found: Found) -> Found {
        let Some(made_up) = &mut self.made_up else {
            self.position = match &found {
                Found::Event(position, _) => *position,
                Found::Gap(range) => range.end.saturating_sub(1),
            };
            return found;
        };
        match found {
            Found::Event(_, row) => {
                *made_up += 1;
                self.position = *made_up;
                Found::Event(*made_up, row)
            }
            gap @ Found::Gap(_) => gap,
        }
    }
}

impl Pump {
    async fn run(mut self) {
        let clock = self.onlooking.clock.clone();
        let (mut pause, mut num_failures) = (PAUSE_MIN, 0);
        loop {
            let said = tokio::select! {
                said = self.ask() => said,
                () = self.pages.closed() => return,
            };
            let page = match said {
                Some(Ok(page)) => {
                    (pause, num_failures) = (PAUSE_MIN, 0);
                    Ok(page)
                }
                Some(Err(reason)) => Err(ReadEnd::Store(reason)),
                None => {
                    num_failures += 1;
                    if num_failures >= self.failures_max {
                        return;
                    }
                    clock.sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                    continue;
                }
            };
            let has_failed = page.is_err();
            // Nobody is waked for a page that says nothing.
            let is_news = page.as_ref().map_or(true, |page| {
                !page.found.is_empty() || self.from != LogFrom::After(page.read_to)
            });
            if let Ok(page) = &page {
                self.from = LogFrom::After(page.read_to);
            }
            if is_news && self.pages.send(page).await.is_err() {
                return;
            }
            if has_failed {
                clock.sleep(PAUSE_MAX).await;
            }
        }
    }

    /// The next page, or why the log cannot be read; `None` when nobody answers.
    async fn ask(&self) -> Option<Result<Page, String>> {
        let Onlooking {
            network,
            capability,
            filter,
            ..
        } = &*self.onlooking;
        let asked = LogAsked {
            capability: capability.clone(),
            event: filter.event.clone(),
            key: filter.key.clone(),
            from: self.from,
            wait_ms: u64::try_from(WAIT.as_millis()).unwrap_or(u64::MAX),
        };
        let said = ask::<Log>(network, self.whom.clone(), &asked, WAIT + LATE).await;
        let begins = matches!(self.whom, Whom::Host(_));
        Some(said.ok()?.and_then(|said| page(said, begins)))
    }

    /// Reads the first page, so that it is known where to go on.
    async fn begin(&mut self) {
        if let Some(Ok(page)) = self.ask().await {
            self.from = LogFrom::After(page.read_to);
            if !page.found.is_empty() {
                let _ = self.pages.send(Ok(page)).await;
            }
        }
    }
}

fn page(said: LogSaid, begins: bool) -> Result<Page, String> {
    let found = said.found.into_iter().map(|found| match found {
        LogFound::Event { position, row } => {
            let row: LogBody = serde_json::from_str(row.get())
                .map_err(|error| format!("event {position} is not understood: {error}"))?;
            Ok(Found::Event(position, Arc::new(row)))
        }
        LogFound::Gap { from, until } => Ok(Found::Gap(from..until)),
    });
    Ok(Page {
        found: found.collect::<Result<_, String>>()?,
        read_to: said.read_to,
        begins,
    })
}

/// Reads the logs of all processes that host a capability, those that come later too.
async fn gather(
    onlooking: Arc<Onlooking>,
    from: LogFrom,
    pages: mpsc::Sender<Result<Page, ReadEnd>>,
) {
    let mut known: BTreeSet<String> = BTreeSet::new();
    let (mut from, mut has_begun) = (from, false);
    loop {
        let Onlooking {
            network,
            capability,
            num_hosts,
            ..
        } = &*onlooking;
        let found = tokio::select! {
            found = processes(network, capability, *num_hosts) => found,
            () = pages.closed() => return,
        };
        for whom in found {
            let is_new = match &whom {
                Whom::Process(instance) => known.insert(instance.clone()),
                Whom::Host(_) => false,
            };
            if is_new {
                let mut pump = Pump {
                    onlooking: Arc::clone(&onlooking),
                    whom,
                    from,
                    pages: pages.clone(),
                    failures_max: FAILURES_MAX,
                };
                pump.begin().await;
                onlooking.tasks.spawn(pump.run());
            }
        }
        if !known.is_empty() && !std::mem::replace(&mut has_begun, true) {
            // Who comes later has said nothing before.
            from = LogFrom::Oldest;
            let begun = Page {
                found: Vec::new(),
                read_to: 0,
                begins: true,
            };
            let _ = pages.send(Ok(begun)).await;
        }
        tokio::select! {
            () = onlooking.clock.sleep(LOOK) => {}
            () = pages.closed() => return,
        }
    }
}
