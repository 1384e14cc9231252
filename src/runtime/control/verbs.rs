//! The questions, each with what is asked and what is said to it.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::call::{Key, TraceContext, TraceId};
use crate::contract::Description;
use crate::delivery::{DeadLetter, DeadLetterError};
use crate::runtime::{CapabilityInfo, EmitError, EmittedEvent, Member, SetTimer};

/// A question to a process, and its answer.
pub(crate) trait Verb {
    /// Its name on the wire, one token.
    const NAME: &'static str;
    /// What belongs to the question.
    type Asked: Serialize + DeserializeOwned + Send + 'static;
    /// What is said to it.
    type Said: Serialize + DeserializeOwned + Send + 'static;
}

macro_rules! verbs {
    ($($(#[$doc:meta])* $verb:ident = $name:literal: $asked:ty => $said:ty;)+) => {
        $(
            $(#[$doc])*
            pub(in crate::runtime) struct $verb;

            impl Verb for $verb {
                const NAME: &'static str = $name;
                type Asked = $asked;
                type Said = $said;
            }
        )+
    };
}

verbs! {
    /// What it says of itself.
    Survey = "survey": () => Member;
    /// Who hosts a capability: only those answer who do.
    Hosts = "hosts": Of => Host;
    /// What a capability is, as those know it who host or call it: only they answer.
    Describe = "describe": Of => CapabilityInfo;
    /// The contracts that it knows otherwise than whoever asks.
    Contracts = "contracts": ContractsAsked => ContractsSaid;
    /// Emits an event in a capability's name.
    Emit = "emit": EmitAsked => Result<EmittedEvent, EmitError>;
    /// Its dead letters, a page at a time.
    DeadLettersOf = "dead-letters": LettersAsked => Result<LettersSaid, DeadLetterError>;
    /// Delivers a dead letter again.
    ReplayLetter = "replay-letter": LetterNumber => Result<(), DeadLetterError>;
    /// Forgets a dead letter.
    DropLetter = "drop-letter": LetterNumber => Result<(), DeadLetterError>;
    /// Its timers, or why they cannot be read.
    Timers = "timers": TimersAsked => Result<Vec<SetTimer>, String>;
    /// Its event log, a page at a time; or why it cannot be read.
    Log = "log": LogAsked => Result<LogSaid, String>;
    /// The spans that it remembers, a page at a time.
    Spans = "spans": SpansAsked => SpansSaid;
}

/// Which capability is meant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::runtime) struct Of {
    pub(in crate::runtime) capability: String,
}

/// The digests of the contracts that a process knows, by their names.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::runtime) struct ContractsAsked {
    pub(in crate::runtime) digests: BTreeMap<String, String>,
}

/// The contracts that a process knows otherwise.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::runtime) struct ContractsSaid {
    pub(in crate::runtime) node: String,
    pub(in crate::runtime) contracts: Vec<Description>,
    /// The process, by a name that no other has.
    #[serde(default)]
    pub(in crate::runtime) instance: String,
    /// When it began to join, in milliseconds since 1970; `None` once it knows that it may stay.
    #[serde(default)]
    pub(in crate::runtime) joining_since_ms: Option<u64>,
}

/// A process that hosts something.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::runtime) struct Host {
    pub(in crate::runtime) instance: String,
}

/// An event that is to be emitted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::runtime) struct EmitAsked {
    pub(in crate::runtime) capability: String,
    pub(in crate::runtime) event: String,
    pub(in crate::runtime) key: Option<Key>,
    /// JSON, or what was meant to be.
    pub(in crate::runtime) body: String,
    pub(in crate::runtime) trace: Option<TraceContext>,
}

/// Which dead letters are wanted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::runtime) struct LettersAsked {
    pub(in crate::runtime) capability: String,
    /// Those behind this number.
    pub(in crate::runtime) after: Option<u64>,
}

/// A page of dead letters.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::runtime) struct LettersSaid {
    pub(in crate::runtime) letters: Vec<DeadLetter>,
    /// Whether there are more behind them.
    pub(in crate::runtime) has_more: bool,
}

/// Which dead letter is meant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::runtime) struct LetterNumber {
    pub(in crate::runtime) capability: String,
    pub(in crate::runtime) number: u64,
}

/// Which timers are wanted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::runtime) struct TimersAsked {
    pub(in crate::runtime) capability: String,
    pub(in crate::runtime) num_max: usize,
}

/// Which page of an event log is wanted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::runtime) struct LogAsked {
    pub(in crate::runtime) capability: String,
    pub(in crate::runtime) event: Option<String>,
    pub(in crate::runtime) key: Option<Key>,
    pub(in crate::runtime) from: LogFrom,
    /// How long the answer may wait for something to say.
    pub(in crate::runtime) wait_ms: u64,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::runtime) enum LogFrom {
    /// With what happens from now on: answered at once, so that it is known where that is.
    Now,
    Oldest,
    After(u64),
}

/// A page of an event log.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::runtime) struct LogSaid {
    pub(in crate::runtime) found: Vec<LogFound>,
    /// Up to here all that was wanted is in the page.
    pub(in crate::runtime) read_to: u64,
}

/// What stands in a page.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::runtime) enum LogFound {
    Event {
        position: u64,
        /// The row as it lies in the log.
        row: Box<RawValue>,
    },
    /// These positions are not kept; the last one is not among them.
    Gap { from: u64, until: u64 },
}

/// Which spans are wanted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::runtime) struct SpansAsked {
    /// Those of one trace.
    pub(in crate::runtime) trace: Option<TraceId>,
    /// Without so many of the newest.
    pub(in crate::runtime) skipped: usize,
}

/// A page of spans, from the newest to the oldest.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::runtime) struct SpansSaid {
    /// Whose they are, so that the next page can be asked for.
    pub(in crate::runtime) instance: String,
    pub(in crate::runtime) spans: Vec<Box<RawValue>>,
    /// Whether there are more behind them.
    pub(in crate::runtime) has_more: bool,
}
