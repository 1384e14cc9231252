//! [`Network`]: what joins this process with others, whatever carries it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::actor::Group;
use crate::actor::services::Services;
use crate::call::route::Remote;
use crate::delivery::DeliveryPolicy;
use crate::engine::parcel::Receiver;
use crate::transport::frame::Frame;

/// What is known of a capability of another process.
#[derive(Debug, Clone)]
pub(crate) struct Far {
    pub(crate) capability: &'static str,
    /// Whether it remembers what it has handled, so that the same message may come twice.
    pub(crate) remembers: bool,
    /// Messages that may be handled twice.
    pub(crate) idempotent: BTreeSet<String>,
    /// Whether others than skep may serve it: they do not say what they are at work on.
    pub(crate) is_foreign: bool,
    /// How many messages may be told at a time without knowing whether there is room for them.
    pub(crate) window: usize,
}

/// A capability of this process that others may call.
#[derive(Clone)]
pub(crate) struct Near {
    pub(crate) capability: &'static str,
    pub(crate) version: u32,
    /// The digest of the contract's shape.
    pub(crate) digest: String,
    /// What it is, in one line.
    pub(crate) about: String,
    /// How long a call may take that does not say.
    pub(crate) deadline: Duration,
    /// Its messages, by name.
    pub(crate) messages: Vec<String>,
    /// The largest message, in bytes.
    pub(crate) message_size: usize,
    /// Whether no other process may host it at the same time.
    pub(crate) is_exclusive: bool,
    pub(crate) remote: Arc<dyn Remote>,
}

/// Who listens, and to what.
pub(crate) struct Listener {
    pub(crate) services: Arc<Services>,
    pub(crate) receiver: Arc<dyn Receiver>,
    pub(crate) policy: DeliveryPolicy,
    /// Contract, event and who of several replicas gets it.
    pub(crate) events: Vec<(String, String, Group)>,
    /// Set for a capability that other processes host as well: a name of this process, one token.
    pub(crate) shared_as: Option<String>,
}

/// What one capability needs of the network.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) capability: String,
    /// Who listens to it, and to which of its events; without what each instance of a listener hears for itself.
    pub(crate) listeners: BTreeMap<String, BTreeSet<String>>,
}

/// What a process brings to the others.
pub(crate) struct Joining {
    /// What they can call.
    pub(crate) near: Vec<Near>,
    /// What hears them.
    pub(crate) listeners: Vec<Listener>,
    /// Which events and sends there are, whoever hosts what.
    pub(crate) wanted: Vec<Wanted>,
    /// What answers for the process itself.
    pub(crate) answering: Answering,
    /// What finds out whether it may join them.
    pub(crate) agreeing: Agreeing,
    /// What finds out, once it has joined, whether it may stay: others may have joined at the same moment.
    pub(crate) settling: Agreeing,
}

/// Finds out, once the network is there, whether a process gets along with the others; if not, why.
pub(crate) type Agreeing =
    Arc<dyn Fn(Arc<dyn Network>) -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Answers what is asked of a process and not of a capability: a verb and what belongs to it; `None` when the verb is not known.
pub(crate) type Answering =
    Arc<dyn Fn(String, Vec<u8>) -> BoxFuture<'static, Option<Vec<u8>>> + Send + Sync>;

/// Which process is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whom {
    /// The one that hosts a capability; one of them, where several do.
    Host(String),
    /// The one of this name, that no other has.
    Process(String),
}

/// A capability, or a service of somebody else, as one process that serves it tells of it.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) version: u32,
    /// What it is, in one line.
    pub(crate) about: String,
    /// What keeps applications apart, if it serves calls as a capability does.
    pub(crate) namespace: Option<String>,
    /// Its messages.
    pub(crate) messages: Vec<String>,
}

/// Why there is no answer of another process.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unanswered {
    /// Nobody listens.
    #[error("no process answers for it")]
    Nobody,
    /// Nothing was said in time.
    #[error("its process does not answer")]
    Silent,
    /// What was asked or said cannot be read.
    #[error("its process answers something else than was asked: {0}")]
    Garbled(String),
}

/// Why this process cannot be one of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// In words, with what helps.
    pub(crate) reason: String,
    /// Whether what carries the network does not let it do what it has to.
    pub(crate) is_of_permission: bool,
}

impl Refusal {
    /// One that is not for want of permission.
    pub(crate) const fn because(reason: String) -> Self {
        Self {
            reason,
            is_of_permission: false,
        }
    }
}

/// Whether this process is joined with the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Not yet, or not at the moment: what is missing.
    Away(String),
    /// Others can call it, and it them.
    Joined,
    /// It never will be, or must not be any more.
    Refused(Refusal),
    /// Not any more: it has left.
    Left,
}

/// What joins this process with others.
pub(crate) trait Network: Send + Sync {
    /// The way to a capability of another process.
    fn caller(&self, far: Far) -> Arc<dyn Remote>;

    /// What takes the letters for [`EVENTS`](crate::actor::outgoing::EVENTS): events that others may listen to.
    fn events(&self) -> Arc<dyn Receiver>;

    /// What takes the letters for a capability of another process.
    fn sends_to(&self, capability: &str) -> Arc<dyn Receiver>;

    /// Lets others reach this process, as soon as the network is there.
    fn join(self: Arc<Self>, joining: Joining);

    /// Asks every process of the colony, this one too, and gathers what they say: until `expected` have answered, or for a
    /// second. Where it is not known how many there are, until no more say anything for a while.
    fn ask_all(
        self: Arc<Self>,
        verb: &'static str,
        body: Vec<u8>,
        expected: Option<usize>,
    ) -> BoxFuture<'static, Vec<Vec<u8>>>;

    /// Everything that serves calls on the network, of whatever application.
    fn services(self: Arc<Self>) -> BoxFuture<'static, Vec<Service>>;

    /// Looks on without being seen: nobody can call this process. Ends when the network is there, or with what is missing.
    fn attach(self: Arc<Self>) -> BoxFuture<'static, Result<(), String>>;

    /// What the server has refused last to this process, if anything.
    fn refusal(self: Arc<Self>) -> Option<String>;

    /// Sends a call as it is, whatever it says, and waits so long for what is answered.
    #[cfg_attr(
        not(feature = "gateway"),
        expect(dead_code, reason = "only the check of contracts probes")
    )]
    fn probe(
        self: Arc<Self>,
        capability: &str,
        message: &str,
        call: Frame,
        patience: Duration,
    ) -> BoxFuture<'static, Result<Frame, Unanswered>>;

    /// Asks one process, and waits so long for what it says.
    fn ask(
        self: Arc<Self>,
        whom: Whom,
        verb: &'static str,
        body: Vec<u8>,
        patience: Duration,
    ) -> BoxFuture<'static, Result<Vec<u8>, Unanswered>>;
    /// Whether calls of this process are under way to others, or theirs to it.
    fn has_calls(&self) -> bool;

    /// Whether nothing is on its way to this process or from it, as far as can be asked.
    fn is_idle(self: Arc<Self>) -> BoxFuture<'static, bool>;

    /// Who this process is in the colony: the node, and a name that no other process has.
    fn identity(&self) -> (&str, &str);

    /// Whether this process is joined with the others, and when that changes.
    fn presence(&self) -> watch::Receiver<Presence>;

    /// Takes no more calls of others. Ends when those that were taken are answered, and all that was said until then has come.
    fn leave(self: Arc<Self>) -> BoxFuture<'static, ()>;

    /// Lets go of everything at once, without a word to others: as a process that is killed.
    fn abandon(&self);
}
