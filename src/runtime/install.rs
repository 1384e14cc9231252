//! One capability on its way into a runtime: the place where its type is known last.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::capabilities::CapabilityInfo;
use super::cluster::idempotent;
use super::error::RuntimeError;
use super::guards;
use super::storage::Kept;
use crate::actor::binder::Binder;
use crate::actor::debts::Debts;
use crate::actor::event_log::EventLog;
use crate::actor::meter::Meters;
use crate::actor::outgoing::EVENTS;
use crate::actor::random::Random;
use crate::actor::services::{Audience, Limits, Post, Posted, Services, Tasks};
use crate::actor::{Capability, Group, HandlesAll, Kind};
use crate::call::route::{Directory, Remote, Route, Target};
use crate::config::{
    CapabilitySettings, Config, Durability, MetricsSettings, Placement, Schemas, schema_of,
};
use crate::contract::{Contract, Description};
use crate::delivery::{DeliveryPolicy, Survey, survey};
use crate::engine::host::Hosts;
use crate::engine::hosted::{Host, Hosted};
use crate::engine::parcel::Receiver;
use crate::engine::spec::{Policy, RestartPolicy};
use crate::placement;
use crate::store::TreeName;
use crate::transport::{Far, Loopback, Network};

/// A capability whose type is known inside.
pub(super) trait Install: Send + Sync {
    /// The contract's name.
    fn name(&self) -> &'static str;

    /// Adds the keys of its configuration.
    fn schemas(&self, schemas: Schemas) -> Schemas;

    /// The events it listens to: contract and event, and who of several actors gets it.
    fn subscriptions(&self) -> Vec<Subscribed>;

    /// Whether there may be any number of it.
    fn is_stateless(&self) -> bool;

    /// Whether it keeps something beyond the process, as configured.
    fn is_durable(&self, settings: &CapabilitySettings) -> bool;

    /// What of it matters to where it may run.
    fn part(&self, settings: &CapabilitySettings) -> placement::Part;

    /// Puts the way to the node that hosts it at the end of its route.
    fn refer(
        &self,
        site: &Site<'_>,
        network: &Arc<dyn Network>,
        node: &str,
    ) -> Result<CapabilityInfo, RuntimeError>;

    /// The contract that it has.
    fn describe(&self) -> Description;

    /// The contracts that it calls or sends to.
    fn used(&self) -> Vec<Description>;

    /// Makes its actors and puts them at the end of its route.
    fn install(&self, site: &Site<'_>) -> Result<Installed, RuntimeError>;
}

/// An event that is listened to: contract and event, and who of several actors gets it.
pub(super) type Subscribed = (&'static str, &'static str, Group);

/// What there is to build on.
pub(super) struct Site<'a> {
    pub(super) config: &'a Config,
    pub(super) directory: &'a Arc<Directory>,
    pub(super) hosts: &'a Hosts,
    pub(super) tasks: &'a Tasks,
    pub(super) random: &'a Arc<Random>,
    pub(super) post: Arc<dyn Post>,
    pub(super) durable: Option<&'a Kept>,
    pub(super) memory: &'a Kept,
    pub(super) placement: Option<Placement>,
    /// Whether there are other processes, which may listen too.
    pub(super) is_joined: bool,
    pub(super) metrics: MetricsSettings,
    /// For each contract and event, who listens.
    pub(super) audiences: &'a BTreeMap<(&'static str, &'static str), Vec<Arc<str>>>,
    /// Which of the capabilities this is: they are spread over the homes.
    pub(super) number: u64,
}

/// A capability that is ready to be started.
pub(super) struct Installed {
    pub(super) services: Arc<Services>,
    pub(super) host: Arc<dyn Host>,
    pub(super) receiver: Arc<dyn Receiver>,
    pub(super) delivery: DeliveryPolicy,
    pub(super) route: Arc<Route>,
    /// What an earlier process left to be delivered.
    pub(super) lanes: Vec<Posted>,
    pub(super) is_keyed: bool,
    pub(super) info: CapabilityInfo,
    /// The events it listens to.
    pub(super) subscriptions: Vec<Subscribed>,
    /// Events in the log that an earlier process left, and this one shall not keep.
    pub(super) unwanted: Range<u64>,
}

pub(super) struct Installer<A>(PhantomData<fn() -> A>);

