//! What a runtime has to do with the processes beside it: joining them, finding out about them, leaving them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::control::{Standing, agreeing, answering, settling};
use super::error::RuntimeError;
use super::guards;
use super::health::Health;
use super::install::{Install, Installed};
use super::operator::{self, Found};
use super::role::Part;
use super::running::{Parts, Runtime};
use crate::actor::random::Random;
use crate::actor::services::Tasks;
use crate::actor::{Group, Kind};
use crate::call::Clock;
use crate::call::route::{Directory, Stranger, Way};
use crate::config::{CapabilitySettings, Namespace, NatsSettings};
use crate::contract::Description;
use crate::transport::{Far, Joining, Listener, Near, Network, Presence, Refusal, Wanted};

/// How long a start waits for the others to hear of it; after that it goes on beside.
const JOIN: Duration = Duration::from_secs(5);

/// What a connection stands on.
pub(super) struct Footing<'a> {
    pub(super) application: &'a str,
    pub(super) tasks: &'a Tasks,
    pub(super) clock: &'a Clock,
    pub(super) random: &'a Arc<Random>,
}

/// The network that the configuration names, if any.
pub(super) async fn connect(
    part: &Part,
    ground: &Footing<'_>,
) -> Result<Option<Arc<dyn Network>>, RuntimeError> {
    let settings: NatsSettings = part.config.section("nats")?;
    if !settings.is_used() {
        return Ok(None);
    }
    connect_with(settings, &part.name, ground).await.map(Some)
}

/// The network as somebody sees it who is no part of the application, and who is there.
pub(super) async fn look_on(
    part: &Part,
    ground: &Footing<'_>,
    directory: &Directory,
) -> Result<(Option<Arc<dyn Network>>, Found), RuntimeError> {
    let mut settings: NatsSettings = part.config.section("nats")?;
    let not_joined = |reason: String| RuntimeError::NotJoined { reason };
    let servers = settings.addresses().join(", ");
    if !settings.is_used() {
        let reason = "no nats-server is named: say one with --nats, such as nats://127.0.0.1:4222";
        return Err(not_joined(reason.to_owned()));
    }
    let first = connect_with(settings.clone(), &part.name, ground).await?;
    Arc::clone(&first).attach().await.map_err(not_joined)?;
    let services = Arc::clone(&first).services().await;
    if let (true, Some(reason)) = (services.is_empty(), Arc::clone(&first).refusal()) {
        return Err(RuntimeError::NotLetIn { reason });
    }
    let wanted = settings.namespace.as_ref().map(Namespace::as_str);
    let namespace = operator::namespace(wanted, &services, &servers)?;
    settings.namespace = Some(Namespace::fitted(&namespace));
    let network = connect_with(settings, &part.name, ground).await?;
    Arc::clone(&network).attach().await.map_err(not_joined)?;
    let found = operator::look_around(&network, directory, &services, &namespace).await;
    Ok((Some(network), found))
}

async fn connect_with(
    settings: NatsSettings,
    name: &str,
    ground: &Footing<'_>,
) -> Result<Arc<dyn Network>, RuntimeError> {
    let connecting = Connecting {
        settings,
        application: ground.application.to_owned(),
        name: name.to_owned(),
        random: Arc::clone(ground.random),
    };
    let (tasks, clock) = (ground.tasks.clone(), ground.clock.clone());
    let (sender, connected) = tokio::sync::oneshot::channel();
    // The connection lives on our threads, whatever executor this is called on.
    tasks.clone().spawn(async move {
        let _ = sender.send(connecting.connect(&tasks, clock).await);
    });
    let stopped = || {
        Err(RuntimeError::NotJoined {
            reason: "the runtime stops".to_owned(),
        })
    };
    connected.await.unwrap_or_else(|_| stopped())
}

struct Connecting {
    settings: NatsSettings,
    application: String,
    name: String,
    random: Arc<Random>,
}

