//! [`Colony`]: what one test starts, in the placement and the time that it runs in.

use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::join_all;

use super::fake::{Fake, Installed};
use super::server::Server;
use crate::actor::{Capability, HandlesAll};
use crate::config::{self, Sources};
use crate::contract::Contract;
use crate::runtime::{Builder, FakeInstall, Lab, Runtime, RuntimeError};
use crate::store::{MemoryStore, Store};

/// Where capabilities run in a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// In process.
    Local,
    /// In process, but every message, reply and error goes through its codec.
    Wire,
    /// Each capability is a node of its own, and the test another: all that they say to each other goes over a real nats-server, which
    /// the test kit finds or fetches. The nodes share the test's process, so that a test can still look into them.
    Nats,
}

/// How time passes in a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// Everything runs on one thread; time stands still while anything has something to do, and then jumps to the next timer.
    Virtual,
    /// Everything runs on its own threads, as in production.
    Real,
}

/// What one test starts. Starting it again after [`Runtime::stop`] finds the same store.
pub struct Colony {
    placement: Placement,
    time: Time,
    capabilities: Vec<Member>,
    fakes: Vec<Arc<dyn Installed>>,
    settings: Vec<String>,
    file: Option<PathBuf>,
    durable: Durable,
    /// Started with the first colony that needs it, and there until the test ends.
    server: OnceLock<Arc<Server>>,
}

/// A capability of a colony.
#[derive(Clone, Copy)]
struct Member {
    name: &'static str,
    with: fn(Builder) -> Builder,
}

/// Where a test's durable capabilities keep what they keep.
enum Durable {
    Given(Arc<dyn Store>),
    Directory(PathBuf),
}

impl Colony {
    /// An empty colony.
    #[must_use]
    pub fn new(placement: Placement, time: Time) -> Self {
        Self {
            placement,
            time,
            capabilities: Vec::new(),
            fakes: Vec::new(),
            settings: Vec::new(),
            file: None,
            durable: Durable::Given(Arc::new(MemoryStore::new())),
            server: OnceLock::new(),
        }
    }

    /// Adds a capability.
    #[must_use]
    pub fn with<A>(mut self) -> Self
    where
        A: Capability + HandlesAll<<<A as Capability>::Contract as Contract>::Messages>,
    {
        self.capabilities.push(Member {
            name: <A::Contract as Contract>::NAME,
            with: Builder::with::<A>,
        });
        self
    }

    /// Puts a fake in the place of a capability.
    #[must_use]
    pub fn fake<C: Contract>(mut self, fake: Fake<C>) -> Self {
        self.fakes.push(Arc::new(fake));
        self
    }

    /// Sets a key of the configuration, as `--set` does: `capabilities.payments.mailbox=1`.
    #[must_use]
    pub fn set(mut self, pair: impl Into<String>) -> Self {
        self.settings.push(pair.into());
        self
    }

    /// Reads a configuration file.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Keeps what is durable in a real store in this directory, instead of in the test's memory.
    #[must_use]
    pub fn on_disk(mut self, directory: &Path) -> Self {
        self.durable = Durable::Directory(directory.to_owned());
        self
    }

