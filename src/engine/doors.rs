//! The doors of a hosted capability: one for each message, typed for calls of this process, by name for those that come as bytes.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::{Arc, Weak};
use std::task::Context;

use super::hosted::Hosted;
use super::instance::Instance;
use super::served::Service;
use crate::actor::{Capability, Handle, MessageVisitor};
use crate::call::CallError;
use crate::call::cell::CallCell;
use crate::call::current::Polled;
use crate::call::route::{Door, LocalDoor, Offer, RequestKind, Run};
use crate::contract::{Accepts, Contract, Message};

/// Makes a [`Door`] for each message.
pub(super) struct Doors<A: Capability> {
    pub(super) hosted: Arc<Hosted<A>>,
    pub(super) doors: Vec<LocalDoor>,
}

impl<A: Capability> MessageVisitor<A> for Doors<A> {
    fn message<M: Message>(&mut self)
    where
        A: Handle<M>,
        A::Contract: Accepts<M>,
    {
        let door: Box<dyn Door<M>> = Box::new(MessageDoor::new(&self.hosted));
        self.doors.push(Box::new(door));
    }
}

/// References to the capability lead here for as long as they are, and must not keep it beyond its runtime.
struct MessageDoor<A: Capability, M> {
    /// The only actor there is. It is found without counting who looks, and is empty when its runtime has ended.
    only: Option<Arc<Instance<A>>>,
    hosted: Weak<Hosted<A>>,
    message: PhantomData<fn() -> M>,
}

impl<A: Capability, M> MessageDoor<A, M> {
    fn new(hosted: &Arc<Hosted<A>>) -> Self {
        Self {
            only: hosted.only().cloned(),
            hosted: Arc::downgrade(hosted),
            message: PhantomData,
        }
    }
}

impl<A: Handle<M>, M: Message> Door<M> for MessageDoor<A, M> {
    fn offer(&self, cell: &Arc<CallCell<M>>, poll: Option<&mut Context<'_>>) -> Offer {
        match self.hosted.upgrade() {
            Some(hosted) => hosted.offer(cell, poll),
            None => Offer::Refused(CallError::Stopping {
                capability: <A::Contract as Contract>::NAME.to_owned(),
            }),
        }
    }

    fn run(
        &self,
        message: &mut Option<M>,
        polled: &Polled,
        kind: RequestKind,
        cx: &mut Context<'_>,
    ) -> Run<M> {
        if let Some(only) = &self.only {
            return only.run(message, polled, kind, cx);
        }
        match self.hosted.upgrade() {
            Some(hosted) => hosted.run(message, polled, kind, cx),
            None => Run::Not,
        }
    }
}

/// Makes a door for encoded calls for each message.
pub(super) struct EncodedDoors<A: Capability> {
    pub(super) hosted: Arc<Hosted<A>>,
    pub(super) by_name: BTreeMap<&'static str, Box<dyn Service>>,
}

impl<A: Capability> MessageVisitor<A> for EncodedDoors<A> {
    fn message<M: Message>(&mut self)
    where
        A: Handle<M>,
        A::Contract: Accepts<M>,
    {
        let door: Arc<dyn Door<M>> = Arc::new(MessageDoor::new(&self.hosted));
        self.by_name.insert(M::NAME, Box::new(door));
    }
}
