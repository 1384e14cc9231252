//! actix: on the caller's thread where there is one thread, else on one arbiter of its own.

use std::fmt;
use std::future::Future;
use std::thread;

use actix::{
    Actor, ActorFutureExt, Addr, ArbiterHandle, AtomicResponse, Context, Handler, Message,
    ResponseFuture, WrapFuture,
};
use actix_rt::System;
use tokio::runtime::Handle;

use super::heard::HEARD;
use super::peer::{Asked, Chained, Emitting, LINKS, LISTENERS, MAILBOX, Peer, spin};
use crate::report::Role;
use crate::threads::actix_thread;

/// Where actors live.
#[derive(Debug, Clone)]
pub enum Actix {
    /// On this thread, whose system somebody else ends.
    Here,
    /// On the arbiter of a thread of their own.
    There(ArbiterHandle, System),
}

/// An actor of every kind.
#[derive(Default)]
pub struct Counter {
    total: u64,
    next: Option<Addr<Self>>,
    listeners: Vec<Addr<Self>>,
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Counter({})", self.total)
    }
}

impl Actor for Counter {
    type Context = Context<Self>;

    fn started(&mut self, cx: &mut Self::Context) {
        cx.set_mailbox_capacity(MAILBOX);
    }
}

#[derive(Message)]
#[rtype(result = "u64")]
struct Add(u64);

#[derive(Message)]
#[rtype(result = "u64")]
struct AddYielding(u64);

#[derive(Message)]
#[rtype(result = "u64")]
struct AddSpinning(u64);

#[derive(Message)]
#[rtype(result = "u64")]
struct Pass;

#[derive(Message)]
#[rtype(result = "()")]
struct Announce;

#[derive(Message)]
#[rtype(result = "()")]
struct Hear;

impl Handler<Add> for Counter {
    type Result = ResponseFuture<u64>;

    fn handle(&mut self, m: Add, _: &mut Self::Context) -> Self::Result {
        self.total += m.0;
        let total = self.total;
        Box::pin(async move { total })
    }
}

impl Handler<AddYielding> for Counter {
    type Result = AtomicResponse<Self, u64>;

    fn handle(&mut self, m: AddYielding, _: &mut Self::Context) -> Self::Result {
        let yielded = tokio::task::yield_now().into_actor(self);
        AtomicResponse::new(Box::pin(yielded.map(move |(), actor, _| {
            actor.total += m.0;
            actor.total
        })))
    }
}

impl Handler<AddSpinning> for Counter {
    type Result = ResponseFuture<u64>;

    fn handle(&mut self, m: AddSpinning, _: &mut Self::Context) -> Self::Result {
        self.total += m.0 + spin();
        let total = self.total;
        Box::pin(async move { total })
    }
}

impl Handler<Pass> for Counter {
    type Result = AtomicResponse<Self, u64>;

    fn handle(&mut self, m: Pass, _: &mut Self::Context) -> Self::Result {
        let next = self.next.clone();
        let passed = async move {
            match next {
                Some(next) => 1 + next.send(m).await.expect("a reply"),
                None => 1,
            }
        };
        AtomicResponse::new(Box::pin(passed.into_actor(self)))
    }
}

impl Handler<Announce> for Counter {
    type Result = ();

    fn handle(&mut self, _: Announce, _: &mut Self::Context) {
        self.listeners
            .iter()
            .for_each(|listener| listener.do_send(Hear));
    }
}

impl Handler<Hear> for Counter {
    type Result = ();

    fn handle(&mut self, _: Hear, _: &mut Self::Context) {
        HEARD.hear();
    }
}

impl Actix {
    fn actor(&self, counter: Counter) -> Addr<Counter> {
        match self {
            Self::Here => counter.start(),
            Self::There(arbiter, _) => Counter::start_in_arbiter(arbiter, |_| counter),
        }
    }
}

impl Peer for Actix {
    const NAME: &'static str = "actix";
    const ROLE: Role = Role::Peer;
    type One = Addr<Counter>;
    type Many = Addr<Counter>;
    type Chain = Addr<Counter>;
    type Emitter = Addr<Counter>;

    async fn start(_: Handle) -> Self {
        if System::try_current().is_some() {
            return Self::Here;
        }
        let system = actix_thread().await;
        Self::There(system.arbiter().clone(), system)
    }

    fn one(&self) -> Addr<Counter> {
        self.actor(Counter::default())
    }

    fn many(&self, _: u64) -> Addr<Counter> {
        self.one()
    }

    fn chain(&self) -> Addr<Counter> {
        (1..LINKS).fold(self.one(), |next, _| {
            self.actor(Counter {
                next: Some(next),
                ..Counter::default()
            })
        })
    }

    fn emitter(&self) -> Addr<Counter> {
        self.actor(Counter {
            listeners: (0..LISTENERS).map(|_| self.one()).collect(),
            ..Counter::default()
        })
    }

    async fn stop(self) {
        if let Self::There(_, system) = self {
            system.stop();
        }
    }

    fn alone<F>(work: F) -> F::Output
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        // A thread of its own, since a system is a thread's as long as it lives.
        let thread =
            thread::spawn(|| System::new().block_on(async { actix_rt::spawn(work).await }));
        let done = thread.join().expect("the thread of a round ends");
        done.expect("the work of a round ends")
    }
}

impl Asked for Addr<Counter> {
    async fn ask(&self, number: u64) -> u64 {
        self.send(Add(number)).await.expect("a reply")
    }

    async fn ask_yielding(&self, number: u64) -> u64 {
        self.send(AddYielding(number)).await.expect("a reply")
    }

    async fn ask_spinning(&self, number: u64) -> u64 {
        self.send(AddSpinning(number)).await.expect("a reply")
    }

    /// actix has no send that waits for room: this one ignores the bound.
    async fn tell(&self, number: u64) {
        self.do_send(Add(number));
    }
}

impl Chained for Addr<Counter> {
    async fn pass(&self) -> u64 {
        self.send(Pass).await.expect("a reply")
    }
}

impl Emitting for Addr<Counter> {
    async fn announce(&self) {
        self.send(Announce).await.expect("a reply");
    }
}