impl<A> Installer<A> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<A> Install for Installer<A>
where
    A: Capability + HandlesAll<<<A as Capability>::Contract as Contract>::Messages>,
{
    fn name(&self) -> &'static str {
        <A::Contract as Contract>::NAME
    }

    fn schemas(&self, schemas: Schemas) -> Schemas {
        let mut inapplicable = Vec::new();
        if A::KIND != Kind::Stateless {
            inapplicable.push("instances");
        }
        if A::KIND != Kind::Keyed {
            inapplicable.push("idle_after");
        }
        if !A::DURABLE {
            inapplicable.extend(["durability", "inbox_retention"]);
        }
        let schemas = schemas.capability(self.name(), &inapplicable);
        if has_settings::<A>() {
            schemas.section(&settings_path(self.name()), schema_of::<A::Settings>())
        } else {
            schemas
        }
    }

    fn is_stateless(&self) -> bool {
        A::KIND == Kind::Stateless
    }

    fn subscriptions(&self) -> Vec<Subscribed> {
        let mut binder = Binder::<A>::new();
        A::bind(&mut binder);
        binder
            .events
            .iter()
            .map(|binding| (binding.contract, binding.event, binding.group))
            .collect()
    }

    fn is_durable(&self, settings: &CapabilitySettings) -> bool {
        A::DURABLE && settings.durability == Durability::Local
    }

    fn part(&self, settings: &CapabilitySettings) -> placement::Part {
        let mut binder = Binder::<A>::new();
        A::bind(&mut binder);
        let listens = binder.events.iter();
        placement::Part {
            name: self.name().to_owned(),
            kind: A::KIND,
            durable: self.is_durable(settings),
            uses: binder.uses.iter().map(|name| (*name).to_owned()).collect(),
            listens: listens
                .map(|binding| (binding.contract.to_owned(), binding.event.to_owned()))
                .collect(),
        }
    }

    fn refer(
        &self,
        site: &Site<'_>,
        network: &Arc<dyn Network>,
        node: &str,
    ) -> Result<CapabilityInfo, RuntimeError> {
        let settings = site.config.capability(self.name())?;
        let mut binder = Binder::<A>::new();
        A::bind(&mut binder);
        let placement = site.placement.unwrap_or(settings.placement);
        let info = CapabilityInfo {
            node: Some(node.to_owned()),
            ..CapabilityInfo::of::<A>(&binder, &settings, placement)
        };
        let (remembers, idempotent) = (self.is_durable(&settings), idempotent(&info.contract));
        let caller = network.caller(Far {
            capability: self.name(),
            remembers,
            idempotent: idempotent.clone(),
            is_foreign: false,
            window: usize::try_from(settings.mailbox).unwrap_or(usize::MAX),
        });
        let route = site.directory.route::<A::Contract>();
        route.set_limits(settings.deadline.get(), settings.message_size.to_usize());
        guards::put(&route, &settings, remembers, idempotent, site.random);
        route.serve_by_name(Arc::clone(&caller));
        route.lead_to(Target::Remote(caller));
        Ok(info)
    }

    fn describe(&self) -> Description {
        <A::Contract as Contract>::describe()
    }

    fn used(&self) -> Vec<Description> {
        let mut binder = Binder::<A>::new();
        A::bind(&mut binder);
        binder.used.iter().map(|describe| describe()).collect()
    }

    fn install(&self, site: &Site<'_>) -> Result<Installed, RuntimeError> {
        let settings = site.config.capability(self.name())?;
        let own_settings = own_settings::<A>(site.config, self.name())?;
        let mut binder = Binder::<A>::new();
        A::bind(&mut binder);
        let kept = match site.durable {
            Some(durable) if self.is_durable(&settings) => durable,
            _ => site.memory,
        };
        let tree = TreeName::new(self.name())?;
        let found = survey(kept.store.as_ref(), tree.as_str())?;
        let log = event_log(&settings, self.is_durable(&settings), &found, site);
        let unwanted = unwanted_events(&settings, found.log.clone());
        let services = Arc::new(Services {
            capability: self.name(),
            directory: Arc::clone(site.directory),
            clock: site.directory.clock().clone(),
            random: Arc::clone(site.random),
            tasks: site.tasks.clone(),
            store: Arc::clone(&kept.store),
            committer: kept.committer.clone(),
            tree,
            audience: self.audience(site),
            log,
            post: Arc::clone(&site.post),
            limits: limits(&settings),
            meters: meters(&binder, site.metrics.enabled),
            sequence: AtomicU64::new(found.next_sequence),
            backlog: AtomicU64::new(found.backlog),
            debts: Debts::default(),
            remembers: self.is_durable(&settings),
        });
        let placement = site.placement.unwrap_or(settings.placement);
        let info = CapabilityInfo::of::<A>(&binder, &settings, placement);
        let policy = policy(&settings, site.hosts.num_arbiters());
        let homes = site.hosts.homes(A::EXECUTION);
        let hosted = Hosted::<A>::new(
            Arc::clone(&services),
            policy,
            own_settings,
            binder,
            homes,
            site.number,
        );
        let route = open_route(site.directory, &settings, placement, &hosted);
        let remembers = self.is_durable(&settings);
        let idempotent = idempotent(&info.contract);
        guards::put(&route, &settings, remembers, idempotent, site.random);
        Ok(Installed {
            host: Arc::new(Arc::clone(&hosted)),
            receiver: Arc::new(hosted),
            delivery: delivery(&settings),
            route,
            lanes: found.posted(),
            services,
            is_keyed: A::KIND == Kind::Keyed,
            info,
            subscriptions: self.subscriptions(),
            unwanted,
        })
    }
}