impl Connecting {
    #[cfg(feature = "nats")]
    async fn connect(self, tasks: &Tasks, clock: Clock) -> Result<Arc<dyn Network>, RuntimeError> {
        let Self {
            settings,
            application,
            name,
            random,
        } = self;
        use crate::transport::nats::{LinkError, Nats};
        let nats = Nats::connect(&settings, &application, &name, tasks, clock, random);
        nats.await
            .map(|nats| nats as Arc<dyn Network>)
            .map_err(|error| {
                let reason = error.to_string();
                match error {
                    LinkError::NotLetIn { .. }
                    | LinkError::Distrusted { .. }
                    | LinkError::Denied { .. } => RuntimeError::NotLetIn { reason },
                    LinkError::Refused { .. } | LinkError::Silent => {
                        RuntimeError::NotJoined { reason }
                    }
                }
            })
    }

    #[cfg(not(feature = "nats"))]
    async fn connect(self, _: &Tasks, _: Clock) -> Result<Arc<dyn Network>, RuntimeError> {
        let Self {
            settings,
            application,
            name,
            ..
        } = self;
        Err(RuntimeError::NotJoined {
            reason: format!(
                "{application} is built without the feature `nats`, so that {name} cannot reach {}",
                settings.addresses().join(", ")
            ),
        })
    }
}

/// From now on, contracts that nobody in this program implements are looked for on the network.
///
/// What `[defaults]` says of guards holds for them too: they cannot have settings of their own.
pub(super) fn lead_abroad(
    directory: &Directory,
    network: &Arc<dyn Network>,
    defaults: CapabilitySettings,
    random: Arc<Random>,
) {
    let (network, clock) = (Arc::clone(network), directory.clock().clone());
    directory.lead_abroad(Box::new(move |stranger: Stranger| {
        let idempotent = idempotent(&(stranger.describe)());
        let rules = guards::rules(&defaults, false, idempotent.clone());
        Way {
            guard: guards::guard(stranger.contract, rules, &clock, &random),
            remote: network.caller(Far {
                capability: stranger.contract,
                remembers: false,
                idempotent,
                is_foreign: true,
                window: STRANGERS_WINDOW,
            }),
        }
    }));
}

/// Messages that may be told to a stranger at a time: as many as one of our own has room for by default.
const STRANGERS_WINDOW: usize = 64;

/// The names of the messages that may be handled twice.
pub(super) fn idempotent(description: &Description) -> std::collections::BTreeSet<String> {
    let messages = description.messages.iter();
    let idempotent = messages.filter(|message| message.idempotent);
    idempotent.map(|message| message.name.clone()).collect()
}

/// What of this process others see: its capabilities, and what a test plays itself.
fn near(parts: &Parts) -> Vec<Near> {
    let installed = parts.installed.iter().map(|installed| &installed.info);
    let all = installed.chain(&parts.fakes);
    all.filter_map(|info| {
        let route = parts.directory.named(&info.name)?;
        let messages = info.contract.messages.iter();
        Some(Near {
            capability: route.contract,
            version: info.version,
            digest: info.digest.to_string(),
            about: info
                .contract
                .doc
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned(),
            deadline: info.deadline(),
            messages: messages.map(|message| message.name.clone()).collect(),
            message_size: usize::try_from(info.message_size).unwrap_or(usize::MAX),
            is_exclusive: info.kind != Kind::Stateless,
            remote: route.by_name()?,
        })
    })
    .collect()
}

/// A capability of this process as what others let out reaches it.
fn listener(installed: &Installed, instance: &str) -> Listener {
    let events = installed.subscriptions.iter();
    Listener {
        services: Arc::clone(&installed.services),
        receiver: Arc::clone(&installed.receiver),
        policy: installed.delivery.clone(),
        events: events
            .map(|(contract, event, group)| ((*contract).to_owned(), (*event).to_owned(), *group))
            .collect(),
        shared_as: (installed.info.kind == Kind::Stateless).then(|| instance.to_owned()),
    }
}

