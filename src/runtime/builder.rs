//! [`Builder`]: says what a runtime hosts and where its settings come from.

use std::fmt;
use std::sync::Arc;

use super::assembly;
use super::capabilities::CapabilityInfo;
use super::error::RuntimeError;
use super::install::{Install, Installer};
use super::role::Role;
use super::running::Runtime;
use crate::actor::{Capability, HandlesAll};
use crate::call::route::Directory;
use crate::config::{Config, Placement, Schemas, Sources};
use crate::contract::{Contract, Description};
use crate::placement::{Part, Topology};
use crate::store::Store;

/// Says what a runtime hosts and where its settings come from. Made by [`Runtime::builder`].
pub struct Builder {
    pub(super) application: String,
    pub(super) capabilities: Vec<Box<dyn Install>>,
    pub(super) sources: Option<Sources>,
    pub(super) placement: Option<Placement>,
    pub(super) lab: Option<Lab>,
    pub(super) role: Role,
}

/// Puts a test's fake into the directory, and describes it.
pub(crate) type FakeInstall = Box<dyn FnOnce(&Arc<Directory>) -> CapabilityInfo + Send + Sync>;

/// Conditions that only tests want.
pub(crate) struct Lab {
    /// Everything runs on this runtime, in its pausable time, one thing after the other.
    pub(crate) virtual_time: Option<tokio::runtime::Handle>,
    /// The durable store, opened by the test.
    pub(crate) store: Option<Arc<dyn Store>>,
    /// Capabilities that the test plays itself.
    pub(crate) fakes: Vec<FakeInstall>,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            application: "skep".to_owned(),
            capabilities: Vec::new(),
            sources: None,
            placement: None,
            lab: None,
            role: Role::default(),
        }
    }

    /// The application's name: a store belongs to the application that created it, and its capitals begin the names of
    /// environment variables. Default `skep`.
    #[must_use]
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.application = name.into();
        self
    }

    /// Hosts a capability.
    #[must_use]
    pub fn with<A>(mut self) -> Self
    where
        A: Capability + HandlesAll<<<A as Capability>::Contract as Contract>::Messages>,
    {
        self.capabilities.push(Box::new(Installer::<A>::new()));
        self
    }

    /// Where settings come from; default: nowhere, every key has its default.
    #[must_use]
    pub fn sources(mut self, sources: Sources) -> Self {
        self.sources = Some(sources);
        self
    }

    /// Is one node of an application that the configuration splits: `replica` counts the node's processes from 1. The state is kept in
    /// a folder of the node's own below `store.path`.
    #[must_use]
    pub fn node(mut self, name: impl Into<String>, replica: u16) -> Self {
        let name = name.into();
        self.role = Role::Node { name, replica };
        self
    }

    /// Where the configuration splits the application, hosts nothing and calls what its nodes host. Where it does not, this
    /// changes nothing.
    #[must_use]
    pub fn client(mut self) -> Self {
        self.role = Role::Client;
        self
    }

    /// Is no part of any application, and needs no code of one: looks on at the processes that `nats.servers` joins under
    /// `nats.namespace`, and calls what they host. Without a namespace, the one that is found there, if it is the only one. Nobody
    /// sees or calls this runtime.
    ///
    /// [`start`](Self::start) fails with [`RuntimeError::NotJoined`] when nobody is there; what starts later is not seen.
    #[must_use]
    pub fn operator(mut self) -> Self {
        self.role = Role::Operator;
        self
    }

    #[cfg(feature = "testing")]
    pub(crate) fn placement(mut self, placement: Placement) -> Self {
        self.placement = Some(placement);
        self
    }

    /// Puts these fakes into the laboratory.
    #[cfg(feature = "testing")]
    pub(crate) fn fakes(mut self, fakes: Vec<FakeInstall>) -> Self {
        if let Some(lab) = &mut self.lab {
            lab.fakes = fakes;
        }
        self
    }

    #[cfg(feature = "testing")]
    pub(crate) fn lab(mut self, lab: Lab) -> Self {
        self.lab = Some(lab);
        self
    }

    /// The keys that this application's configuration may have.
    #[must_use]
    pub fn schemas(&self) -> Schemas {
        self.capabilities
            .iter()
            .fold(Schemas::platform(), |schemas, capability| {
                capability.schemas(schemas)
            })
    }

    /// Reads and checks the configuration without starting anything: as it is for the node that this is.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::Config`] with every mistake.
    pub fn config(&self) -> Result<Config, RuntimeError> {
        Ok(self.part()?.config)
    }

    /// What of each capability matters to where it may run, in the order in which they were given. Starts nothing.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::Config`] when `config` is another application's.
    pub fn parts(&self, config: &Config) -> Result<Vec<Part>, RuntimeError> {
        let parts = self.capabilities.iter();
        parts
            .map(|capability| Ok(capability.part(&config.capability(capability.name())?)))
            .collect()
    }

    /// The contract of this name that a capability has, or calls. Starts nothing.
    #[must_use]
    pub fn contract(&self, name: &str) -> Option<Description> {
        let own = self
            .capabilities
            .iter()
            .map(|capability| capability.describe());
        let used = self
            .capabilities
            .iter()
            .flat_map(|capability| capability.used());
        own.chain(used).find(|known| known.name == name)
    }

    /// Which node hosts what, by the configuration. Starts nothing.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::Config`] with every mistake of `[nodes]` and `[nats]`.
    pub fn topology(&self, config: &Config) -> Result<Topology, RuntimeError> {
        let parts = self.parts(config)?;
        Ok(Topology::read(&self.application, config, &parts)?)
    }

    /// Starts the runtime: reads the configuration, opens the store if a capability is durable, starts the actors and
    /// waits until each is ready. Works on any executor; the runtime brings its own threads.
    ///
    /// # Errors
    ///
    /// [`RuntimeError`]; nothing is left running then.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropped half way, threads that were started end on their own, but the store may stay locked
    /// for a moment.
    pub async fn start(self) -> Result<Runtime, RuntimeError> {
        assembly::start(self).await
    }

    /// As [`start`](Self::start), for programs without an async runtime. Blocks the thread.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_blocking(self) -> Result<Runtime, RuntimeError> {
        super::running::block_on(self.start())
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let capabilities: Vec<_> = self
            .capabilities
            .iter()
            .map(|capability| capability.name())
            .collect();
        f.debug_struct("Builder")
            .field("application", &self.application)
            .field("capabilities", &capabilities)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starting_and_stopping_may_be_spawned_on_any_runtime() {
        fn is_send<T: Send>(_: &T) {}
        is_send(&Runtime::builder().start());
        is_send(&async {
            if let Ok(runtime) = Runtime::builder().start().await {
                runtime.stop().await;
            }
        });
    }
}
