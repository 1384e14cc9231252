//! xtra, with a bounded mailbox.

use tokio::runtime::Handle;
use xtra::{Actor, Address, Context, Handler, Mailbox};

use super::heard::HEARD;
use super::peer::{Asked, Chained, Emitting, LINKS, LISTENERS, MAILBOX, Peer, spin};
use crate::report::Role;

/// Actors are tasks of one runtime.
#[derive(Debug, Clone)]
pub struct Xtra(Handle);

/// An actor of every kind.
#[derive(Actor, Debug, Default)]
pub struct Counter {
    total: u64,
    next: Option<Address<Self>>,
    listeners: Vec<Address<Self>>,
}

struct Add(u64);
struct AddYielding(u64);
struct AddSpinning(u64);
struct Pass;
struct Announce;
struct Hear;

impl Handler<Add> for Counter {
    type Return = u64;

    async fn handle(&mut self, m: Add, _: &mut Context<Self>) -> u64 {
        self.total += m.0;
        self.total
    }
}

impl Handler<AddYielding> for Counter {
    type Return = u64;

    async fn handle(&mut self, m: AddYielding, _: &mut Context<Self>) -> u64 {
        tokio::task::yield_now().await;
        self.total += m.0;
        self.total
    }
}

impl Handler<AddSpinning> for Counter {
    type Return = u64;

    async fn handle(&mut self, m: AddSpinning, _: &mut Context<Self>) -> u64 {
        self.total += m.0 + spin();
        self.total
    }
}

impl Handler<Pass> for Counter {
    type Return = u64;

    async fn handle(&mut self, m: Pass, _: &mut Context<Self>) -> u64 {
        match &self.next {
            Some(next) => 1 + next.send(m).await.expect("a reply"),
            None => 1,
        }
    }
}

impl Handler<Announce> for Counter {
    type Return = ();

    async fn handle(&mut self, _: Announce, _: &mut Context<Self>) {
        for listener in &self.listeners {
            let sent = listener.send(Hear).detach().await;
            drop(sent.expect("the actor lives"));
        }
    }
}

impl Handler<Hear> for Counter {
    type Return = ();

    async fn handle(&mut self, _: Hear, _: &mut Context<Self>) {
        HEARD.hear();
    }
}

impl Xtra {
    fn actor(&self, counter: Counter) -> Address<Counter> {
        let _inside = self.0.enter();
        xtra::spawn_tokio(counter, Mailbox::bounded(MAILBOX))
    }
}

impl Peer for Xtra {
    const NAME: &'static str = "xtra";
    const ROLE: Role = Role::Peer;
    type One = Address<Counter>;
    type Many = Address<Counter>;
    type Chain = Address<Counter>;
    type Emitter = Address<Counter>;

    async fn start(home: Handle) -> Self {
        Self(home)
    }

    fn one(&self) -> Address<Counter> {
        self.actor(Counter::default())
    }

    fn many(&self, _: u64) -> Address<Counter> {
        self.one()
    }

    fn chain(&self) -> Address<Counter> {
        (1..LINKS).fold(self.one(), |next, _| {
            self.actor(Counter {
                next: Some(next),
                ..Counter::default()
            })
        })
    }

    fn emitter(&self) -> Address<Counter> {
        self.actor(Counter {
            listeners: (0..LISTENERS).map(|_| self.one()).collect(),
            ..Counter::default()
        })
    }

    async fn stop(self) {}
}

impl Asked for Address<Counter> {
    async fn ask(&self, number: u64) -> u64 {
        self.send(Add(number)).await.expect("a reply")
    }

    async fn ask_yielding(&self, number: u64) -> u64 {
        self.send(AddYielding(number)).await.expect("a reply")
    }

    async fn ask_spinning(&self, number: u64) -> u64 {
        self.send(AddSpinning(number)).await.expect("a reply")
    }

    async fn tell(&self, number: u64) {
        let sent = self.send(Add(number)).detach().await;
        drop(sent.expect("the actor lives"));
    }
}

impl Chained for Address<Counter> {
    async fn pass(&self) -> u64 {
        self.send(Pass).await.expect("a reply")
    }
}

impl Emitting for Address<Counter> {
    async fn announce(&self) {
        self.send(Announce).await.expect("a reply");
    }
}
