//! The threads where actors live. actix hosts them: this folder is the only one that knows it.

mod arbiters;
mod blocking;

use std::sync::Arc;

use tokio::runtime::Handle;

use self::arbiters::Arbiters;
use self::blocking::BlockingPool;
use super::guests::Guests;
use super::neighbourhood::is_driven;
use super::ready::{Home, Runnable};
use crate::actor::Execution;

/// The homes of all actors of one runtime.
pub(crate) struct Hosts {
    homes: Vec<Arc<Home>>,
    blocking: Arc<Home>,
    threads: Option<Threads>,
    /// Who is beside its callers instead.
    guests: Option<Arc<Guests>>,
}

struct Threads {
    arbiters: Arbiters,
    blocking: BlockingPool,
}

/// The threads could not be started.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no threads for actors: {0}")]
pub(crate) struct NoThreads(String);

impl Hosts {
    /// Starts `num_arbiters` threads for actors and `num_blocking` for those that block; 0 means one per core.
    pub(crate) fn start(num_arbiters: usize, num_blocking: usize) -> Result<Self, NoThreads> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let or_cores = |number: usize| if number == 0 { cores } else { number };
        let arbiters = Arbiters::start(or_cores(num_arbiters))?;
        let blocking = BlockingPool::start(or_cores(num_blocking))?;
        let (homes, blocking_home) = (arbiters.homes(), blocking.home());
        let all: Vec<_> = homes.iter().chain([&blocking_home]).collect();
        let starter = Handle::try_current().ok();
        // On a runtime that is driven only while somebody blocks on it, guests could wait for ever.
        let host = starter.as_ref().filter(|handle| is_driven(handle));
        let guests = host.map(|host| Guests::new(host, homes[0].handle()));
        Home::introduce(&all, starter.as_ref(), guests.as_ref());
        Ok(Self {
            homes,
            blocking: blocking_home,
            threads: Some(Threads { arbiters, blocking }),
            guests,
        })
    }

    /// One home for all actors, on a runtime that exists: everything on its thread, as the tests' virtual time wants it.
    pub(crate) fn on(handle: &Handle) -> Self {
        let home = Home::new(handle.clone());
        Home::introduce(&[&home], None, None);
        #[allow(
            clippy::disallowed_methods,
            reason = "ends with the test's runtime, which owns it"
        )]
        drop(handle.spawn(Arc::clone(&home).serve(0, Runnable::run)));
        Self {
            homes: vec![Arc::clone(&home)],
            blocking: home,
            threads: None,
            guests: None,
        }
    }

    /// Where actors of this execution may live.
    pub(crate) fn homes(&self, execution: Execution) -> Vec<Arc<Home>> {
        match execution {
            Execution::Async => self.homes.clone(),
            Execution::Blocking => vec![Arc::clone(&self.blocking)],
        }
    }

    /// The runtime for the platform's own tasks.
    pub(crate) fn service_handle(&self) -> Handle {
        self.homes[0].handle().clone()
    }

    /// How many threads run actors that do not block.
    pub(crate) fn num_arbiters(&self) -> usize {
        self.homes.len()
    }

    /// Whether actors have threads of their own, which ending waits for.
    pub(crate) fn has_threads(&self) -> bool {
        self.threads.is_some()
    }

    /// Takes the threads out, to be ended elsewhere; what stays has none.
    pub(crate) fn take(&mut self) -> Self {
        Self {
            homes: self.homes.clone(),
            blocking: Arc::clone(&self.blocking),
            threads: self.threads.take(),
            guests: self.guests.take(),
        }
    }

    /// Ends the threads. What the actors had left is dropped, so they must have stopped before. Blocks until the
    /// threads are gone, except when it is called on one of them.
    pub(crate) fn end(&mut self) {
        for home in self.homes.iter().chain([&self.blocking]) {
            drop(home.close());
        }
        if let Some(guests) = self.guests.take() {
            guests.end();
        }
        if let Some(Threads { arbiters, blocking }) = self.threads.take() {
            arbiters.end();
            blocking.end();
        }
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        self.end();
    }
}
