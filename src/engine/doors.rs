//! The doors of a hosted capability: one for each message, typed for calls of this process, by name for those that come as bytes.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::{Arc, Weak};
use std::task::Context;

use super::hosted::Hosted;
use super::served::Service;
use crate::actor::{Capability, Handle, MessageVisitor};
use crate::call::CallError;
use crate::call::cell::CallCell;
use crate::call::current::Polled;
use crate::call::route::{Door, LocalDoor, Offer, Run};
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
        let door: Box<dyn Door<M>> = Box::new(MessageDoor {
            hosted: Arc::downgrade(&self.hosted),
            message: PhantomData,
        });
        self.doors.push(Box::new(door));
    }
}

/// References to the capability lead here for as long as they are, and must not keep it beyond its runtime.
struct MessageDoor<A: Capability, M> {
    hosted: Weak<Hosted<A>>,
    message: PhantomData<fn() -> M>,
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

    fn run(&self, message: &mut Option<M>, polled: &Polled, cx: &mut Context<'_>) -> Run<M> {
        match self.hosted.upgrade() {
            Some(hosted) => hosted.run(message, polled, cx),
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
        let door: Arc<dyn Door<M>> = Arc::new(MessageDoor {
            hosted: Arc::downgrade(&self.hosted),
            message: PhantomData,
        });
        self.by_name.insert(M::NAME, Box::new(door));
    }
}
