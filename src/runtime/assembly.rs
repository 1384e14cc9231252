//! Puts a runtime together, in the order in which things depend on each other; takes down what stands if a step fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use parking_lot::Mutex;

use super::builder::{Builder, Lab};
use super::capabilities::CapabilityInfo;
use super::cluster::{self, Footing};
use super::control::Higher;
use super::error::RuntimeError;
use super::health::{Health, HealthBoard};
use super::install::{Install, Installed, Site};
use super::operator::Found;
use super::role::{Part, Role};
use super::running::{Parts, Runtime};
use super::storage::{self, Kept};
use crate::actor::outgoing::EVENTS;
use crate::actor::random::Random;
use crate::actor::services::{Post, Tasks};
use crate::call::Clock;
use crate::call::route::{Directory, Target};
use crate::call::tracer::{self, Tracer};
use crate::config::{
    CapabilitySettings, MetricsSettings, RuntimeSettings, StoreSettings, TraceSettings,
};
use crate::contract::Description;
use crate::delivery::{Policies, PostOffice, Receivers, Relay, Timers, forget_events, sweep_inbox};
use crate::engine::host::Hosts;
use crate::engine::hosted::Host;
use crate::store::{FailStop, OnFail};
use crate::transport::{Network, Wanted};

/// How often idle keyed actors are looked for, as a part of the time after which they go.
const PASSIVATION_ROUNDS: u32 = 4;

/// What there is before the first capability.
struct Ground {
    settings: RuntimeSettings,
    metrics: MetricsSettings,
    hosts: Hosts,
    health: HealthBoard,
    tasks: Tasks,
    directory: Arc<Directory>,
    random: Arc<Random>,
    durable: Option<Kept>,
    network: Option<Arc<dyn Network>>,
    /// What an operator has found on it.
    found: Found,
}

impl Ground {
    async fn lay(builder: &Builder, part: &Part) -> Result<Self, RuntimeError> {
        let config = &part.config;
        let settings: RuntimeSettings = config.section("runtime")?;
        let hosts = make_hosts(&settings, builder.lab.as_ref())?;
        let clock = make_clock(builder.lab.as_ref())?;
        let health = HealthBoard::new();
        let tasks = Tasks::new(hosts.service_handle());
        let trace: TraceSettings = config.section("trace")?;
        let directory = Arc::new(Directory::new(clock.clone(), Tracer::new(&trace)));
        let seed = settings.seed.unwrap_or_else(entropy);
        tracer::seed(seed);
        let random = Arc::new(Random::seeded(seed));
        let durable = open_store(builder, part, &hosts, &health).await?;
        let footing = Footing {
            application: &builder.application,
            tasks: &tasks,
            clock: &clock,
            random: &random,
        };
        let (network, found) = match builder.role {
            Role::Operator => cluster::look_on(part, &footing, &directory).await?,
            _ => (cluster::connect(part, &footing).await?, configured(part)),
        };
        if let Some(network) = &network {
            let defaults: CapabilitySettings = config.section("defaults")?;
            cluster::lead_abroad(&directory, network, defaults, Arc::clone(&random));
        }
        Ok(Self {
            settings,
            metrics: config.section("metrics")?,
            hosts,
            health,
            tasks,
            directory,
            random,
            durable,
            network,
            found,
        })
    }
}

