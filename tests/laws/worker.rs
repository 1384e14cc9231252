//! A capability that is not durable: keeps notes in memory, waits at gates, panics on demand.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Cx, Message};

use crate::gate;

/// Notes a number of one sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub(crate) struct Note {
    pub(crate) sender: u64,
    pub(crate) number: u64,
}

/// As [`Note`], after letting others have a go.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub(crate) struct NoteSlowly {
    pub(crate) sender: u64,
    pub(crate) number: u64,
}

/// What was noted, in order: sender and number.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Vec<(u64, u64)>, idempotent)]
pub(crate) struct Notes {}

/// Waits at a gate.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub(crate) struct Pass {
    pub(crate) gate: String,
}

/// Is busy, though it lets others have a go, until the gate is open.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Spin {
    pub(crate) gate: String,
}

/// Tells itself to do the same again until the gate is open: its mailbox is never empty, and it waits for nothing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Chase {
    pub(crate) gate: String,
}

/// Answers with a random number.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub(crate) struct Random {}

/// Panics.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Boom {}

/// Panics without any macro: nothing of its handler could wait.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Trip {}

/// How much of the caller's time is left, in milliseconds.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Option<u64>)]
pub(crate) struct TimeLeft {}

skep::contract! {
    /// Keeps notes.
    pub(crate) Noting v1 { Note, NoteSlowly, Notes, Pass, Spin, Chase, Random, Boom, Trip, TimeLeft }
}

#[derive(Default)]
pub(crate) struct Worker {
    notes: Vec<(u64, u64)>,
    is_busy: bool,
}

#[skep::capability(contract = Noting, uses(Noting))]
impl Worker {
    /// Refuses, by a panic, to be in two turns at once.
    fn begin(&mut self) {
        assert!(
            !std::mem::replace(&mut self.is_busy, true),
            "two turns at once"
        );
    }

    fn end(&mut self) -> u64 {
        self.is_busy = false;
        self.notes.len() as u64
    }

    #[handle]
    async fn note(&mut self, m: Note) -> u64 {
        self.begin();
        self.notes.push((m.sender, m.number));
        self.end()
    }

    #[handle]
    async fn note_slowly(&mut self, m: NoteSlowly) -> u64 {
        self.begin();
        tokio::task::yield_now().await;
        self.notes.push((m.sender, m.number));
        tokio::task::yield_now().await;
        self.end()
    }

    #[handle]
    async fn notes(&mut self, _: Notes) -> Vec<(u64, u64)> {
        self.notes.clone()
    }

    #[handle]
    async fn pass(&mut self, m: Pass) -> u64 {
        self.begin();
        gate::pass(&m.gate).await;
        self.end()
    }

    #[handle]
    async fn spin(&mut self, m: Spin) {
        let mut passed = std::pin::pin!(gate::pass(&m.gate));
        while futures_util::poll!(passed.as_mut()).is_pending() {
            tokio::task::yield_now().await;
        }
    }

    #[handle]
    async fn chase(&mut self, m: Chase, cx: &mut Cx<Self>) {
        if !gate::is_open(&m.gate) {
            cx.to::<Noting>().try_tell(m).expect("room");
        }
    }

    #[handle]
    async fn random(&mut self, _: Random, cx: &mut Cx<Self>) -> u64 {
        cx.random()
    }

    #[handle]
    async fn trip(&mut self, _: Trip) {
        trip();
    }

    #[handle]
    async fn boom(&mut self, _: Boom) {
        panic!("told to panic");
    }

    #[handle]
    async fn time_left(&mut self, _: TimeLeft, cx: &mut Cx<Self>) -> Option<u64> {
        cx.time_left()
            .map(|left| u64::try_from(left.as_millis()).unwrap_or(u64::MAX))
    }
}

fn trip() {
    panic!("told to panic");
}
