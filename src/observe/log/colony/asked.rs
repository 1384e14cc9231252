//! What operators ask processes about their logs, and what is said to it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::observe::log::{LevelChange, LevelInForce, LogFilter};
use crate::runtime::Verb;

/// Who has a log.
pub(super) struct Who;

impl Verb for Who {
    const NAME: &'static str = "log-who";
    type Asked = ();
    type Said = Writer;
}

/// The next page of a look at the log; why there is none.
pub(super) struct LookOn;

impl Verb for LookOn {
    const NAME: &'static str = "log-look";
    type Asked = PageAsked;
    type Said = Result<PageSaid, Refused>;
}

/// Goes on with a look, whose page is still being read.
pub(super) struct Renew;

impl Verb for Renew {
    const NAME: &'static str = "log-renew";
    type Asked = LookName;
    type Said = ();
}

/// Ends all looks of one operator.
pub(super) struct Leave;

impl Verb for Leave {
    const NAME: &'static str = "log-leave";
    type Asked = Leaving;
    type Said = ();
}

/// Who logs how much; changed first, if a change belongs to it.
pub(super) struct LevelsOf;

impl Verb for LevelsOf {
    const NAME: &'static str = "log-levels";
    type Asked = LevelsAsked;
    type Said = Result<LevelsSaid, String>;
}

/// A process with a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Writer {
    /// The node that it is.
    pub(crate) node: String,
    /// A name that no other process has.
    pub(crate) instance: String,
}

/// A look at a log: whose, and which of his.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct LookName {
    pub(super) operator: String,
    pub(super) number: u64,
}

/// Which page of a look is wanted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PageAsked {
    pub(super) look: LookName,
    /// From 0 on. The same is asked for again when its answer was lost; the first begins the look.
    pub(super) page: u64,
    pub(super) filter: LogFilter,
    /// How many earlier records come first.
    pub(super) lines: usize,
    /// How long the answer may wait for something to say.
    pub(super) wait_ms: u64,
}

/// A page; an empty one does not count.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PageSaid {
    pub(super) found: Vec<Found>,
    /// Whether more waits behind it already.
    #[serde(default)]
    pub(super) has_more: bool,
}

/// What stands in a page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Found {
    Record(Box<RawValue>),
    /// So many came faster than they were asked for.
    Missed(u64),
}

/// Why there is no page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Refused {
    /// The look is not there any more: it was not renewed.
    Unknown,
    /// As many look on as may.
    TooMany(usize),
}

/// Who leaves.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Leaving {
    pub(super) operator: String,
}

/// What is to be changed, if anything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct LevelsAsked {
    pub(super) change: Option<LevelsChange>,
}

/// A change of one capability's level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LevelsChange {
    pub(crate) capability: String,
    /// As it is written; none for the one before it was changed.
    pub(crate) level: Option<String>,
    /// For so long; else until it is changed.
    #[serde(default)]
    pub(crate) for_ms: Option<u64>,
}

/// The levels of a process, and what the change did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LevelsSaid {
    pub(crate) levels: Vec<LevelInForce>,
    #[serde(default)]
    pub(crate) change: Option<LevelChange>,
}
