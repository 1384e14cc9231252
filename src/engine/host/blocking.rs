//! The pool for capabilities that block or compute for long: threads of their own, so that nobody else waits for them.
//!
//! They are plain threads, each serving the one queue: what a turn wakes may be served by any of them at once. On a worker of
//! a tokio runtime it could wait in the worker's own queue for the turn that woke it.

use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use super::NoThreads;
use crate::engine::ready::{Home, Runnable};

/// The pool: at most as many blocking turns run as there are threads.
pub(super) struct BlockingPool {
    /// Drives the timers and sockets of the turns, and what they spawn.
    runtime: Runtime,
    home: Arc<Home>,
}

impl BlockingPool {
    pub(super) fn start(num_threads: usize) -> Result<Self, NoThreads> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("skep-blocking-io")
            .enable_all()
            .build()
            .map_err(|error| NoThreads(error.to_string()))?;
        let pool = Self {
            home: Home::new(runtime.handle().clone()),
            runtime,
        };
        for _ in 0..num_threads {
            if let Err(error) = pool.start_thread() {
                pool.end();
                return Err(error);
            }
        }
        Ok(pool)
    }

    /// The thread ends when the home is closed, and is waited for by nobody: its turn may block for long.
    fn start_thread(&self) -> Result<(), NoThreads> {
        let (home, handle) = (Arc::clone(&self.home), self.runtime.handle().clone());
        let thread = std::thread::Builder::new().name("skep-blocking".to_owned());
        let started = thread.spawn(move || handle.block_on(home.serve(0, Runnable::run)));
        started
            .map(drop)
            .map_err(|error| NoThreads(error.to_string()))
    }

    pub(super) fn home(&self) -> Arc<Home> {
        Arc::clone(&self.home)
    }

    /// Ends the threads without waiting for a turn that blocks: its actor was given its time before.
    pub(super) fn end(self) {
        drop(self.home.close());
        self.runtime.shutdown_background();
    }
}