pub(super) async fn start(mut builder: Builder) -> Result<Runtime, RuntimeError> {
    if cfg!(panic = "abort") {
        return Err(RuntimeError::PanicAborts);
    }
    refuse_twice(&builder.capabilities)?;
    let part = builder.part()?;
    let ground = Ground::lay(&builder, &part).await?;
    let found = ground.found;
    let memory = Kept::in_memory();
    let post = Arc::new(PostOffice::default());
    let audiences = audiences(&builder.capabilities, &part, ground.network.is_some());
    let site = |number| Site {
        config: &part.config,
        directory: &ground.directory,
        hosts: &ground.hosts,
        tasks: &ground.tasks,
        random: &ground.random,
        post: Arc::<PostOffice>::clone(&post) as Arc<dyn Post>,
        durable: ground.durable.as_ref(),
        memory: &memory,
        placement: builder.placement,
        is_joined: ground.network.is_some(),
        metrics: ground.metrics,
        audiences: &audiences,
        number,
    };
    let mut elsewhere = refer_all(&builder.capabilities, &part, ground.network.as_ref(), &site)?;
    elsewhere.extend(found.capabilities);
    let installed = install_all(&builder.capabilities, &part, site)?;
    let fakes = builder.lab.iter_mut().flat_map(|lab| lab.fakes.drain(..));
    let fakes = fakes.map(|fake| fake(&ground.directory)).collect();
    let parts = Parts {
        settings: ground.settings,
        hosts: Mutex::new(ground.hosts),
        health: ground.health,
        tasks: ground.tasks,
        directory: ground.directory,
        durable: ground.durable,
        post,
        installed,
        counted: super::inventory::Counted::default(),
        fakes,
        name: part.name,
        num_processes: found.processes.len() + usize::from(part.is_client),
        processes: found.processes,
        strangers: strangers(&builder.capabilities),
        spread: found.spread,
        is_member: !part.is_operator,
        network: ground.network,
        listening: listening(&builder.capabilities),
        elsewhere,
        higher: Higher::default(),
    };
    let runtime = Runtime::of(part.config, parts);
    if let Err(error) = set_going(&runtime, &cluster::wanted(&builder.capabilities)).await {
        runtime.stop().await;
        return Err(error);
    }
    Ok(runtime)
}

/// Contracts that are called, and that none of the application's capabilities implements.
fn strangers(capabilities: &[Box<dyn Install>]) -> Vec<Description> {
    let is_own = |name: &str| capabilities.iter().any(|own| own.name() == name);
    let used = capabilities.iter().flat_map(|capability| capability.used());
    used.filter(|used| !is_own(&used.name)).collect()
}

/// What there is by the configuration.
fn configured(part: &Part) -> Found {
    let nodes = part.topology.nodes().iter();
    let spread = nodes
        .flat_map(|node| {
            let hosts = node.hosts.iter();
            hosts.map(|capability| (capability.clone(), usize::from(node.replicas)))
        })
        .collect();
    Found {
        capabilities: Vec::new(),
        spread,
        processes: part.topology.processes(),
    }
}

/// Leads to their nodes what other processes host.
fn refer_all<'s>(
    capabilities: &[Box<dyn Install>],
    part: &Part,
    network: Option<&Arc<dyn Network>>,
    site: &impl Fn(u64) -> Site<'s>,
) -> Result<Vec<CapabilityInfo>, RuntimeError> {
    let Some(network) = network.filter(|_| !part.is_operator) else {
        return Ok(Vec::new());
    };
    let mut elsewhere = Vec::new();
    for (number, capability) in (0..).zip(capabilities) {
        if let Some(node) = part.topology.hosted_by(capability.name())
            && !part.hosts(capability.name())
        {
            elsewhere.push(capability.refer(&site(number), network, node.as_str())?);
        }
    }
    Ok(elsewhere)
}

/// Installs all that this process hosts, or leaves none behind.
fn install_all<'s>(
    capabilities: &[Box<dyn Install>],
    part: &Part,
    site: impl Fn(u64) -> Site<'s>,
) -> Result<Vec<Installed>, RuntimeError> {
    let mut all: Vec<Installed> = Vec::new();
    for (number, capability) in (0..).zip(capabilities) {
        if !part.hosts(capability.name()) {
            continue;
        }
        match capability.install(&site(number)) {
            Ok(installed) => all.push(installed),
            Err(error) => {
                for installed in &all {
                    installed.route.lead_to(Target::Closed);
                }
                return Err(error);
            }
        }
    }
    Ok(all)
}

