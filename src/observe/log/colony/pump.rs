//! [`Pump`]: asks one process for its log, page after page.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::asked::{Found, LookName, LookOn, PageAsked, PageSaid, Refused, Renew, Writer};
use super::tail::Told;
use crate::observe::log::LogFilter;
use crate::runtime::Runtime;

/// How long an answer may wait for something to say.
const WAIT: Duration = Duration::from_secs(2);
/// How much longer it may be on its way.
const LATE: Duration = Duration::from_secs(1);
/// How often a look is renewed while nobody takes what it gave.
const RENEW: Duration = Duration::from_secs(5);
/// The first pause before somebody who did not answer is asked again; doubled each time.
const PAUSE_MIN: Duration = Duration::from_millis(50);
/// The longest.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// After so many unanswered questions a process is taken for gone: about a minute.
const FAILURES_MAX: usize = 60;

static NEXT_LOOK: AtomicU64 = AtomicU64::new(0);

/// Asks one process for its log, page after page.
pub(super) struct Pump {
    runtime: Runtime,
    writer: Writer,
    filter: LogFilter,
    look: LookName,
    page: u64,
    lines: usize,
    /// What of its past nobody knows, because it did not answer for long.
    has_lost: bool,
}

/// How a pump ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Nobody wants to know any more.
    Unwanted,
    /// The process does not answer.
    Silent,
}

impl Pump {
    pub(super) fn new(runtime: &Runtime, writer: Writer, filter: &LogFilter, lines: usize) -> Self {
        let operator = runtime.identity().map(|(_, instance)| instance);
        Self {
            runtime: runtime.clone(),
            writer,
            filter: filter.clone(),
            look: LookName {
                operator: operator.unwrap_or_default(),
                number: NEXT_LOOK.fetch_add(1, Ordering::Relaxed),
            },
            page: 0,
            lines,
            has_lost: false,
        }
    }

    /// The same for a process that did not answer for a while, and does again.
    pub(super) fn resumed(self) -> Self {
        Self {
            lines: 0,
            has_lost: true,
            ..self
        }
    }

    /// Begins the look, and reads what there is. What comes from now on is not missed.
    pub(super) async fn begin(&mut self) -> Vec<Told> {
        let mut told = Vec::new();
        let most = self.lines.max(1);
        while told.len() < most {
            match self.ask(Duration::ZERO).await {
                Some(Ok(page)) => {
                    let (is_over, more) = (!page.has_more, self.took(page));
                    told.extend(more);
                    if is_over {
                        break;
                    }
                }
                Some(Err(refused)) => {
                    told.extend(self.refused(&refused));
                    break;
                }
                None => {
                    told.push(self.silent("no log of it answers"));
                    break;
                }
            }
        }
        told
    }

    /// Goes on until nobody wants to know any more, or the process does not answer any more.
    pub(super) async fn run(mut self, to: mpsc::Sender<Vec<Told>>) -> End {
        let clock = self.runtime.clock().clone();
        let (mut pause, mut num_failures) = (PAUSE_MIN, 0);
        if std::mem::take(&mut self.has_lost) && !self.hand_over(&to, vec![self.missed(None)]).await
        {
            return End::Unwanted;
        }
        loop {
            let said = tokio::select! {
                said = self.ask(WAIT) => said,
                () = to.closed() => return End::Unwanted,
            };
            let told = match said {
                Some(said) => {
                    (pause, num_failures) = (PAUSE_MIN, 0);
                    match said {
                        Ok(page) => self.took(page),
                        Err(refused) => self.refused(&refused),
                    }
                }
                None => {
                    num_failures += 1;
                    if num_failures >= FAILURES_MAX {
                        let silent = self.silent("its log does not answer any more");
                        self.hand_over(&to, vec![silent]).await;
                        return End::Silent;
                    }
                    clock.sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                    continue;
                }
            };
            if !told.is_empty() && !self.hand_over(&to, told).await {
                return End::Unwanted;
            }
        }
    }

    /// Hands over what was read. Whoever reads it may be slow: the look is renewed meanwhile. False when nobody wants it any more.
    async fn hand_over(&self, to: &mpsc::Sender<Vec<Told>>, told: Vec<Told>) -> bool {
        loop {
            tokio::select! {
                room = to.reserve() => {
                    return room.is_ok_and(|room| { room.send(told); true });
                }
                () = self.runtime.clock().sleep(RENEW) => {}
            }
            let instance = &self.writer.instance;
            // Should it be lost, the next comes in time.
            let _ = self
                .runtime
                .ask_process::<Renew>(instance, &self.look, LATE)
                .await;
        }
    }

    /// The next page; `None` when nobody answers.
    async fn ask(&self, wait: Duration) -> Option<Result<PageSaid, Refused>> {
        let asked = PageAsked {
            look: self.look.clone(),
            page: self.page,
            filter: self.filter.clone(),
            lines: self.lines,
            wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
        };
        let instance = &self.writer.instance;
        let said = self
            .runtime
            .ask_process::<LookOn>(instance, &asked, wait + LATE);
        said.await.ok()
    }

    fn took(&mut self, page: PageSaid) -> Vec<Told> {
        if !page.found.is_empty() {
            self.page += 1;
        }
        let told = page.found.into_iter().map(|found| match found {
            Found::Missed(number) => self.missed(Some(number)),
            Found::Record(record) => match serde_json::from_str::<Map<String, Value>>(record.get())
            {
                Ok(record) => Told::record(&self.writer.node, record),
                Err(_) => self.missed(Some(1)),
            },
        });
        told.collect()
    }

    /// The look is gone, or was never begun: it is begun anew.
    fn refused(&mut self, refused: &Refused) -> Vec<Told> {
        match refused {
            Refused::Unknown => {
                self.look.number = NEXT_LOOK.fetch_add(1, Ordering::Relaxed);
                (self.page, self.lines) = (0, 0);
                vec![self.missed(None)]
            }
            Refused::TooMany(number) => {
                vec![self.silent(&format!("{number} look on at it already, and no more may"))]
            }
        }
    }

    fn missed(&self, number: Option<u64>) -> Told {
        Told::missed(&self.writer.node, number)
    }

    fn silent(&self, reason: &str) -> Told {
        Told::silent(&self.writer.node, reason)
    }
}
