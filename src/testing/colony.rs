//! [`Colony`]: what one test starts, in the placement and the time that it runs in.

use std::fmt;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::fake::{Fake, Installed};
use crate::actor::{Capability, HandlesAll};
use crate::config::{self, Sources};
use crate::contract::Contract;
use crate::runtime::{Builder, Lab, Runtime, RuntimeError};
use crate::store::{MemoryStore, Store};

/// Where capabilities run in a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// In process.
    Local,
    /// In process, but every message, reply and error goes through its codec.
    Wire,
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
    capabilities: Vec<fn(Builder) -> Builder>,
    fakes: Vec<Arc<dyn Installed>>,
    settings: Vec<String>,
    file: Option<PathBuf>,
    durable: Durable,
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
        }
    }

    /// Adds a capability.
    #[must_use]
    pub fn with<A>(mut self) -> Self
    where
        A: Capability + HandlesAll<<<A as Capability>::Contract as Contract>::Messages>,
    {
        self.capabilities.push(Builder::with::<A>);
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
        let mut sources = Sources::of("test").set("runtime.seed=1");
        if let Some(file) = &self.file {
            sources = sources.file(file);
        }
        let mut store = None;
        match &self.durable {
            Durable::Given(given) => store = Some(Arc::clone(given)),
            Durable::Directory(path) => {
                sources = sources.flag("store.path", path.display().to_string(), "--store");
            }
        }
        for pair in &self.settings {
            sources = sources.set(pair);
        }
        let virtual_time = (self.time == Time::Virtual).then(tokio::runtime::Handle::current);
        let placement = match self.placement {
            Placement::Local => config::Placement::Local,
            Placement::Wire => config::Placement::Wire,
        };
        let builder = Runtime::builder()
            .application("test")
            .sources(sources)
            .placement(placement)
            .lab(Lab {
                virtual_time,
                store,
                fakes: self.fakes.iter().map(|fake| fake.install()).collect(),
            });
        let builder = self
            .capabilities
            .iter()
            .fold(builder, |builder, with| with(builder));
        builder.start().await
    }
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
