//! [`Runtime`]: a running colony in this process.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::builder::Builder;
use super::capabilities::CapabilityInfo;
use super::events::Events;
use super::health::{Health, HealthBoard};
use super::install::Installed;
use super::inventory::Counted;
use super::storage::Kept;
use crate::actor::services::Tasks;
use crate::call::route::{Directory, Target};
use crate::call::{Ref, Tick};
use crate::config::nearest;
use crate::config::{Config, RuntimeSettings};
use crate::contract::{Contract, Description, Emitted};
use crate::delivery::PostOffice;
use crate::engine::CapabilityStats;
use crate::engine::host::Hosts;
use crate::transport::Network;

/// How often is looked whether all is quiet.
const LOOK: Duration = Duration::from_millis(2);
/// How long the shutdown deadline is overdrawn for turns that are let go of in the middle.
const LAST_GRACE: Duration = Duration::from_millis(200);

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
    directory: Arc<Directory>,
    health: HealthBoard,
    config: Arc<Config>,
    parts: Arc<Mutex<Option<Arc<Parts>>>>,
    /// In the test kit, the other nodes of one colony: what is asked of a capability is asked of the one that hosts it.
    companions: Arc<[Self]>,
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
    pub(super) network: Option<Arc<dyn Network>>,
    /// Whether others see it: false for an operator, who only looks on.
    pub(super) is_member: bool,
    /// What other processes host.
    pub(super) elsewhere: Vec<CapabilityInfo>,
    /// Contracts that capabilities of the application call, and none of them implements.
    pub(super) strangers: Vec<Description>,
    /// How many processes host each capability, by the configuration.
    pub(super) spread: BTreeMap<String, usize>,
    /// What a test plays itself.
    pub(super) fakes: Vec<CapabilityInfo>,
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
            parts.is_some_and(|parts| parts.find(capability).is_ok())
        };
        self.all().find(hosts).unwrap_or(self)
    }

    pub(super) const fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// Runs a task as long as it runs itself; not at all once it has stopped.
    #[cfg(feature = "observe")]
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

    /// Stops: refuses new calls from outside, lets the actors finish what has been accepted, then stops each. What
    /// is not finished within `[runtime] shutdown_deadline` (default 30 s) is left; durable deliveries go on at the next start.
    ///
    /// Safe to call more than once; later calls wait for the first.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: dropped half way, the runtime takes no calls and is never fully stopped.
    pub async fn stop(&self) {
        let taken = self.parts.lock().take();
        let Some(parts) = taken else {
            self.health
                .wait_for(|health| *health == Health::Stopped)
                .await;
            return;
        };
        self.health.set(Health::Stopping);
        let clock = self.directory.clock();
        let until = clock.now().after(parts.settings.shutdown_deadline.get());
        parts.leave(until).await;
        self.directory.close();
        parts.finish(until).await;
        parts.end().await;
        self.health.set(Health::Stopped);
        for companion in self.companions.iter() {
            Box::pin(companion.stop()).await;
        }
    }
}

impl Parts {
    /// A capability by its name; the name that is probably meant if it does not run here.
    pub(super) fn find(&self, capability: &str) -> Result<&Installed, Option<String>> {
        let mut all = self.installed.iter();
        let found = all.find(|installed| installed.services.capability == capability);
        let names = self
            .installed
            .iter()
            .map(|installed| installed.services.capability);
        found.ok_or_else(|| nearest(capability, names).map(str::to_owned))
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

    /// Tells those who look on that no more will come.
    fn close_logs(&self) {
        for installed in &self.installed {
            installed.services.log.close();
        }
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

    /// Whether this process hosts nothing of an application that others host.
    pub(super) fn is_client(&self) -> bool {
        self.is_member
            && self.installed.is_empty()
            && self.fakes.is_empty()
            && !self.elsewhere.is_empty()
    }

    /// Takes no more calls of other processes; what was taken is answered.
    async fn leave(&self, until: Tick) {
        let Some(network) = &self.network else {
            return;
        };
        tokio::select! {
            () = Arc::clone(network).leave() => {}
            () = self.directory.clock().sleep_until(until) => {
                tracing::warn!("the shutdown deadline has passed: calls of other processes are left");
            }
        }
    }

    /// Whether nothing is left that would be lost with the process.
    fn is_finished(&self) -> bool {
        let mut hosts = self.installed.iter().map(|installed| &installed.host);
        hosts.all(|host| host.is_idle()) && !self.post.is_needed()
    }

    /// Lets the actors finish, then stops them; gives up at `until`.
    async fn finish(&self, until: Tick) {
        let clock = self.directory.clock();
        self.post.pause();
        while !self.is_finished() {
            if clock.now() >= until {
                tracing::warn!("the shutdown deadline has passed: turns that still run are left");
                break;
            }
            clock.sleep(LOOK).await;
        }
        self.post.close();
        let stops = join_all(self.installed.iter().map(|installed| installed.host.stop()));
        tokio::select! {
            _ = stops => {}
            () = clock.sleep_until(until) => {
                tracing::warn!("the shutdown deadline has passed: actors that did not stop are left");
            }
        }
        self.abandon();
        let stopped = join_all(self.installed.iter().map(|installed| installed.host.stop()));
        tokio::select! {
            _ = stopped => {}
            () = clock.sleep(LAST_GRACE) => tracing::warn!("a turn blocks its thread: it is left behind"),
        }
    }

    /// Lets go of actors that have not stopped, and tells those who wait for them.
    fn abandon(&self) {
        for installed in &self.installed {
            installed.host.abandon();
            installed.route.lead_to(Target::Closed);
        }
    }

    /// Ends tasks, committer and threads, so that the store is free for the next process.
    async fn end(&self) {
        self.close_logs();
        self.tasks.end().await;
        let committer = self
            .durable
            .as_ref()
            .map(|durable| durable.committer.clone());
        let mut hosts = self.hosts.lock().take();
        if !hosts.has_threads() {
            // In virtual time nothing waits for threads: time would jump meanwhile.
            if let Some(committer) = committer {
                committer.shutdown();
            }
            hosts.end();
            return;
        }
        let (sender, ended) = oneshot::channel();
        // Both wait for threads, which must not be done on one of them, nor on the caller's executor.
        let ending = std::thread::Builder::new()
            .name("skep-stop".to_owned())
            .spawn(move || {
                if let Some(committer) = committer {
                    committer.shutdown();
                }
                hosts.end();
                let _ = sender.send(());
            });
        if ending.is_ok() {
            let _ = ended.await;
        }
    }
}

impl Drop for Parts {
    /// Also reached without [`Runtime::stop`]: nobody may wait for ever, and the store must be free.
    fn drop(&mut self) {
        self.directory.close();
        self.post.close();
        self.close_logs();
        self.tasks.cancel();
        self.abandon();
        self.hosts.lock().end();
        // Those that were just running have come to rest with their threads.
        self.abandon();
        // A reply leaves before the committer lets go of what it was told with: wait until it has, to free the store.
        if let Some(durable) = &self.durable {
            durable.committer.shutdown();
        }
        self.health.set(Health::Stopped);
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