/// Whether every process that hosts a listener hears for itself, over the network: nobody can tell how many there are.
pub(super) fn is_for_each(listener: &dyn Install, group: Group) -> bool {
    group == Group::Broadcast && listener.is_stateless()
}

/// What each capability of the application needs of the network, whoever hosts it.
pub(super) fn wanted(capabilities: &[Box<dyn Install>]) -> Vec<Wanted> {
    let wanted = capabilities.iter().map(|capability| {
        let mut listeners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for listener in capabilities {
            let events = listener.subscriptions().into_iter();
            let events = events.filter(|(contract, _, group)| {
                *contract == capability.name() && !is_for_each(&**listener, *group)
            });
            for (_, event, _) in events {
                let heard = listeners.entry(listener.name().to_owned()).or_default();
                heard.insert(event.to_owned());
            }
        }
        Wanted {
            capability: capability.name().to_owned(),
            listeners,
        }
    });
    wanted.collect()
}

/// Lets the others call what runs here, and waits a while for that to be so.
pub(super) async fn join(runtime: &Runtime, wanted: &[Wanted]) -> Result<(), RuntimeError> {
    let Some(parts) = runtime.parts() else {
        return Ok(());
    };
    let Some(network) = parts.network.clone() else {
        return Ok(());
    };
    let clock = runtime.directory().clock().clone();
    let (_, instance) = network.identity();
    let standing = Arc::new(Standing::new(instance, &clock));
    Arc::clone(&network).join(Joining {
        near: near(&parts),
        listeners: parts
            .installed
            .iter()
            .map(|installed| listener(installed, instance))
            .collect(),
        wanted: wanted.to_vec(),
        answering: answering(&parts, &standing),
        agreeing: agreeing(&parts),
        settling: settling(&parts, standing),
    });
    let mut presence = network.presence();
    let joined = presence.wait_for(|presence| !matches!(presence, Presence::Away(_)));
    let joined = tokio::select! {
        joined = joined => joined.map_or(Presence::Left, |presence| presence.clone()),
        () = clock.sleep(JOIN) => Presence::Away(String::new()),
    };
    if let Presence::Refused(refusal) = joined {
        let Refusal {
            reason,
            is_of_permission,
        } = refusal;
        return Err(match is_of_permission {
            true => RuntimeError::NotLetIn { reason },
            false => RuntimeError::NotJoined { reason },
        });
    }
    if let Presence::Away(reason) = &*network.presence().borrow() {
        tracing::warn!(%reason, "the other processes are not reached yet; what needs none of them is served");
    }
    watch(&parts, &network);
    Ok(())
}

/// A process that is refused later must not go on as if it were not.
fn watch(parts: &Arc<Parts>, network: &Arc<dyn Network>) {
    let health = parts.health.clone();
    let mut presence = network.presence();
    parts.tasks.spawn(async move {
        let refused = presence.wait_for(|presence| matches!(presence, Presence::Refused(_)));
        if let Ok(presence) = refused.await
            && let Presence::Refused(Refusal { reason, .. }) = &*presence
        {
            tracing::error!(%reason, "this process must not go on");
            health.set(Health::Failed {
                reason: reason.clone(),
            });
        }
    });
}

impl Runtime {
    /// What this process misses of the others, in words; `None` when it misses nothing.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        let parts = self.parts()?;
        let presence = parts.network.as_ref()?.presence().borrow().clone();
        match presence {
            Presence::Away(reason) | Presence::Refused(Refusal { reason, .. }) => Some(reason),
            Presence::Joined | Presence::Left => None,
        }
    }

    /// Whether some of the application runs in other processes.
    #[must_use]
    pub fn is_split(&self) -> bool {
        self.parts()
            .is_some_and(|parts| !parts.elsewhere.is_empty())
    }
}
