//! Where a capability names what it listens to and what it does periodically.

use std::fmt;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::capability::{Capability, Handle, HandlesAll, MessageVisitor, On, Refusal, Uses};
use super::cx::Cx;
use crate::call::Key;
use crate::contract::{Accepts, Contract, Description, Emitted, Event, Message};

/// Who gets an event when a capability has several actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// One of them.
    Balanced,
    /// Each of them.
    Broadcast,
}

/// A turn for something that arrived as bytes.
pub(crate) type Runner<A> =
    Box<dyn for<'t> FnOnce(&'t mut A, &'t mut Cx<A>) -> BoxFuture<'t, Result<(), Refusal>> + Send>;

/// Reads bytes and makes a turn of them.
pub(crate) type Decode<A> = fn(&[u8]) -> Result<Runner<A>, serde_json::Error>;

/// Reads the key that an event belongs to.
pub(crate) type KeyOf = dyn Fn(&[u8]) -> Result<Key, serde_json::Error> + Send + Sync;

/// One event that a capability listens to.
pub(crate) struct EventBinding<A: Capability> {
    pub(crate) contract: &'static str,
    pub(crate) event: &'static str,
    pub(crate) group: Group,
    pub(crate) key_of: Option<Box<KeyOf>>,
    pub(crate) decode: Decode<A>,
}

/// One message, as durable sends and timers deliver it.
pub(crate) struct MessageBinding<A: Capability> {
    pub(crate) message: &'static str,
    pub(crate) decode: Decode<A>,
}

/// One thing done periodically.
pub(crate) struct Periodic<A: Capability> {
    pub(crate) handler: &'static str,
    pub(crate) period: Duration,
    pub(crate) run: PeriodicRun<A>,
}

/// An `#[every]` method.
pub(crate) type PeriodicRun<A> =
    for<'t> fn(&'t mut A, &'t mut Cx<A>) -> BoxFuture<'t, Result<(), Refusal>>;

/// Collects what a capability reacts to.
pub struct Binder<A: Capability> {
    pub(crate) messages: Vec<MessageBinding<A>>,
    pub(crate) events: Vec<EventBinding<A>>,
    pub(crate) periodics: Vec<Periodic<A>>,
    pub(crate) uses: Vec<&'static str>,
    /// The same contracts as data.
    pub(crate) used: Vec<fn() -> Description>,
}

impl<A: Capability> Binder<A> {
    pub(crate) fn new() -> Self {
        Self {
            messages: Vec::new(),
            events: Vec::new(),
            periodics: Vec::new(),
            uses: Vec::new(),
            used: Vec::new(),
        }
    }

    /// Binds every message of the contract to its handler.
    pub fn messages(&mut self)
    where
        A: HandlesAll<<<A as Capability>::Contract as Contract>::Messages>,
    {
        A::visit(self);
    }

    /// Declares that it calls or sends to another contract: an edge of the call graph.
    pub fn uses<C: Contract>(&mut self)
    where
        A: Uses<C>,
    {
        self.uses.push(C::NAME);
        self.used.push(C::describe);
    }

    /// Listens to an event. `key` says to which actor of a keyed capability it goes.
    pub fn on<E: Emitted>(
        &mut self,
        _handler: &'static str,
        group: Group,
        key: Option<fn(&E) -> Key>,
    ) where
        A: On<E>,
    {
        self.events.push(EventBinding {
            contract: <E::By as Contract>::NAME,
            event: <E as Event>::NAME,
            group,
            key_of: key.map(|key| {
                let key_of =
                    move |body: &[u8]| serde_json::from_slice::<E>(body).map(|event| key(&event));
                Box::new(key_of) as Box<KeyOf>
            }),
            decode: |body| {
                let event: E = serde_json::from_slice(body)?;
                Ok(Box::new(move |actor: &mut A, cx: &mut Cx<A>| {
                    actor.on(event, cx).boxed()
                }))
            },
        });
    }

    /// Calls a method every `period`, first one period after the actor's first start.
    pub fn every(&mut self, handler: &'static str, period: Duration, run: PeriodicRun<A>) {
        self.periodics.push(Periodic {
            handler,
            period,
            run,
        });
    }
}

impl<A: Capability> MessageVisitor<A> for Binder<A> {
    fn message<M: Message>(&mut self)
    where
        A: Handle<M>,
        A::Contract: Accepts<M>,
    {
        self.messages.push(MessageBinding {
            message: M::NAME,
            decode: |body| {
                let message: M = serde_json::from_slice(body)?;
                Ok(Box::new(move |actor: &mut A, cx: &mut Cx<A>| {
                    async move {
                        match actor.handle(message, cx).await {
                            Ok(_) => Ok(()),
                            Err(refusal) => Err(Refusal::new(format_args!("{refusal:?}"))),
                        }
                    }
                    .boxed()
                }))
            },
        });
    }
}

impl<A: Capability> fmt::Debug for Binder<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let events: Vec<_> = self
            .events
            .iter()
            .map(|binding| (binding.contract, binding.event))
            .collect();
        f.debug_struct("Binder")
            .field("events", &events)
            .finish_non_exhaustive()
    }
}
