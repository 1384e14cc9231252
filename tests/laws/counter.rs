//! The capability that most laws are tested with: counts, slowly if asked to, and panics on demand.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Cx, Event, Message, Never, StartError, Table};

/// Adds to the count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64, error = Odd)]
pub(crate) struct Add {
    pub(crate) number: u64,
}

/// Odd numbers may be refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Odd {
    pub(crate) number: u64,
}

/// Adds to the count, emits it, and then refuses or panics.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(error = Odd)]
pub(crate) struct AddAndFail {
    pub(crate) panic: bool,
}

/// What the count is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64, idempotent)]
pub(crate) struct Read {}

/// Takes its time, then adds one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub(crate) struct Slow {
    pub(crate) ms: u64,
}

/// Answers as much text as is asked for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = String)]
pub(crate) struct Echo {
    pub(crate) text: String,
    pub(crate) times: usize,
}

/// Adds to the count, later.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct AddLater {
    pub(crate) number: u64,
    pub(crate) ms: u64,
}

/// The count has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
pub(crate) struct Counted {
    pub(crate) total: u64,
}

skep::contract! {
    /// Counts.
    pub(crate) Counting v1 { Add, AddAndFail, Read, Slow, Echo, AddLater; emits Counted }
}

/// Keeps its count in a table; refuses the number 13.
pub(crate) struct Counter {
    totals: Table<String, u64>,
    busy: bool,
}

#[skep::capability(contract = Counting, durable)]
impl Counter {
    #[start]
    async fn open(cx: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            totals: cx.table("totals"),
            busy: false,
        })
    }

    fn total(&self) -> u64 {
        self.totals.get(&"all".to_owned()).unwrap_or(0)
    }

    fn add_number(&mut self, number: u64, cx: &mut Cx<Self>) -> u64 {
        let total = self.total() + number;
        self.totals.insert(&"all".to_owned(), &total);
        cx.emit(Counted { total });
        total
    }

    #[handle]
    async fn add(&mut self, m: Add, cx: &mut Cx<Self>) -> Result<u64, Odd> {
        let total = self.add_number(m.number, cx);
        if m.number == 13 {
            Err(Odd { number: 13 })
        } else {
            Ok(total)
        }
    }

    #[handle]
    async fn add_and_fail(&mut self, m: AddAndFail, cx: &mut Cx<Self>) -> Result<(), Odd> {
        self.add_number(1000, cx);
        tokio::task::yield_now().await;
        assert!(!m.panic, "told to panic");
        Err(Odd { number: 1000 })
    }

    #[handle]
    async fn read(&mut self, _: Read) -> u64 {
        self.total()
    }

    #[handle]
    async fn slow(&mut self, m: Slow, cx: &mut Cx<Self>) -> Result<u64, Never> {
        assert!(
            !std::mem::replace(&mut self.busy, true),
            "two turns at once"
        );
        tokio::time::sleep(Duration::from_millis(m.ms)).await;
        self.busy = false;
        Ok(self.add_number(1, cx))
    }

    #[handle]
    async fn echo(&mut self, m: Echo) -> String {
        m.text.repeat(m.times)
    }

    #[handle]
    async fn add_later(&mut self, m: AddLater, cx: &mut Cx<Self>) {
        cx.after(Duration::from_millis(m.ms), Add { number: m.number });
    }
}
