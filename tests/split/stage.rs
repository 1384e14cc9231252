//! The stage of these tests: a server, and nodes of one application that it stands between.

use std::time::Duration;

use skep::config::Sources;
use skep::transport::nats::server::{ServerOptions, ServerProcess, find_server};
use skep::{Builder, Runtime, RuntimeError};
use tempfile::TempDir;

use crate::city::{Choir, House};
use crate::counter::Counter;
use crate::hops::{AlphaHopper, BetaHopper, DeltaHopper, GammaHopper};
use crate::ledger::Ledger;
use crate::worker::Worker;

/// Ends a wait that hangs; no test is about time.
pub(crate) const HANGS: Duration = Duration::from_secs(60);

/// A server, and the folder in which the nodes keep what is durable.
pub(crate) struct Stage {
    pub(crate) server: ServerProcess,
    folder: TempDir,
    settings: Vec<String>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with_server("")
    }

    /// With further lines of the server's configuration.
    pub(crate) fn with_server(extra: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = find_server(&mut |_| ()).expect("a server");
        let options = ServerOptions::in_folder(folder.path().join("server")).extra(extra);
        let server = ServerProcess::start(&binary, options).expect("it starts");
        Self {
            server,
            folder,
            settings: Vec::new(),
        }
    }

    /// Sets a key of the configuration for all nodes that start from now on.
    pub(crate) fn set(mut self, pair: impl Into<String>) -> Self {
        self.settings.push(pair.into());
        self
    }

    /// A node of this name that hosts capabilities of these names.
    pub(crate) fn hosts(self, node: &str, capabilities: &str) -> Self {
        self.set(format!("nodes.{node}.hosts=[{capabilities}]"))
    }

    fn builder(&self) -> Builder {
        let path = self.folder.path().join("store").display().to_string();
        let sources = Sources::of("test").flag("store.path", path, "--store");
        let sources = sources.set(format!("nats.servers=[{:?}]", self.server.url()));
        let set = |sources: Sources, pair: &String| sources.set(pair);
        Runtime::builder()
            .application("test")
            .sources(self.settings.iter().fold(sources, set))
            .with::<Counter>()
            .with::<Ledger>()
            .with::<Worker>()
            .with::<House>()
            .with::<Choir>()
            .with::<AlphaHopper>()
            .with::<BetaHopper>()
            .with::<GammaHopper>()
            .with::<DeltaHopper>()
    }

    pub(crate) async fn try_node(&self, name: &str, replica: u16) -> Result<Runtime, RuntimeError> {
        self.builder().node(name, replica).start().await
    }

    pub(crate) async fn node(&self, name: &str) -> Runtime {
        let started = self.try_node(name, 1).await;
        started.unwrap_or_else(|error| panic!("{name} does not start: {error}"))
    }

    /// A member that hosts nothing.
    pub(crate) async fn client(&self) -> Runtime {
        let started = self.builder().client().start().await;
        started.unwrap_or_else(|error| panic!("the client does not start: {error}"))
    }

    /// All of it in one process.
    pub(crate) async fn whole(&self) -> Runtime {
        let started = self.builder().start().await;
        started.unwrap_or_else(|error| panic!("it does not start: {error}"))
    }
}

/// Runs a test on threads of its own.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("threads");
    let output = runtime.block_on(test);
    runtime.shutdown_timeout(Duration::from_secs(1));
    output
}

/// Runs beside the test; ends when the test drops what this returns or waits for it.
pub(crate) fn beside<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> tokio::task::JoinHandle<T> {
    #[expect(clippy::disallowed_methods, reason = "the test waits for it")]
    tokio::spawn(work)
}