    /// Keeps what is durable in this store.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.durable = Durable::Given(store);
        self
    }

    /// Where the capabilities run.
    #[must_use]
    pub const fn placement(&self) -> Placement {
        self.placement
    }

    /// How time passes.
    #[must_use]
    pub const fn time(&self) -> Time {
        self.time
    }

    /// Starts it.
    ///
    /// # Panics
    ///
    /// When it does not start: the test has failed.
    pub async fn start(&self) -> Runtime {
        match self.try_start().await {
            Ok(runtime) => runtime,
            #[allow(clippy::panic, reason = "a test that cannot begin has failed")]
            Err(error) => panic!("the colony does not start: {error}"),
        }
    }

    /// Starts it, if it starts.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`].
    pub async fn try_start(&self) -> Result<Runtime, RuntimeError> {
        match self.placement {
            Placement::Local => {
                self.builder(self.sources(), config::Placement::Local)
                    .start()
                    .await
            }
            Placement::Wire => {
                self.builder(self.sources(), config::Placement::Wire)
                    .start()
                    .await
            }
            Placement::Nats => self.start_split().await,
        }
    }

    fn sources(&self) -> Sources {
        let mut sources = Sources::of("test").set("runtime.seed=1");
        if let Some(file) = &self.file {
            sources = sources.file(file);
        }
        if let Durable::Directory(path) = &self.durable {
            sources = sources.flag("store.path", path.display().to_string(), "--store");
        }
        self.settings.iter().fold(sources, Sources::set)
    }

    fn builder(&self, sources: Sources, placement: config::Placement) -> Builder {
        let virtual_time = (self.time == Time::Virtual).then(tokio::runtime::Handle::current);
        let store = match &self.durable {
            Durable::Given(given) => Some(Arc::clone(given)),
            Durable::Directory(_) => None,
        };
        let builder = Runtime::builder()
            .application("test")
            .sources(sources)
            .placement(placement)
            .lab(Lab {
                virtual_time,
                store,
                fakes: Vec::new(),
            });
        let builder = self
            .capabilities
            .iter()
            .fold(builder, |builder, member| (member.with)(builder));
        match self.placement {
            Placement::Nats => builder,
            Placement::Local | Placement::Wire => builder.fakes(self.make_fakes()),
        }
    }

    fn make_fakes(&self) -> Vec<FakeInstall> {
        self.fakes.iter().map(|fake| fake.install()).collect()
    }

    /// Each capability as a node of its own, and the test as their client.
    async fn start_split(&self) -> Result<Runtime, RuntimeError> {
        let server = self.server.get_or_init(|| Arc::new(Server::start()));
        let mut sources = self
            .sources()
            .set(format!("nats.servers=[{:?}]", server.url()));
        for member in &self.capabilities {
            sources = sources.set(format!("nodes.{0}.hosts=[{0:?}]", member.name));
        }
        let nodes = (2..).zip(&self.capabilities).map(|(seed, member)| {
            let sources = sources.clone().set(format!("runtime.seed={seed}"));
            let builder = self.builder(sources, config::Placement::Local);
            builder.node(member.name, 1)
        });
        let client = self.builder(sources.clone(), config::Placement::Local);
        let client = client.client().fakes(self.make_fakes());
        let starts = nodes.chain([client]).map(Builder::start);
        let mut nodes = all_or_none(join_all(starts).await).await?;
        let Some(client) = nodes.pop() else {
            return Err(RuntimeError::NotSplit);
        };
        Ok(client.with_companions(nodes, Arc::<Server>::clone(server)))
    }
}

/// What was started if all was; else none of it runs on, and what kept whom from starting is told together.
async fn all_or_none(
    starts: Vec<Result<Runtime, RuntimeError>>,
) -> Result<Vec<Runtime>, RuntimeError> {
    let (started, failed): (Vec<_>, Vec<_>) = starts.into_iter().partition(Result::is_ok);
    let started: Vec<_> = started.into_iter().flatten().collect();
    let failed = failed.into_iter().filter_map(Result::err);
    let Some(error) = failed.reduce(RuntimeError::and) else {
        return Ok(started);
    };
    join_all(started.iter().map(Runtime::stop)).await;
    Err(error)
}

impl fmt::Debug for Colony {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Colony")
            .field("placement", &self.placement)
            .field("time", &self.time)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Runs one test body; [`#[skep::test]`](macro@crate::test) calls it once for each placement.
///
/// # Panics
///
/// When the body does.
pub fn run<F: Future<Output = ()>>(
    placement: Placement,
    time: Time,
    body: impl FnOnce(Colony) -> F,
) {
    // Others than this process have a part in it there, and their time cannot be stopped.
    let time = match placement {
        Placement::Nats => Time::Real,
        Placement::Local | Placement::Wire => time,
    };
    let mut builder = match time {
        Time::Virtual => tokio::runtime::Builder::new_current_thread(),
        Time::Real => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.enable_all();
    if time == Time::Virtual {
        builder.start_paused(true);
    }
    #[allow(clippy::expect_used, reason = "a test that cannot begin has failed")]
    let runtime = builder
        .build()
        .expect("the system gives a test its threads");
    runtime.block_on(body(Colony::new(placement, time)));
    runtime.shutdown_timeout(Duration::from_secs(1));
}
