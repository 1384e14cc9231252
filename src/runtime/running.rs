//! [`Runtime`]: a running colony in this process.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::builder::Builder;
use super::capabilities::CapabilityInfo;
use super::control::Higher;
use super::events::Events;
use super::health::{Health, HealthBoard};
use super::install::Installed;
use super::inventory::Counted;
use super::storage::Kept;
use crate::actor::services::Tasks;
use crate::call::Ref;
use crate::call::route::Directory;
use crate::config::nearest;
use crate::config::{Config, RuntimeSettings};
use crate::contract::{Contract, Description, Emitted};
use crate::delivery::PostOffice;
use crate::engine::CapabilityStats;
use crate::engine::host::Hosts;
use crate::transport::Network;

/// How often is looked whether all is quiet.
pub(super) const LOOK: Duration = Duration::from_millis(2);

/// Capabilities running in this process. Cheap to clone; all clones are the same runtime.
///
/// End it with [`stop`](Self::stop). If the last clone is merely dropped, its threads end without finishing what had
/// been accepted; what was acknowledged is safe all the same.
///
/// ```
/// # use skep::prelude::*;
/// # #[derive(Serialize, Deserialize, JsonSchema, Message)]
/// # #[message(reply = String)]
/// # pub struct Greet { name: String }
/// # #[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
/// # pub struct Greeted { name: String }
/// # skep::contract! { pub Greeting v1 { Greet; emits Greeted } }
/// # #[derive(Default)]
/// # struct Greeter;
/// # #[capability(contract = Greeting)]
/// # impl Greeter {
/// #     #[handle]
/// #     async fn greet(&mut self, m: Greet, cx: &mut Cx<Self>) -> String {
/// #         let reply = format!("Hi, {}!", m.name);
/// #         cx.emit(Greeted { name: m.name });
/// #         reply
/// #     }
/// # }
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let runtime = skep::Runtime::builder().application("hello").with::<Greeter>().start().await?;
/// let greeting: Ref<Greeting> = runtime.get();
/// assert_eq!(greeting.ask(Greet { name: "Ada".into() }).await?, "Hi, Ada!");
/// runtime.stop().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Runtime {
    pub(super) directory: Arc<Directory>,
    pub(super) health: HealthBoard,
    config: Arc<Config>,
    pub(super) parts: Arc<Mutex<Option<Arc<Parts>>>>,
    /// In the test kit, the other nodes of one colony: what is asked of a capability is asked of the one that hosts it.
    pub(super) companions: Arc<[Self]>,
    /// In the test kit, what the nodes need as long as any of them is there.
    #[allow(dead_code, reason = "it is kept, and that is all")]
    ground: Option<Arc<dyn Any + Send + Sync>>,
}

/// What a running runtime is made of.
pub(super) struct Parts {
    pub(super) settings: RuntimeSettings,
    pub(super) hosts: Mutex<Hosts>,
    pub(super) health: HealthBoard,
    pub(super) tasks: Tasks,
    pub(super) directory: Arc<Directory>,
    pub(super) durable: Option<Kept>,
    pub(super) post: Arc<PostOffice>,
    pub(super) installed: Vec<Installed>,
    pub(super) counted: Counted,
    /// What this process is called.
    pub(super) name: String,
    /// The processes that the application has: those that host something, or open a door.
    pub(super) processes: Vec<String>,
    /// How many processes there are with this one: those of the nodes, and this one if it is none of them.
    pub(super) num_processes: usize,
    pub(super) network: Option<Arc<dyn Network>>,
    /// Whether others see it: false for an operator, who only looks on.
    pub(super) is_member: bool,
    /// What the capabilities of the application listen to: contract, event and who does.
    pub(super) listening: Vec<(&'static str, &'static str, &'static str)>,
    /// What other processes host.
    pub(super) elsewhere: Vec<CapabilityInfo>,
    /// Contracts that capabilities of the application call, and none of them implements.
    pub(super) strangers: Vec<Description>,
    /// How many processes host each capability, by the configuration.
    pub(super) spread: BTreeMap<String, usize>,
    /// What a test plays itself.
    pub(super) fakes: Vec<CapabilityInfo>,
    /// What operators are answered by the floors above.
    pub(super) higher: Higher,
}

impl Runtime {
    /// Begins to say what a runtime hosts.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(super) fn of(config: Config, parts: Parts) -> Self {
        Self {
            directory: Arc::clone(&parts.directory),
            health: parts.health.clone(),
            config: Arc::new(config),
            parts: Arc::new(Mutex::new(Some(Arc::new(parts)))),
            companions: Arc::default(),
            ground: None,
        }
    }

    /// The same, speaking for these others too, and keeping what they stand on.
    #[cfg(feature = "testing")]
    pub(crate) fn with_companions(
        mut self,
        companions: Vec<Self>,
        ground: Arc<dyn Any + Send + Sync>,
    ) -> Self {
        for companion in &companions {
            let (own, theirs) = (self.health.clone(), companion.health.clone());
            self.spawn(async move {
                let failed = theirs.wait_for(|health| matches!(health, Health::Failed { .. }));
                if let failed @ Health::Failed { .. } = failed.await {
                    own.set(failed);
                }
            });
        }
        self.companions = companions.into();
        self.ground = Some(ground);
        self
    }