fn refuse_twice(capabilities: &[Box<dyn Install>]) -> Result<(), RuntimeError> {
    let mut names = BTreeSet::new();
    match capabilities
        .iter()
        .find(|capability| !names.insert(capability.name()))
    {
        Some(twice) => Err(RuntimeError::HostedTwice { name: twice.name() }),
        None => Ok(()),
    }
}

fn make_hosts(settings: &RuntimeSettings, lab: Option<&Lab>) -> Result<Hosts, RuntimeError> {
    if let Some(handle) = lab.and_then(|lab| lab.virtual_time.as_ref()) {
        return Ok(Hosts::on(handle));
    }
    Hosts::start(
        usize::from(settings.arbiters),
        usize::from(settings.blocking_threads),
    )
    .map_err(|error| RuntimeError::NoThreads {
        reason: error.to_string(),
    })
}

fn make_clock(lab: Option<&Lab>) -> Result<Clock, RuntimeError> {
    match lab.and_then(|lab| lab.virtual_time.as_ref()) {
        // Any fixed moment: a test that depends on today is no test.
        Some(handle) => Ok(Clock::virtual_time(
            handle.clone(),
            SystemTime::UNIX_EPOCH + Duration::from_secs(1_600_000_000),
        )),
        None => Clock::real().map_err(|error| RuntimeError::NoThreads {
            reason: error.to_string(),
        }),
    }
}

/// Opens the store if a capability needs it. Recovery may take a while: it must not block the caller's thread.
async fn open_store(
    builder: &Builder,
    part: &Part,
    hosts: &Hosts,
    health: &HealthBoard,
) -> Result<Option<Kept>, RuntimeError> {
    let config = &part.config;
    let mut durable = Vec::new();
    let hosted = builder.capabilities.iter();
    for capability in hosted.filter(|capability| part.hosts(capability.name())) {
        if capability.is_durable(&config.capability(capability.name())?) {
            durable.push(capability.name());
        }
    }
    if durable.is_empty() {
        return Ok(None);
    }
    let on_fail = fail_to(health.clone());
    let settings: StoreSettings = config.section("store")?;
    if let Some(lab) = &builder.lab
        && let Some(store) = lab.store.clone()
    {
        let is_virtual = lab.virtual_time.is_some();
        return Ok(Some(Kept::given(store, &settings, is_virtual, on_fail)?));
    }
    let (application, root) = (builder.application.clone(), part.root.clone());
    let opening = hosts.service_handle().spawn_blocking(move || {
        storage::refuse_elsewhere(&root, &settings.path, &durable)?;
        let kept = Kept::open(&application, &settings, on_fail)?;
        storage::move_in(&kept, &settings.path, &durable)?;
        Ok(kept)
    });
    match opening.await {
        Ok(opened) => opened.map(Some),
        Err(error) => Err(RuntimeError::NoThreads {
            reason: error.to_string(),
        }),
    }
}

fn fail_to(health: HealthBoard) -> OnFail {
    Box::new(move |stop: &FailStop| {
        tracing::error!(reason = %stop.reason(), code = stop.code(), "the store failed: no reply leaves any more");
        health.set(Health::Failed {
            reason: stop.reason().to_string(),
        });
    })
}

fn entropy() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}

/// For each contract and event, the capabilities of this process that hear of it here; others hear of it over the network.
fn audiences(
    capabilities: &[Box<dyn Install>],
    part: &Part,
    is_joined: bool,
) -> BTreeMap<(&'static str, &'static str), Vec<Arc<str>>> {
    let mut audiences: BTreeMap<_, Vec<Arc<str>>> = BTreeMap::new();
    for capability in capabilities
        .iter()
        .filter(|capability| part.hosts(capability.name()))
    {
        for (contract, event, group) in capability.subscriptions() {
            if is_joined && cluster::is_for_each(&**capability, group) {
                continue;
            }
            audiences
                .entry((contract, event))
                .or_default()
                .push(Arc::from(capability.name()));
        }
    }
    audiences
}

