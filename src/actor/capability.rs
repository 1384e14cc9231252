//! What an author implements: [`Capability`] with [`Handle`] for its messages and [`On`] for the events it listens to.
//!
//! `#[capability]` writes these implementations; every one of them could be written by hand.

use std::fmt;
use std::future::Future;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Binder, Cx};
use crate::contract::{Accepts, Contract, Emitted, Message, Outcome};

/// How many actors a capability has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Exactly one in the application.
    Singleton,
    /// One per key, activated by its first message.
    Keyed,
    /// Any number of equal ones: they keep no state that matters.
    Stateless,
}

/// Where turns run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Execution {
    /// On the caller's thread when the actor is idle, else on the actor's home thread. Handlers must not block.
    Async,
    /// On the pool for blocking work: handlers may block the thread or compute for long.
    Blocking,
}

/// What a capability reads from `[capabilities.<name>.settings]`. Implemented for every type that fits.
pub trait Settings: DeserializeOwned + JsonSchema + Send + Sync + 'static {}
impl<T: DeserializeOwned + JsonSchema + Send + Sync + 'static> Settings for T {}

/// A business capability: an actor type with exclusive state.
///
/// Its futures must be `Send`: a turn may begin on the caller's thread and go on elsewhere.
pub trait Capability: Send + Sized + 'static {
    /// The public face.
    type Contract: Contract;
    /// What `start` is given; `()` for none.
    type Settings: Settings;
    /// How many actors there are.
    const KIND: Kind;
    /// Whether its tables, events, sends and timers survive the process.
    const DURABLE: bool;
    /// Where its turns run.
    const EXECUTION: Execution;

    /// Makes the actor: when the application starts, at a key's first message, and after a panic.
    fn start(
        settings: Self::Settings,
        cx: &mut Cx<Self>,
    ) -> impl Future<Output = Result<Self, StartError>> + Send;

    /// Called once before the actor goes: when the application stops or a keyed actor has been idle for long.
    fn stop(&mut self, _cx: &mut Cx<Self>) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// Names what it handles besides reacting to calls: events and periods.
    fn bind(binder: &mut Binder<Self>);
}

/// Handles one message of the contract.
#[diagnostic::on_unimplemented(
    message = "capability `{Self}` does not handle `{M}`, which is a message of its contract",
    label = "no handler for `{M}`",
    note = "add `#[handle] async fn …(&mut self, message: {M}, cx: &mut Cx<Self>) -> …` to its `#[capability] impl`"
)]
pub trait Handle<M: Message>: Capability<Contract: Accepts<M>> {
    /// Whether every future of [`handle`](Self::handle) is ready when it is polled first: then its turns are run like functions,
    /// which costs about half. A turn that waits all the same is broken off. Default: `false`; `#[capability]` says `true` of
    /// methods without any `.await`.
    const NEVER_WAITS: bool = false;

    /// One turn. An `Err` rolls its writes, events, sends and timers back.
    fn handle(&mut self, message: M, cx: &mut Cx<Self>) -> impl Future<Output = Outcome<M>> + Send;
}

/// Listens to one event.
pub trait On<E: Emitted>: Capability {
    /// One turn. An `Err` rolls it back; the event comes again after a while, and at last goes to the dead letters.
    fn on(
        &mut self,
        event: E,
        cx: &mut Cx<Self>,
    ) -> impl Future<Output = Result<(), Refusal>> + Send;
}

/// Declares that a capability calls or sends to contract `C`: the edges of the call graph.
#[diagnostic::on_unimplemented(
    message = "capability `{Self}` does not declare that it uses `{C}`",
    label = "`{C}` is not declared",
    note = "add `uses({C})` to its `#[capability(…)]`"
)]
pub trait Uses<C: Contract> {}

/// Says that `Self` handles each message of the list `L`, and shows them to a visitor one by one.
#[diagnostic::on_unimplemented(
    message = "capability `{Self}` does not handle every message of its contract",
    label = "a handler is missing",
    note = "the messages of the contract are `{L}`"
)]
pub trait HandlesAll<L>: Capability {
    /// Shows each message to `visitor`, in the order of the contract.
    fn visit(visitor: &mut impl MessageVisitor<Self>);
}

/// Is shown the messages of a capability with their types.
pub trait MessageVisitor<A: Capability> {
    /// One message.
    fn message<M: Message>(&mut self)
    where
        A: Handle<M>,
        A::Contract: Accepts<M>;
}

impl<A: Capability> HandlesAll<()> for A {
    fn visit(_: &mut impl MessageVisitor<Self>) {}
}

impl<A, M, T> HandlesAll<(M, T)> for A
where
    M: Message,
    A: Handle<M> + HandlesAll<T>,
    A::Contract: Accepts<M>,
{
    fn visit(visitor: &mut impl MessageVisitor<Self>) {
        visitor.message::<M>();
        <A as HandlesAll<T>>::visit(visitor);
    }
}

/// Why an actor could not start. Any error converts into it with `?`, and then it is tried again later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartError {
    reason: String,
    is_of_key: bool,
}

impl StartError {
    /// A reason in words: what is wrong, where, and how to mend it. The start is tried again, with backoff.
    pub fn new(reason: impl fmt::Display) -> Self {
        Self {
            reason: reason.to_string(),
            is_of_key: false,
        }
    }

    /// There is no actor of this key, and never will be: it names nothing. Whoever calls it is told so at once, with
    /// [`CallError::InvalidKey`](crate::call::CallError::InvalidKey), and nothing is tried again. Of an actor without a key
    /// it is an error like any other.
    pub fn no_such_key(reason: impl fmt::Display) -> Self {
        Self {
            reason: reason.to_string(),
            is_of_key: true,
        }
    }

    /// Whether it is the key that cannot be.
    pub(crate) const fn is_of_key(&self) -> bool {
        self.is_of_key
    }
}

impl<E: std::error::Error> From<E> for StartError {
    fn from(error: E) -> Self {
        Self::new(error)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// Why a listener could not handle an event now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(String);

impl Refusal {
    /// A reason in words; it is logged, and kept with the dead letter if the event never succeeds.
    pub fn new(reason: impl fmt::Display) -> Self {
        Self(reason.to_string())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
