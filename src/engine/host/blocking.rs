//! The pool for capabilities that block or compute for long: threads of their own, so that nobody else waits for them.

use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use super::NoThreads;
use crate::engine::ready::Home;

/// The pool. Each thread serves the one queue, so that at most as many blocking turns run as there are threads.
pub(super) struct BlockingPool {
    runtime: Runtime,
    home: Arc<Home>,
}

impl BlockingPool {
    pub(super) fn start(num_threads: usize) -> Result<Self, NoThreads> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(num_threads)
            .thread_name("skep-blocking")
            .enable_all()
            .build()
            .map_err(|error| NoThreads(error.to_string()))?;
        let home = Home::new(runtime.handle().clone());
        for _ in 0..num_threads {
            // Owned by the pool's runtime, which ends them.
            drop(runtime.spawn(Arc::clone(&home).serve()));
        }
        Ok(Self { runtime, home })
    }

    pub(super) fn home(&self) -> Arc<Home> {
        Arc::clone(&self.home)
    }

    /// Ends the threads without waiting for a turn that blocks: its actor was given its time before.
    pub(super) fn end(self) {
        self.runtime.shutdown_background();
    }
}