impl<A> Installer<A>
where
    A: Capability + HandlesAll<<<A as Capability>::Contract as Contract>::Messages>,
{
    fn audience(&self, site: &Site<'_>) -> Audience {
        let own = site
            .audiences
            .iter()
            .filter(|((contract, _), _)| *contract == self.name());
        let mut audience: Audience = own
            .map(|((_, event), receivers)| ((*event).to_owned(), receivers.clone()))
            .collect();
        if site.is_joined {
            let others: Arc<str> = Arc::from(EVENTS);
            for event in A::Contract::describe().events {
                audience
                    .entry(event.name)
                    .or_default()
                    .push(Arc::clone(&others));
            }
        }
        audience
    }
}

fn meters<A: Capability>(binder: &Binder<A>, is_enabled: bool) -> Meters {
    let messages = binder.messages.iter();
    let events = binder.events.iter();
    let periodics = binder.periodics.iter();
    Meters::new(
        is_enabled,
        messages.map(|binding| binding.message.to_owned()),
        events.map(|binding| format!("{}.{}", binding.contract, binding.event)),
        periodics.map(|periodic| periodic.handler.to_owned()),
    )
}

/// Leads the capability's route to its actors, the way its placement says.
fn open_route<A>(
    directory: &Directory,
    settings: &CapabilitySettings,
    placement: Placement,
    hosted: &Arc<Hosted<A>>,
) -> Arc<Route>
where
    A: Capability + HandlesAll<<<A as Capability>::Contract as Contract>::Messages>,
{
    let route = directory.route::<A::Contract>();
    route.set_limits(settings.deadline.get(), settings.message_size.to_usize());
    let served = Arc::new(hosted.served());
    match placement {
        Placement::Local => {
            route.serve_by_name(served);
            route.lead_to(Target::Local(hosted.doors()));
        }
        Placement::Wire => {
            let loopback = Loopback::new(
                <A::Contract as Contract>::NAME,
                served,
                directory.clock().clone(),
            );
            let loopback: Arc<dyn Remote> = Arc::new(loopback);
            route.serve_by_name(Arc::clone(&loopback));
            route.lead_to(Target::Remote(loopback));
        }
    }
    route
}

fn settings_path(capability: &str) -> String {
    format!("capabilities.{capability}.settings")
}

fn has_settings<A: Capability>() -> bool {
    TypeId::of::<A::Settings>() != TypeId::of::<()>()
}

/// The capability's own settings as data, having been read once to see that they fit.
fn own_settings<A: Capability>(
    config: &Config,
    name: &str,
) -> Result<serde_json::Value, RuntimeError> {
    let path = settings_path(name);
    if !has_settings::<A>() {
        return Ok(serde_json::Value::Null);
    }
    config.section::<A::Settings>(&path)?;
    Ok(config.section::<serde_json::Value>(&path)?)
}

fn event_log(
    settings: &CapabilitySettings,
    is_durable: bool,
    found: &Survey,
    site: &Site<'_>,
) -> Arc<EventLog> {
    let keep = u64::from(settings.event_log);
    let clock = site.directory.clock().clone();
    if is_durable && keep > 0 {
        EventLog::stored(keep, found.log.clone(), clock)
    } else {
        EventLog::in_memory(keep, clock)
    }
}

/// All but the newest that are kept. One always stays, so that its position is not given out again.
fn unwanted_events(settings: &CapabilitySettings, found: Option<Range<u64>>) -> Range<u64> {
    let found = found.unwrap_or(0..0);
    let keep = u64::from(settings.event_log).max(1);
    found.start..found.end.saturating_sub(keep)
}

fn limits(settings: &CapabilitySettings) -> Limits {
    Limits {
        message_size: settings.message_size.to_usize(),
        outbox: u64::from(settings.outbox_limit),
        inbox_retention: settings.inbox_retention.get(),
    }
}

fn policy(settings: &CapabilitySettings, num_arbiters: usize) -> Policy {
    let instances = usize::from(settings.instances);
    let restart = &settings.restart;
    Policy {
        mailbox: usize::try_from(settings.mailbox).unwrap_or(usize::MAX),
        instances: if instances == 0 {
            num_arbiters
        } else {
            instances
        },
        idle_after: settings.idle_after.get(),
        restart: RestartPolicy {
            budget: usize::from(restart.budget),
            within: restart.within.get(),
            backoff_min: restart.backoff_min.get(),
            backoff_max: restart.backoff_max.get(),
            down_for: restart.down_for.get(),
        },
    }
}

fn delivery(settings: &CapabilitySettings) -> DeliveryPolicy {
    DeliveryPolicy {
        attempts: settings.delivery.attempts,
        backoff_min: settings.delivery.backoff_min.get(),
        backoff_max: settings.delivery.backoff_max.get(),
    }
}
