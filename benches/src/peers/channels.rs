//! The floor of message passing: a bounded channel, a task, and a oneshot for the reply.

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::heard::HEARD;
use super::peer::{Asked, Chained, Emitting, LINKS, LISTENERS, MAILBOX, Peer, spin};
use crate::report::Role;
use crate::threads::spawn;

/// Tasks on one runtime.
#[derive(Debug, Clone)]
pub struct Channels(Handle);

/// The sending end of one task.
pub type Sender = mpsc::Sender<Command>;

/// What a task can be told.
#[derive(Debug)]
pub enum Command {
    /// Adds.
    Add(u64, oneshot::Sender<u64>),
    /// Adds after others had their turn.
    AddYielding(u64, oneshot::Sender<u64>),
    /// Adds after a millisecond of work.
    AddSpinning(u64, oneshot::Sender<u64>),
    /// Adds, and nobody waits.
    Tell(u64),
    /// Goes on to the next.
    Pass(oneshot::Sender<u64>),
    /// Says it to all listeners.
    Announce(oneshot::Sender<u64>),
    /// It was said.
    Hear,
}

#[derive(Default)]
struct State {
    total: u64,
    next: Option<Sender>,
    listeners: Vec<Sender>,
}

impl State {
    async fn handle(&mut self, command: Command) {
        match command {
            Command::Add(number, reply) => {
                let _ = reply.send(self.add(number));
            }
            Command::AddYielding(number, reply) => {
                tokio::task::yield_now().await;
                let _ = reply.send(self.add(number));
            }
            Command::AddSpinning(number, reply) => {
                let _ = reply.send(self.add(number + spin()));
            }
            Command::Tell(number) => {
                self.add(number);
            }
            Command::Pass(reply) => {
                let after = match &self.next {
                    Some(next) => ask(next, Command::Pass).await,
                    None => 0,
                };
                let _ = reply.send(1 + after);
            }
            Command::Announce(reply) => {
                for listener in &self.listeners {
                    listener.send(Command::Hear).await.expect("the task lives");
                }
                let _ = reply.send(0);
            }
            Command::Hear => HEARD.hear(),
        }
    }

    fn add(&mut self, number: u64) -> u64 {
        self.total += number;
        self.total
    }
}

async fn ask(sender: &Sender, command: impl FnOnce(oneshot::Sender<u64>) -> Command) -> u64 {
    let (reply, answer) = oneshot::channel();
    sender.send(command(reply)).await.expect("the task lives");
    answer.await.expect("a reply")
}

impl Channels {
    fn task(&self, mut state: State) -> Sender {
        let (sender, mut receiver) = mpsc::channel(MAILBOX);
        spawn(&self.0, async move {
            while let Some(command) = receiver.recv().await {
                state.handle(command).await;
            }
        });
        sender
    }
}

impl Peer for Channels {
    const NAME: &'static str = "mpsc + oneshot";
    const ROLE: Role = Role::Floor;
    type One = Sender;
    type Many = Sender;
    type Chain = Sender;
    type Emitter = Sender;

    async fn start(home: Handle) -> Self {
        Self(home)
    }

    fn one(&self) -> Sender {
        self.task(State::default())
    }

    fn many(&self, _: u64) -> Sender {
        self.one()
    }

    fn chain(&self) -> Sender {
        (1..LINKS).fold(self.one(), |next, _| {
            self.task(State {
                next: Some(next),
                ..State::default()
            })
        })
    }

    fn emitter(&self) -> Sender {
        let listeners = (0..LISTENERS).map(|_| self.one()).collect();
        self.task(State {
            listeners,
            ..State::default()
        })
    }

    async fn stop(self) {}
}

impl Asked for Sender {
    async fn ask(&self, number: u64) -> u64 {
        ask(self, |reply| Command::Add(number, reply)).await
    }

    async fn ask_yielding(&self, number: u64) -> u64 {
        ask(self, |reply| Command::AddYielding(number, reply)).await
    }

    async fn ask_spinning(&self, number: u64) -> u64 {
        ask(self, |reply| Command::AddSpinning(number, reply)).await
    }

    async fn tell(&self, number: u64) {
        let sent = self.send(Command::Tell(number));
        sent.await.expect("the task lives");
    }
}

impl Chained for Sender {
    async fn pass(&self) -> u64 {
        ask(self, Command::Pass).await
    }
}

impl Emitting for Sender {
    async fn announce(&self) {
        ask(self, Command::Announce).await;
    }
}