/// What the capabilities of the application listen to: contract, event and who does.
fn listening(capabilities: &[Box<dyn Install>]) -> Vec<(&'static str, &'static str, &'static str)> {
    let listening = capabilities.iter().flat_map(|capability| {
        let subscriptions = capability.subscriptions().into_iter();
        subscriptions.map(|(contract, event, _)| (contract, event, capability.name()))
    });
    listening.collect()
}

/// Starts the actors, then what delivers to them.
async fn set_going(runtime: &Runtime, wanted: &[Wanted]) -> Result<(), RuntimeError> {
    let Some(parts) = runtime.parts() else {
        return Ok(());
    };
    let parts = &*parts;
    open_post(parts);
    let starts = parts
        .installed
        .iter()
        .map(|installed| installed.host.start());
    let reasons: Vec<_> = join_all(starts)
        .await
        .into_iter()
        .filter_map(Result::err)
        .collect();
    if !reasons.is_empty() {
        return Err(RuntimeError::NotStarted { reasons });
    }
    for installed in &parts.installed {
        begin_tasks(parts, installed);
    }
    if parts.is_member {
        cluster::join(runtime, wanted).await?;
    }
    parts.health.set(Health::Ready);
    Ok(())
}

/// Opens each capability's relay and timers: what its start commits is delivered like all else.
fn open_post(parts: &Parts) {
    let mut receivers: Receivers = parts
        .installed
        .iter()
        .map(|installed| {
            (
                installed.services.capability.to_owned(),
                Arc::clone(&installed.receiver),
            )
        })
        .collect();
    if let Some(network) = &parts.network {
        receivers.insert(EVENTS.to_owned(), network.events());
        let used = parts
            .installed
            .iter()
            .flat_map(|installed| &installed.info.uses);
        for capability in parts.elsewhere.iter().map(|info| &info.name).chain(used) {
            let sends = || network.sends_to(capability);
            receivers.entry(capability.clone()).or_insert_with(sends);
        }
    }
    let receivers = Arc::new(receivers);
    let policies = parts.installed.iter().map(|installed| {
        let capability = installed.services.capability.to_owned();
        (capability, installed.delivery.clone())
    });
    let policies = Arc::new(policies.collect::<Policies>());
    for installed in &parts.installed {
        let services = Arc::clone(&installed.services);
        let relay = Relay::new(
            Arc::clone(&services),
            Arc::clone(&receivers),
            installed.delivery.clone(),
            Arc::clone(&policies),
        );
        let timers = Timers::new(
            Arc::clone(&services),
            Arc::clone(&installed.receiver),
            installed.delivery.clone(),
        );
        parts.tasks.spawn(Arc::clone(&timers).run());
        parts.post.open(services.capability, relay, timers);
    }
}

fn begin_tasks(parts: &Parts, installed: &Installed) {
    let services = &installed.services;
    let news = crate::actor::services::News {
        lanes: installed.lanes.clone(),
        timer_due_ms: None,
    };
    services.post.committed(services.capability, news);
    if services.remembers {
        parts.tasks.spawn(sweep_inbox(Arc::clone(services)));
    }
    let unwanted = installed.unwanted.clone();
    if !unwanted.is_empty() {
        parts
            .tasks
            .spawn(forget_events(Arc::clone(services), unwanted));
    }
    if installed.is_keyed {
        parts.tasks.spawn(passivate(
            Arc::clone(&installed.host),
            services.clock.clone(),
        ));
    }
}

/// Lets idle keyed actors go, again and again.
async fn passivate(host: Arc<dyn Host>, clock: Clock) {
    let idle_after = host.idle_after();
    loop {
        clock.sleep(idle_after / PASSIVATION_ROUNDS).await;
        if let Some(since) = clock.now().before(idle_after) {
            host.passivate(since).await;
        }
    }
}
