//! The hot paths, each gone as often as asked for.
//!
//! What runs on the caller's thread from beginning to end is counted as it is in production. What would go to another thread is counted
//! with caller and actors on one: how often threads wake each other is different in every run, by more than half.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::config::Sources;
use skep::testing::{Colony, Placement, Time};
use skep::{Cx, Message, Ref, Runtime, RuntimeError, StartError, Table};
use tokio::join;

/// A hot path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// An `ask` of an idle actor: its turn runs on the caller's thread.
    AskInline,
    /// The same of one of many actors, found by its key.
    AskKeyed,
    /// A `tell` to an idle actor whose turns are short.
    Tell,
    /// Two asks of one actor: the turn of the first lets others go first, and so the second waits in the mailbox.
    AskQueued,
    /// An `ask` in the placement `wire`: message and reply go through their codec.
    AskWire,
    /// An `ask` whose turn writes a row of a table and commits it, in memory: what skep does for it, without the store's own work.
    DurableCommit,
}

/// Times before anything is the same each time: maps and buffers have grown then.
const WARM: u64 = 100;

#[derive(Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
struct Add {
    number: u64,
}

#[derive(Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
struct AddYielding {
    number: u64,
}

skep::contract! { Counting v1 { Add, AddYielding } }
skep::contract! { Keeping v1 { Add } }
skep::contract! { Tallies v1 keyed by name { Add } }

#[derive(Default)]
struct Counter {
    total: u64,
}

#[skep::capability(contract = Counting)]
impl Counter {
    #[handle]
    async fn add(&mut self, m: Add) -> u64 {
        self.total += m.number;
        self.total
    }

    #[handle]
    async fn add_yielding(&mut self, m: AddYielding) -> u64 {
        tokio::task::yield_now().await;
        self.total += m.number;
        self.total
    }
}

#[derive(Default)]
struct Tally {
    total: u64,
}

#[skep::capability(contract = Tallies)]
impl Tally {
    #[handle]
    async fn add(&mut self, m: Add) -> u64 {
        self.total += m.number;
        self.total
    }
}

struct Keeper {
    totals: Table<u64, u64>,
}

#[skep::capability(contract = Keeping, durable)]
impl Keeper {
    #[start]
    async fn open(cx: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            totals: cx.table("totals"),
        })
    }

    #[handle]
    async fn add(&mut self, m: Add) -> u64 {
        self.totals.insert(&0, &m.number);
        m.number
    }
}

impl Way {
    /// All of them.
    pub(crate) const ALL: [Self; 6] = [
        Self::AskInline,
        Self::AskKeyed,
        Self::Tell,
        Self::AskQueued,
        Self::AskWire,
        Self::DurableCommit,
    ];

    /// As in the file of counts.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::AskInline => "ask-inline",
            Self::AskKeyed => "ask-keyed",
            Self::Tell => "tell",
            Self::AskQueued => "ask-queued",
            Self::AskWire => "ask-wire",
            Self::DurableCommit => "durable-commit",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }

    /// How often it is gone to be counted: enough for what happens once in a while to weigh what it weighs.
    pub(crate) const fn times(self) -> u64 {
        match self {
            Self::AskInline | Self::AskKeyed | Self::Tell => 20_000,
            Self::AskQueued | Self::AskWire | Self::DurableCommit => 5000,
        }
    }

    /// Goes it so many times.
    pub(crate) fn go(self, times: u64) {
        let is_alone = matches!(self, Self::AskQueued | Self::AskWire);
        let executor = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(is_alone)
            .build()
            .expect("an executor");
        // A caller is a task, as it is in an application.
        let task = executor.spawn(async move {
            let runtime = self.start().await;
            match self {
                Self::AskInline | Self::AskWire => ask(&runtime.get(), WARM + times).await,
                Self::Tell => tell(&runtime.get(), WARM + times).await,
                Self::AskKeyed => ask_keyed(&runtime.get(), WARM + times).await,
                Self::AskQueued => ask_busy(&runtime.get(), WARM + times).await,
                Self::DurableCommit => commit(&runtime.get(), WARM + times).await,
            }
            runtime.stop().await;
        });
        executor.block_on(task).expect("the way is gone");
    }

    async fn start(self) -> Runtime {
        let sources = Sources::of("instructions")
            .set("runtime.arbiters=1")
            .set("runtime.seed=1");
        let threaded = Runtime::builder();
        let started = match self {
            Self::AskInline | Self::Tell => {
                threaded.sources(sources).with::<Counter>().start().await
            }
            Self::AskKeyed => threaded.sources(sources).with::<Tally>().start().await,
            Self::DurableCommit => {
                let sources = sources.set("defaults.durability=memory");
                threaded.sources(sources).with::<Keeper>().start().await
            }
            Self::AskQueued => alone(Placement::Local).await,
            Self::AskWire => alone(Placement::Wire).await,
        };
        started.expect("skep starts")
    }
}

/// Caller and actors on one thread.
async fn alone(placement: Placement) -> Result<Runtime, RuntimeError> {
    let colony = Colony::new(placement, Time::Virtual).with::<Counter>();
    colony.try_start().await
}

async fn ask(counting: &Ref<Counting>, times: u64) {
    for number in 0..times {
        counting.ask(Add { number }).await.expect("a reply");
    }
}

async fn tell(counting: &Ref<Counting>, times: u64) {
    for number in 0..times {
        counting.tell(Add { number }).await.expect("room");
    }
}

/// All actors are made while it warms up.
async fn ask_keyed(tallies: &Ref<Tallies>, times: u64) {
    for number in 0..times {
        let tally = tallies.key(number % WARM);
        tally.ask(Add { number }).await.expect("a reply");
    }
}

/// The turn of the first ask is not over when the second one comes.
async fn ask_busy(counting: &Ref<Counting>, times: u64) {
    for number in 0..times {
        let first = counting.ask(AddYielding { number });
        let second = counting.ask(Add { number });
        let (first, second) = join!(first, second);
        first.and(second).expect("replies");
    }
}

async fn commit(keeping: &Ref<Keeping>, times: u64) {
    for number in 0..times {
        keeping.ask(Add { number }).await.expect("a reply");
    }
}