    /// The runtimes that it speaks for, itself first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.companions.iter())
    }

    /// The one of them that hosts a capability; itself when none does.
    pub(super) fn host(&self, capability: &str) -> &Self {
        let hosts = |runtime: &&Self| {
            let parts = runtime.parts();
            parts.is_some_and(|parts| parts.find(capability).is_some())
        };
        self.all().find(hosts).unwrap_or(self)
    }

    /// The name of a capability that is probably meant.
    pub(super) fn nearest(&self, capability: &str) -> Option<String> {
        let parts: Vec<_> = self.all().filter_map(Self::parts).collect();
        let names = parts.iter().flat_map(|parts| {
            let installed = parts.installed.iter().map(|installed| &installed.info);
            installed.chain(&parts.elsewhere)
        });
        let names = names.map(|info| info.name.as_str());
        nearest(capability, names).map(str::to_owned)
    }

    pub(super) const fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// Runs a task as long as it runs itself; not at all once it has stopped.
    #[cfg(any(feature = "observe", feature = "testing"))]
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(parts) = self.parts() {
            parts.tasks.spawn(task);
        }
    }

    pub(super) fn parts(&self) -> Option<Arc<Parts>> {
        self.parts.lock().clone()
    }

    /// A reference to a capability. Calls fail with [`CallError::NotHosted`](crate::CallError::NotHosted) while nobody hosts it.
    #[must_use]
    pub fn get<C: Contract>(&self) -> Ref<C> {
        Ref::new(self.directory.route::<C>())
    }

    /// The configuration it was started with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether a capability of it keeps something beyond the process.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.parts().is_some_and(|parts| parts.durable.is_some())
    }

    /// Whether it can do its work.
    #[must_use]
    pub fn health(&self) -> Health {
        self.health.get()
    }

    /// Waits until the health is one that `wanted` accepts, and returns it.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub async fn health_becomes(&self, wanted: impl FnMut(&Health) -> bool) -> Health {
        self.health.wait_for(wanted).await
    }

    /// What each capability has done and is about to do, in the order in which they were given.
    #[must_use]
    pub fn stats(&self) -> Vec<CapabilityStats> {
        let parts = self.all().filter_map(Self::parts);
        parts
            .flat_map(|parts| {
                let installed = parts.installed.iter();
                installed
                    .map(|installed| installed.host.stats())
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    /// Looks on as the events of one kind become known, from now on: [`subscribe`](Self::subscribe) with a type. `None` when
    /// no process of the application hosts the capability that emits them.
    #[must_use]
    pub fn events<E: Emitted>(&self) -> Option<Events<E>> {
        self.subscription_to::<E>(<E::By as Contract>::NAME)
            .map(Events::new)
    }

    /// Waits until nothing is left to do: no turn runs, no message waits, every event and send is delivered, no timer is
    /// being delivered. False when that was not so within the time given.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub async fn settled(&self, within: Duration) -> bool {
        let clock = self.directory.clock().clone();
        let until = clock.now().after(within);
        while let Some(parts) = self.parts() {
            if self.is_settled(&parts).await {
                return true;
            }
            if clock.now() >= until {
                return false;
            }
            drop(parts);
            clock.sleep(LOOK).await;
        }
        true
    }

    /// Asked twice: what was on its way from the one to the other while we looked shows the second time.
    async fn is_settled(&self, parts: &Parts) -> bool {
        if parts.network.is_none() {
            return parts.is_settled() && parts.is_settled();
        }
        match self.colony_is_settled(parts).await {
            Some(done) => self.colony_is_settled(parts).await == Some(done),
            None => false,
        }
    }
}

impl Parts {
    /// A capability of this process, by its name.
    pub(super) fn find(&self, capability: &str) -> Option<&Installed> {
        let mut all = self.installed.iter();
        all.find(|installed| installed.services.capability == capability)
    }

    /// Whether another process hosts it.
    pub(super) fn is_elsewhere(&self, capability: &str) -> bool {
        self.elsewhere.iter().any(|info| info.name == capability)
    }

    /// What is known of a capability of the application, or of one that the application calls.
    pub(super) fn known(&self, capability: &str) -> Option<CapabilityInfo> {
        let installed = self.installed.iter().map(|installed| &installed.info);
        let mut all = installed.chain(&self.fakes).chain(&self.elsewhere);
        if let Some(info) = all.find(|info| info.name == capability) {
            return Some(info.clone());
        }
        let mut strangers = self.strangers.iter();
        let stranger = strangers.find(|description| description.name == capability)?;
        Some(CapabilityInfo::foreign(stranger.clone()))
    }

    pub(super) fn is_settled(&self) -> bool {
        self.installed
            .iter()
            .all(|installed| installed.host.is_idle())
            && self.post.is_idle()
            && self
                .installed
                .iter()
                .all(|installed| installed.host.stats().num_undelivered == 0)
    }
}

/// Runs a future on this thread, without any runtime of its own.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::task::Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut cx = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        std::thread::park();
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("health", &self.health())
            .finish_non_exhaustive()
    }
}
