//! The actix side: a `System` on a thread of its own and its arbiters, each with one actix actor that is a home.
//!
//! The `System` has its own thread so that skep starts inside any tokio application as well as without one. Data never
//! goes through actix's mailboxes, whose bound is none; control does, so that it overtakes data.

use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Message, WrapFuture};
use actix_rt::{Arbiter, System};
use tokio::runtime::Handle;

use super::NoThreads;
use crate::engine::ready::{Home, LOOKS, Runnable};

/// A running actix system.
pub(super) struct Arbiters {
    system: System,
    arbiters: Vec<Arbiter>,
    homes: Vec<Arc<Home>>,
    shells: Vec<actix::Addr<Shell>>,
    thread: JoinHandle<()>,
}

/// The actix actor that is a home: its lifecycle is actix's, its work is the home's queue.
struct Shell {
    home: Arc<Home>,
}

/// Ends a shell.
struct End;

impl Message for End {
    type Result = ();
}

impl Actor for Shell {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.spawn(
            Arc::clone(&self.home)
                .serve(LOOKS, Runnable::run)
                .into_actor(self),
        );
    }
}

impl Handler<End> for Shell {
    type Result = ();

    fn handle(&mut self, _: End, ctx: &mut Self::Context) {
        ctx.stop();
    }
}

impl Arbiters {
    pub(super) fn start(number: usize) -> Result<Self, NoThreads> {
        let (ready, started) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("skep-system".to_owned())
            .spawn(move || run_system(number, &ready))
            .map_err(|error| NoThreads(error.to_string()))?;
        let (system, arbiters, homes, shells) = started
            .recv()
            .map_err(|_| NoThreads("the actix system did not start".to_owned()))?;
        Ok(Self {
            system,
            arbiters,
            homes,
            shells,
            thread,
        })
    }

    pub(super) fn homes(&self) -> Vec<Arc<Home>> {
        self.homes.clone()
    }

    pub(super) fn end(self) {
        for shell in &self.shells {
            shell.do_send(End);
        }
        // `System::run` does not wait for arbiters: each is stopped and joined.
        let here = std::thread::current().id();
        for arbiter in self.arbiters {
            arbiter.stop();
            join_arbiter(arbiter);
        }
        self.system.stop();
        if self.thread.thread().id() != here {
            let _ = self.thread.join();
        }
    }
}

/// Joins an arbiter's thread, unless this is it: the last owner of a runtime may be one of its own actors.
fn join_arbiter(arbiter: Arbiter) {
    let is_own = Arbiter::try_current().is_some();
    if !is_own {
        let _ = arbiter.join();
    }
}

type Started = (
    System,
    Vec<Arbiter>,
    Vec<Arc<Home>>,
    Vec<actix::Addr<Shell>>,
);

fn run_system(number: usize, ready: &mpsc::SyncSender<Started>) {
    let runner = System::new();
    let mut started = (System::current(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..number {
        let arbiter = Arbiter::new();
        let Some(home) = home_of(&arbiter) else {
            return;
        };
        let shell_home = Arc::clone(&home);
        let shell = Shell::start_in_arbiter(&arbiter.handle(), move |_| Shell { home: shell_home });
        started.1.push(arbiter);
        started.2.push(home);
        started.3.push(shell);
    }
    if ready.send(started).is_ok() {
        let _ = runner.run();
    }
}

/// A home on the arbiter's own runtime.
fn home_of(arbiter: &Arbiter) -> Option<Arc<Home>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    arbiter.spawn_fn(move || drop(sender.send(Handle::current())));
    receiver.recv().ok().map(Home::new)
}
