//! Durable capabilities that get what others let out: a ledger that enters numbers, and a clerk that asks and sends to it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Cx, Event, Message, StartError, Table};

use crate::counter::{Counted, Counting};
use crate::gate;

/// What was entered, in order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Vec<u64>, idempotent)]
pub(crate) struct Entries {}

/// Enters a number; answers with how many there are.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64, error = Spoiled)]
pub(crate) struct Enter {
    pub(crate) number: u64,
}

/// From now on this number goes wrong, as long as the fuse blows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Spoil {
    pub(crate) number: u64,
    pub(crate) fuse: String,
    /// By a panic, or else by an error.
    pub(crate) panic: bool,
}

/// From now on each number that is entered waits at this gate.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Slacken {
    pub(crate) gate: Option<String>,
}

/// The number was spoiled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Spoiled {
    pub(crate) number: u64,
}

skep::contract! {
    /// Enters numbers.
    pub(crate) Ledgers v1 { Entries, Enter, Spoil, Slacken }
}

/// Enters the totals of the counter, and what it is sent.
pub(crate) struct Ledger {
    entries: Table<u64, u64>,
    spoils: Table<u64, Spoil>,
    gates: Table<(), String>,
}

#[skep::capability(contract = Ledgers, durable, uses(Counting))]
impl Ledger {
    #[start]
    async fn open(cx: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            entries: cx.table("entries"),
            spoils: cx.table("spoils"),
            gates: cx.table("gates"),
        })
    }

    async fn add(&mut self, number: u64) -> Result<u64, Spoiled> {
        if let Some(gate) = self.gates.get(&()) {
            gate::pass(&gate).await;
        }
        let position = self.entries.iter().count() as u64 + 1;
        self.entries.insert(&position, &number);
        let spoil = self.spoils.get(&number);
        match spoil.filter(|spoil| gate::blows(&spoil.fuse)) {
            Some(Spoil { panic: true, .. }) => panic!("number {number} is spoiled"),
            Some(_) => Err(Spoiled { number }),
            None => Ok(position),
        }
    }

    #[handle]
    async fn entries(&mut self, _: Entries) -> Vec<u64> {
        self.entries.iter().map(|(_, number)| number).collect()
    }

    #[handle]
    async fn enter(&mut self, m: Enter) -> Result<u64, Spoiled> {
        self.add(m.number).await
    }

    #[handle]
    async fn spoil(&mut self, m: Spoil) {
        self.spoils.insert(&m.number, &m);
    }

    #[handle]
    async fn slacken(&mut self, m: Slacken) {
        match m.gate {
            Some(gate) => self.gates.insert(&(), &gate),
            None => drop(self.gates.remove(&())),
        }
    }

    #[on]
    async fn counted(&mut self, e: Counted) -> Result<(), String> {
        let added = self.add(e.total).await;
        added.map(drop).map_err(|spoiled| format!("{spoiled:?}"))
    }
}

/// What the clerk does with a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Errand {
    /// Sends it to the ledger.
    Send,
    /// Asks the ledger to enter it.
    Ask,
    /// Enters it later, by a timer to itself.
    Later { ms: u64 },
    /// Makes it known.
    Emit,
    /// Writes it down.
    Write,
}

/// Runs errands with a number, and then fails as long as the fuse blows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64, error = Spoiled)]
pub(crate) struct Run {
    pub(crate) number: u64,
    pub(crate) errands: Vec<Errand>,
    #[serde(default)]
    pub(crate) fuse: Option<String>,
    #[serde(default)]
    pub(crate) panic: bool,
}

/// Asks the ledger about each of the counter's totals, failing afterwards as long as the fuse blows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Follow {
    pub(crate) fuse: String,
}

/// What the clerk has written down.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Vec<u64>, idempotent)]
pub(crate) struct Written {}

/// The clerk makes a number known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
pub(crate) struct Announced {
    pub(crate) number: u64,
}

skep::contract! {
    /// Runs errands.
    pub(crate) Clerking v1 { Run, Follow, Written; emits Announced }
}

pub(crate) struct Clerk {
    written: Table<u64, u32>,
    fuses: Table<(), String>,
}

#[skep::capability(contract = Clerking, durable, uses(Ledgers))]
impl Clerk {
    #[start]
    async fn open(cx: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            written: cx.table("written"),
            fuses: cx.table("fuses"),
        })
    }

    #[handle]
    async fn run(&mut self, m: Run, cx: &mut Cx<Self>) -> Result<u64, Spoiled> {
        let mut answer = 0;
        for errand in &m.errands {
            match errand {
                Errand::Send => cx.send::<Ledgers, _>(Enter { number: m.number }),
                Errand::Emit => cx.emit(Announced { number: m.number }),
                Errand::Ask => {
                    let entered = cx.to::<Ledgers>().ask(Enter { number: m.number }).await;
                    answer = entered.expect("the ledger enters it");
                }
                Errand::Later { ms } => {
                    let later = Run {
                        errands: vec![Errand::Write],
                        ..m.clone()
                    };
                    cx.after(Duration::from_millis(*ms), later);
                }
                Errand::Write => {
                    let times = self.written.get(&m.number).unwrap_or(0);
                    self.written.insert(&m.number, &(times + 1));
                }
            }
        }
        if m.fuse.as_deref().is_some_and(gate::blows) {
            assert!(!m.panic, "told to panic");
            return Err(Spoiled { number: m.number });
        }
        Ok(answer)
    }

    #[handle]
    async fn follow(&mut self, m: Follow) {
        self.fuses.insert(&(), &m.fuse);
    }

    #[handle]
    async fn written(&mut self, _: Written) -> Vec<u64> {
        let rows = self.written.iter();
        rows.flat_map(|(number, times)| std::iter::repeat_n(number, times as usize))
            .collect()
    }

    #[on]
    async fn counted(&mut self, e: Counted, cx: &mut Cx<Self>) {
        let Some(fuse) = self.fuses.get(&()) else {
            return;
        };
        let number = 1000 + e.total;
        let entered = cx.to::<Ledgers>().ask(Enter { number }).await;
        entered.expect("the ledger enters it");
        cx.send::<Ledgers, _>(Enter {
            number: number + 1000,
        });
        assert!(!gate::blows(&fuse), "told to panic after asking");
    }
}
