//! What the commands read in the answers of a running process. Fields that are new are passed by, fields that are missing have a
//! neutral value, so that a command gets along with a process of another version.

use serde::Deserialize;
use serde_json::Value;

/// All capabilities.
#[derive(Debug, Deserialize)]
pub(super) struct Capabilities {
    pub(super) capabilities: Vec<Capability>,
    /// The processes of an application that is split.
    #[serde(default)]
    pub(super) processes: Option<Vec<Member>>,
    /// Those that it should have, and that do not answer.
    #[serde(default)]
    pub(super) missing: Vec<String>,
}

/// One process of a split application.
#[derive(Debug, Deserialize)]
pub(super) struct Member {
    pub(super) node: String,
    pub(super) pid: u64,
    #[serde(default)]
    pub(super) capabilities: Vec<String>,
}

/// A process that hosts a capability, and how it is there.
#[derive(Debug, Deserialize)]
pub(super) struct Host {
    pub(super) node: String,
    #[serde(default)]
    pub(super) pid: u64,
    #[serde(flatten)]
    pub(super) stats: Stats,
}

/// One capability.
#[derive(Debug, Deserialize)]
pub(super) struct Capability {
    pub(super) name: String,
    #[serde(default)]
    pub(super) version: u64,
    #[serde(default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) key: Option<String>,
    #[serde(default)]
    pub(super) durable: bool,
    #[serde(default)]
    pub(super) execution: String,
    #[serde(default)]
    pub(super) uses: Vec<String>,
    #[serde(default)]
    pub(super) listens: Vec<String>,
    #[serde(default)]
    pub(super) deadline: Option<String>,
    #[serde(default)]
    pub(super) contract: Contract,
    #[serde(default)]
    pub(super) stats: Stats,
    /// The node that should host it, if another process than this should.
    #[serde(default)]
    pub(super) node: Option<String>,
    #[serde(default)]
    pub(super) hosts: Vec<Host>,
    #[serde(default)]
    pub(super) latency: Option<Latency>,
}

/// What a capability says and takes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Contract {
    pub(super) doc: String,
    pub(super) messages: Vec<Message>,
    pub(super) events: Vec<Event>,
}

/// One message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Message {
    pub(super) name: String,
    pub(super) doc: String,
    pub(super) idempotent: bool,
    pub(super) request: Value,
    pub(super) reply: Value,
    pub(super) error: Option<Value>,
}

/// One event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    pub(super) name: String,
    pub(super) doc: String,
    pub(super) payload: Value,
}

/// What a capability has been doing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stats {
    pub(super) num_actors: u64,
    pub(super) num_turns: u64,
    pub(super) num_inline_turns: u64,
    pub(super) num_restarts: u64,
    pub(super) num_queued: u64,
    pub(super) num_undelivered: u64,
    pub(super) num_dead_letters: Option<u64>,
    pub(super) down: Vec<String>,
}

/// How long its turns take.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct Latency {
    pub(super) p50_us: Option<f64>,
    pub(super) p99_us: Option<f64>,
}

/// The process itself.
#[derive(Debug, Deserialize)]
pub(super) struct Process {
    pub(super) application: String,
    #[serde(default)]
    pub(super) version: String,
    pub(super) pid: u32,
    #[serde(default)]
    pub(super) uptime_ms: u64,
    #[serde(default)]
    pub(super) health: Health,
    #[serde(default)]
    pub(super) api: Option<String>,
}

/// Whether it can do its work.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Health {
    pub(super) status: String,
    pub(super) reason: Option<String>,
}

/// All dead letters.
#[derive(Debug, Deserialize)]
pub(super) struct DeadLetters {
    pub(super) dead_letters: Vec<DeadLetter>,
}

/// One dead letter.
#[derive(Debug, Deserialize)]
pub(super) struct DeadLetter {
    pub(super) number: u64,
    pub(super) capability: String,
    #[serde(default)]
    pub(super) target: String,
    #[serde(default)]
    pub(super) message: String,
    #[serde(default)]
    pub(super) attempts: u64,
    #[serde(default)]
    pub(super) reason: String,
    #[serde(default)]
    pub(super) at_ms: u64,
}

