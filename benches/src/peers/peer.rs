//! What a peer can do, so that each workload is written once.
//!
//! All of it happens in async handlers, behind a mailbox of [`MAILBOX`] where the peer has bounds.

use std::future::Future;
use std::hint::black_box;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::figures::now;
use crate::report::Role;
use crate::threads::on_one_thread;

/// Messages that may wait in front of an actor.
pub(crate) const MAILBOX: usize = 64;
/// Actors in a chain.
pub(crate) const LINKS: usize = 5;
/// Actors that listen to one that emits.
pub(crate) const LISTENERS: usize = 8;
/// How long [`spin`] spins.
const SPIN: Duration = Duration::from_millis(1);

/// An actor that keeps a sum.
pub trait Asked: Clone + Send + Sync + 'static {
    /// Adds a number and returns the sum.
    fn ask(&self, number: u64) -> impl Future<Output = u64> + Send;

    /// The same, but the handler lets others on its thread go first, once, before it answers; no other message is handled meanwhile.
    fn ask_yielding(&self, number: u64) -> impl Future<Output = u64> + Send;

    /// The same, but the handler does not let go of its thread for a millisecond.
    fn ask_spinning(&self, number: u64) -> impl Future<Output = u64> + Send;

    /// Adds a number and waits for no reply; where there are bounds, for room in the mailbox.
    fn tell(&self, number: u64) -> impl Future<Output = ()> + Send;
}

/// The first of a chain of five actors, each of which asks the next before it answers.
pub trait Chained: Clone + Send + Sync + 'static {
    /// Returns how many there are.
    fn pass(&self) -> impl Future<Output = u64> + Send;
}

/// An actor to which eight others listen.
pub trait Emitting: Clone + Send + Sync + 'static {
    /// Lets it say something to all listeners, each of which counts it in [`HEARD`](super::HEARD). Waits for the emitter's own turn only.
    fn announce(&self) -> impl Future<Output = ()> + Send;
}

/// A way to have actors.
pub trait Peer: Clone + Send + Sync + 'static {
    /// Its name in tables.
    const NAME: &'static str;
    /// Its place in tables.
    const ROLE: Role;
    /// An actor that is there once.
    type One: Asked;
    /// One of many equal actors.
    type Many: Asked;
    /// A chain.
    type Chain: Chained;
    /// Somebody who is listened to.
    type Emitter: Emitting;

    /// Starts what it needs. Its actors live on `home`, unless it has threads of its own.
    fn start(home: Handle) -> impl Future<Output = Self> + Send;

    /// The actor that is there once; another one at each call, except for skep.
    fn one(&self) -> Self::One;

    /// A new actor, if it does not have this number yet.
    fn many(&self, number: u64) -> Self::Many;

    /// A chain of five.
    fn chain(&self) -> Self::Chain;

    /// An emitter with eight listeners.
    fn emitter(&self) -> Self::Emitter;

    /// Ends what was started.
    fn stop(self) -> impl Future<Output = ()> + Send;

    /// Runs work on one thread on which actors can live, too.
    fn alone<F>(work: F) -> F::Output
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        on_one_thread(work)
    }
}

/// Keeps the thread busy for a millisecond.
#[must_use]
pub fn spin() -> u64 {
    let begin = now();
    let mut turns = 0;
    while begin.elapsed() < SPIN {
        turns += 1;
    }
    black_box(turns)
}
