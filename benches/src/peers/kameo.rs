//! kameo, with a bounded mailbox.

use kameo::Actor;
use kameo::actor::{ActorRef, Spawn};
use kameo::mailbox;
use kameo::message::{Context, Message};
use tokio::runtime::Handle;

use super::heard::HEARD;
use super::peer::{Asked, Chained, Emitting, LINKS, LISTENERS, MAILBOX, Peer, spin};
use crate::report::Role;

/// Actors are tasks of one runtime.
#[derive(Debug, Clone)]
pub struct Kameo(Handle);

/// An actor of every kind.
#[derive(Actor, Debug, Default)]
pub struct Counter {
    total: u64,
    next: Option<ActorRef<Self>>,
    listeners: Vec<ActorRef<Self>>,
}

struct Add(u64);
struct AddYielding(u64);
struct AddSpinning(u64);
struct Pass;
struct Announce;
struct Hear;

impl Message<Add> for Counter {
    type Reply = u64;

    async fn handle(&mut self, m: Add, _: &mut Context<Self, u64>) -> u64 {
        self.total += m.0;
        self.total
    }
}

impl Message<AddYielding> for Counter {
    type Reply = u64;

    async fn handle(&mut self, m: AddYielding, _: &mut Context<Self, u64>) -> u64 {
        tokio::task::yield_now().await;
        self.total += m.0;
        self.total
    }
}

impl Message<AddSpinning> for Counter {
    type Reply = u64;

    async fn handle(&mut self, m: AddSpinning, _: &mut Context<Self, u64>) -> u64 {
        self.total += m.0 + spin();
        self.total
    }
}

impl Message<Pass> for Counter {
    type Reply = u64;

    async fn handle(&mut self, m: Pass, _: &mut Context<Self, u64>) -> u64 {
        match &self.next {
            Some(next) => 1 + next.ask(m).await.expect("a reply"),
            None => 1,
        }
    }
}

impl Message<Announce> for Counter {
    type Reply = ();

    async fn handle(&mut self, _: Announce, _: &mut Context<Self, ()>) {
        for listener in &self.listeners {
            listener.tell(Hear).await.expect("the actor lives");
        }
    }
}

impl Message<Hear> for Counter {
    type Reply = ();

    async fn handle(&mut self, _: Hear, _: &mut Context<Self, ()>) {
        HEARD.hear();
    }
}

impl Kameo {
    fn actor(&self, counter: Counter) -> ActorRef<Counter> {
        let _inside = self.0.enter();
        Counter::spawn_with_mailbox(counter, mailbox::bounded(MAILBOX))
    }
}

impl Peer for Kameo {
    const NAME: &'static str = "kameo";
    const ROLE: Role = Role::Peer;
    type One = ActorRef<Counter>;
    type Many = ActorRef<Counter>;
    type Chain = ActorRef<Counter>;
    type Emitter = ActorRef<Counter>;

    async fn start(home: Handle) -> Self {
        Self(home)
    }

    fn one(&self) -> ActorRef<Counter> {
        self.actor(Counter::default())
    }

    fn many(&self, _: u64) -> ActorRef<Counter> {
        self.one()
    }

    fn chain(&self) -> ActorRef<Counter> {
        (1..LINKS).fold(self.one(), |next, _| {
            self.actor(Counter {
                next: Some(next),
                ..Counter::default()
            })
        })
    }

    fn emitter(&self) -> ActorRef<Counter> {
        self.actor(Counter {
            listeners: (0..LISTENERS).map(|_| self.one()).collect(),
            ..Counter::default()
        })
    }

    async fn stop(self) {}
}

impl Asked for ActorRef<Counter> {
    async fn ask(&self, number: u64) -> u64 {
        Self::ask(self, Add(number)).await.expect("a reply")
    }

    async fn ask_yielding(&self, number: u64) -> u64 {
        Self::ask(self, AddYielding(number)).await.expect("a reply")
    }

    async fn ask_spinning(&self, number: u64) -> u64 {
        Self::ask(self, AddSpinning(number)).await.expect("a reply")
    }

    async fn tell(&self, number: u64) {
        Self::tell(self, Add(number))
            .await
            .expect("the actor lives");
    }
}

impl Chained for ActorRef<Counter> {
    async fn pass(&self) -> u64 {
        Self::ask(self, Pass).await.expect("a reply")
    }
}

impl Emitting for ActorRef<Counter> {
    async fn announce(&self) {
        Self::ask(self, Announce).await.expect("a reply");
    }
}
