//! [`ColonyTail`]: the log of all processes of a colony, put together as it comes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::asked::{Leave, Leaving, Writer};
use super::pump::{End, Pump};
use super::who::{NoSuchNode, present, writers};
use crate::observe::log::LogFilter;
use crate::runtime::Runtime;

/// How often is looked whether there are more processes.
const LOOK: Duration = Duration::from_secs(2);
/// Who comes later has said so much before at most.
const LATE_LINES: usize = 1024;

/// What somebody wants to see of a colony's log.
#[derive(Debug, Clone)]
pub(crate) struct TailAsked {
    pub(crate) filter: LogFilter,
    /// How many earlier records come first, of all processes together.
    pub(crate) lines: usize,
    /// Whether what comes is wanted too.
    pub(crate) is_followed: bool,
    /// Only this one.
    pub(crate) node: Option<String>,
}

/// The log of all processes of a colony: earlier records in the order of their times, then what comes as it comes.
///
/// Takes memory for two pages of each process; who does not keep up is told how many records of which process are left out.
#[derive(Debug)]
pub(crate) struct ColonyTail {
    waiting: VecDeque<Told>,
    told: mpsc::Receiver<Vec<Told>>,
}

/// What a colony's log has to tell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told(What);

#[derive(Debug, Clone, PartialEq)]
enum What {
    /// A record, with its node.
    Record(Map<String, Value>),
    /// What is not a record.
    Note(Value),
}

/// What is known of a process that was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Read,
    /// It did not answer any more.
    Lost,
}

/// Looks at all processes, those too that come later.
struct Gathering {
    runtime: Runtime,
    asked: TailAsked,
    /// By their names, which no two have.
    known: Arc<Mutex<BTreeMap<String, State>>>,
    to: mpsc::Sender<Vec<Told>>,
}

impl ColonyTail {
    /// Begins: what is logged from when it returns is not missed.
    ///
    /// # Errors
    ///
    /// [`NoSuchNode`]
    pub(crate) async fn begin(runtime: &Runtime, asked: TailAsked) -> Result<Self, NoSuchNode> {
        let writers = writers(runtime, asked.node.as_deref()).await?;
        let missing = writers.missing.iter();
        let mut waiting: VecDeque<Told> = missing
            .map(|node| Told::silent(node, "no log of it answers"))
            .collect();
        let pumps = writers.present.into_iter().map(|writer| {
            let mut pump = Pump::new(runtime, writer.clone(), &asked.filter, asked.lines);
            async move {
                let told = pump.begin().await;
                (writer, pump, told)
            }
        });
        let pumps = join_all(pumps).await;
        let (sender, told) = mpsc::channel(1);
        let gathering = Gathering {
            runtime: runtime.clone(),
            known: Arc::default(),
            to: sender,
            asked,
        };
        let mut earlier = Vec::new();
        for (writer, pump, told) in pumps {
            earlier.extend(told);
            if gathering.asked.is_followed {
                gathering.read(writer, pump);
            }
        }
        waiting.extend(in_order(earlier, gathering.asked.lines));
        if gathering.asked.is_followed {
            runtime.spawn(gathering.run());
        } else {
            leave(runtime).await;
        }
        Ok(Self { waiting, told })
    }

    /// What comes next; `None` at the end.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub(crate) async fn next(&mut self) -> Option<Told> {
        loop {
            if let Some(told) = self.waiting.pop_front() {
                return Some(told);
            }
            self.waiting.extend(self.told.recv().await?);
        }
    }
}

/// Lets all processes know that this one looks on no more.
pub(crate) async fn leave(runtime: &Runtime) {
    if let Some((_, operator)) = runtime.identity() {
        runtime
            .ask_processes::<Leave>(&Leaving { operator }, None)
            .await;
    }
}

impl Gathering {
    async fn run(self) {
        loop {
            tokio::select! {
                () = self.runtime.clock().sleep(LOOK) => {}
                () = self.to.closed() => break,
            }
            for writer in present(&self.runtime, None).await {
                let wanted = self.asked.node.as_ref();
                if wanted.is_some_and(|node| *node != writer.node) {
                    continue;
                }
                let state = self.known.lock().get(&writer.instance).copied();
                let pump = || {
                    Pump::new(
                        &self.runtime,
                        writer.clone(),
                        &self.asked.filter,
                        LATE_LINES,
                    )
                };
                match state {
                    Some(State::Read) => {}
                    Some(State::Lost) => self.read(writer.clone(), pump().resumed()),
                    None => self.read(writer.clone(), pump()),
                }
            }
        }
        leave(&self.runtime).await;
    }

    fn read(&self, writer: Writer, pump: Pump) {
        let (known, to) = (Arc::clone(&self.known), self.to.clone());
        known.lock().insert(writer.instance.clone(), State::Read);
        self.runtime.spawn(async move {
            if pump.run(to).await == End::Silent {
                known.lock().insert(writer.instance, State::Lost);
            }
        });
    }
}

/// The last records in the order of their times, and before them what is to be said about them.
fn in_order(told: Vec<Told>, lines: usize) -> impl Iterator<Item = Told> {
    let (mut records, mut all): (Vec<Told>, Vec<Told>) =
        told.into_iter().partition(|told| told.at().is_some());
    records.sort_by_key(Told::at);
    all.extend(records.split_off(records.len().saturating_sub(lines)));
    all.into_iter()
}

impl Told {
    pub(super) fn record(node: &str, mut record: Map<String, Value>) -> Self {
        record.insert("node".to_owned(), node.into());
        Self(What::Record(record))
    }

    /// So many records are left out here; nobody knows how many when it is not said.
    pub(super) fn missed(node: &str, number: Option<u64>) -> Self {
        Self(What::Note(json!({ "node": node, "missed": number })))
    }

    /// A process says nothing: why.
    pub(super) fn silent(node: &str, reason: &str) -> Self {
        Self(What::Note(json!({ "node": node, "silent": reason })))
    }

    /// When it was logged; `None` for what is no record.
    fn at(&self) -> Option<Timestamp> {
        match &self.0 {
            What::Record(record) => {
                let at = record.get("at").and_then(Value::as_str);
                Some(at.and_then(|at| at.parse().ok()).unwrap_or_default())
            }
            What::Note(_) => None,
        }
    }

    /// As a JSON object: a record has its node in it.
    pub(crate) fn json(self) -> Value {
        match self.0 {
            What::Record(record) => Value::Object(record),
            What::Note(note) => note,
        }
    }
}
