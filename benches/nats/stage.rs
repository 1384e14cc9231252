//! [`Stage`]: the nats-server of a run, and the threads of this process.

use std::future::Future;

use benches::threads::spawn;
use benches::{Servant, serve_parent};
use skep::transport::nats::server::{ServerOptions, ServerProcess, find_server};
use tokio::runtime::{Builder, Runtime};

/// The child that has a nats-server: it outlives nobody, as that ends with its starter only.
pub(crate) const NATS: &str = "nats";

/// What is there for all candidates.
pub(crate) struct Stage {
    /// Where callers and emitters run.
    runtime: Runtime,
    /// The process of the nats-server.
    pub(crate) nats_process: u32,
    /// Where it is.
    pub(crate) nats: String,
    _keeper: Servant,
}

impl Stage {
    /// Starts a nats-server.
    pub(crate) fn new() -> Self {
        let keeper = Servant::start(NATS);
        let (process, url) = keeper.first().split_once(' ').expect("both are said");
        Self {
            runtime: threads(),
            nats_process: process.parse().expect("the number of a process"),
            nats: url.to_owned(),
            _keeper: keeper,
        }
    }

    /// Does this as a task of this process, as an application would.
    pub(crate) fn run<F>(&self, work: F) -> F::Output
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let task = spawn(self.runtime.handle(), work);
        self.runtime.block_on(task).expect("the work ends")
    }
}

/// The threads that every process of the group has.
pub(crate) fn threads() -> Runtime {
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    runtime.expect("the system gives threads")
}

/// Keeps a nats-server until the parent ends.
pub(crate) fn serve_nats() {
    let folder = tempfile::tempdir().expect("the system gives a folder");
    #[expect(clippy::print_stderr, reason = "a download may take a while")]
    let binary = find_server(&mut |news| eprintln!("{news}"));
    let binary = binary.unwrap_or_else(|error| fail(&error.to_string()));
    let options = ServerOptions::in_folder(folder.path());
    let server = ServerProcess::start(&binary, options);
    let server = server.unwrap_or_else(|error| fail(&error.to_string()));
    serve_parent(&format!("{} {}", server.pid(), server.url()), |_| {
        String::new()
    });
}

/// Ends a child that cannot do its work; its parent ends then too.
fn fail(reason: &str) -> ! {
    #[expect(clippy::print_stderr, reason = "a program says why it fails")]
    {
        eprintln!("error: {reason}");
    }
    std::process::exit(1)
}
