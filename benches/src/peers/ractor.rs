//! ractor, whose mailboxes have no bounds.

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, call};
use tokio::runtime::Handle;

use super::heard::HEARD;
use super::peer::{Asked, Chained, Emitting, LINKS, LISTENERS, Peer, spin};
use crate::report::Role;

/// Actors are tasks of one runtime.
#[derive(Debug, Clone)]
pub struct Ractor(Handle);

/// An actor of every kind.
#[derive(Debug)]
pub struct Counter;

/// What an actor keeps.
#[derive(Debug, Default)]
pub struct State {
    total: u64,
    next: Option<ActorRef<Command>>,
    listeners: Vec<ActorRef<Command>>,
}

/// What an actor can be told.
#[derive(Debug)]
pub enum Command {
    /// Adds.
    Add(u64, RpcReplyPort<u64>),
    /// Adds after others had their turn.
    AddYielding(u64, RpcReplyPort<u64>),
    /// Adds after a millisecond of work.
    AddSpinning(u64, RpcReplyPort<u64>),
    /// Adds, and nobody waits.
    Tell(u64),
    /// Goes on to the next.
    Pass(RpcReplyPort<u64>),
    /// Says it to all listeners.
    Announce(RpcReplyPort<u64>),
    /// It was said.
    Hear,
}

impl Actor for Counter {
    type Msg = Command;
    type State = State;
    type Arguments = State;

    async fn pre_start(
        &self,
        _: ActorRef<Command>,
        state: State,
    ) -> Result<State, ActorProcessingErr> {
        Ok(state)
    }

    async fn handle(
        &self,
        _: ActorRef<Command>,
        command: Command,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match command {
            Command::Add(number, reply) => reply.send(state.add(number))?,
            Command::AddYielding(number, reply) => {
                tokio::task::yield_now().await;
                reply.send(state.add(number))?;
            }
            Command::AddSpinning(number, reply) => reply.send(state.add(number + spin()))?,
            Command::Tell(number) => {
                state.add(number);
            }
            Command::Pass(reply) => {
                let after = match &state.next {
                    Some(next) => call!(next, Command::Pass)?,
                    None => 0,
                };
                reply.send(1 + after)?;
            }
            Command::Announce(reply) => {
                for listener in &state.listeners {
                    listener.cast(Command::Hear)?;
                }
                reply.send(0)?;
            }
            Command::Hear => HEARD.hear(),
        }
        Ok(())
    }
}

impl State {
    fn add(&mut self, number: u64) -> u64 {
        self.total += number;
        self.total
    }
}

impl Ractor {
    fn actor(&self, state: State) -> ActorRef<Command> {
        let _inside = self.0.enter();
        let started = ractor::ActorRuntime::spawn_instant(None, Counter, state);
        let (actor, _) = started.expect("ractor starts");
        actor
    }
}

impl Peer for Ractor {
    const NAME: &'static str = "ractor";
    const ROLE: Role = Role::Peer;
    type One = ActorRef<Command>;
    type Many = ActorRef<Command>;
    type Chain = ActorRef<Command>;
    type Emitter = ActorRef<Command>;

    async fn start(home: Handle) -> Self {
        Self(home)
    }

    fn one(&self) -> ActorRef<Command> {
        self.actor(State::default())
    }

    fn many(&self, _: u64) -> ActorRef<Command> {
        self.one()
    }

    fn chain(&self) -> ActorRef<Command> {
        (1..LINKS).fold(self.one(), |next, _| {
            self.actor(State {
                next: Some(next),
                ..State::default()
            })
        })
    }

    fn emitter(&self) -> ActorRef<Command> {
        self.actor(State {
            listeners: (0..LISTENERS).map(|_| self.one()).collect(),
            ..State::default()
        })
    }

    async fn stop(self) {}
}

impl Asked for ActorRef<Command> {
    async fn ask(&self, number: u64) -> u64 {
        call!(self, Command::Add, number).expect("a reply")
    }

    async fn ask_yielding(&self, number: u64) -> u64 {
        call!(self, Command::AddYielding, number).expect("a reply")
    }

    async fn ask_spinning(&self, number: u64) -> u64 {
        call!(self, Command::AddSpinning, number).expect("a reply")
    }

    async fn tell(&self, number: u64) {
        self.cast(Command::Tell(number)).expect("the actor lives");
    }
}

impl Chained for ActorRef<Command> {
    async fn pass(&self) -> u64 {
        call!(self, Command::Pass).expect("a reply")
    }
}

impl Emitting for ActorRef<Command> {
    async fn announce(&self) {
        call!(self, Command::Announce).expect("a reply");
    }
}