/// All timers.
#[derive(Debug, Deserialize)]
pub(super) struct Timers {
    pub(super) timers: Vec<Timer>,
}

/// One timer.
#[derive(Debug, Deserialize)]
pub(super) struct Timer {
    pub(super) capability: String,
    #[serde(default)]
    pub(super) key: Option<String>,
    #[serde(default)]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) due: String,
    #[serde(default)]
    pub(super) overdue_ms: Option<u64>,
}

/// What each process of a split application says.
#[derive(Debug, Deserialize)]
pub(super) struct Nodes<T> {
    pub(super) nodes: Vec<OfNode<T>>,
}

/// What one process says, or why it says nothing.
#[derive(Debug, Deserialize)]
pub(super) struct OfNode<T> {
    pub(super) node: String,
    #[serde(default)]
    pub(super) refused: Option<String>,
    #[serde(flatten)]
    pub(super) said: T,
}

/// Levels at which single capabilities log.
#[derive(Debug, Deserialize)]
pub(super) struct LogLevels {
    #[serde(default)]
    pub(super) default: String,
    #[serde(default)]
    pub(super) levels: Vec<LogLevel>,
}

/// The level at which one capability logs.
#[derive(Debug, Deserialize)]
pub(super) struct LogLevel {
    #[serde(default)]
    pub(super) capability: String,
    #[serde(default)]
    pub(super) level: String,
    #[serde(default)]
    pub(super) previous: Option<String>,
    #[serde(default)]
    pub(super) until: Option<String>,
}

/// The beginnings of traces.
#[derive(Debug, Deserialize)]
pub(super) struct Traces {
    pub(super) traces: Vec<Root>,
}

/// The beginning of a trace.
#[derive(Debug, Deserialize)]
pub(super) struct Root {
    pub(super) trace: String,
    #[serde(default)]
    pub(super) spans: Option<u64>,
    #[serde(flatten)]
    pub(super) step: Step,
}

/// One request with everything that it caused.
#[derive(Debug, Deserialize)]
pub(super) struct Trace {
    pub(super) trace: String,
    pub(super) spans: Vec<Span>,
}

/// One step of a trace, and which caused it.
#[derive(Debug, Deserialize)]
pub(super) struct Span {
    pub(super) span: String,
    #[serde(default)]
    pub(super) parent: Option<String>,
    #[serde(flatten)]
    pub(super) step: Step,
}

/// What a step of a trace did.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Step {
    pub(super) capability: String,
    pub(super) key: Option<String>,
    pub(super) kind: String,
    pub(super) message: String,
    pub(super) start: String,
    pub(super) duration_us: u64,
    pub(super) queued_us: Option<u64>,
    pub(super) inline: bool,
    pub(super) outcome: String,
}

impl Step {
    /// What was done to whom: `reservations[lisbon].reserve`.
    pub(super) fn what(&self) -> String {
        let key = self
            .key
            .as_ref()
            .map_or_else(String::new, |key| format!("[{key}]"));
        format!("{}{key}.{}", self.capability, self.message)
    }
}

/// The store of a running process.
#[derive(Debug, Deserialize)]
pub(super) struct Store {
    pub(super) engine: String,
    #[serde(default)]
    pub(super) path: Option<String>,
    #[serde(default)]
    pub(super) size_bytes: u64,
    #[serde(default)]
    pub(super) commits: Option<u64>,
    #[serde(default)]
    pub(super) trees: Vec<Tree>,
}

/// What one capability keeps in the store.
#[derive(Debug, Deserialize)]
pub(super) struct Tree {
    pub(super) name: String,
    #[serde(default)]
    pub(super) entries: Option<u64>,
    #[serde(default)]
    pub(super) bytes: Option<u64>,
}

/// What became of an emitted event.
#[derive(Debug, Deserialize)]
pub(super) struct Emitted {
    #[serde(default)]
    pub(super) event_id: Value,
    #[serde(default)]
    pub(super) listeners: Vec<String>,
}

/// How much a compaction gained.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Compacted {
    pub(super) before_bytes: Option<u64>,
    pub(super) after_bytes: Option<u64>,
}
