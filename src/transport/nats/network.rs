//! [`Nats`]: joins this process with others over a nats-server.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join, join_all};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::bus::{Bus, BusError, Listening};
use super::calls::{Callee, Caller, UnderWay};
use super::claims::{self, ClaimError, Claims, Held, Living};
use super::control::{self, Control};
use super::headers;
use super::link::{Link, LinkError, entropy};
use super::server::Version;
use super::services::{self, Identity, Services};
use super::syncing::Syncing;
use crate::actor::random::Random;
use crate::actor::services::Tasks;
use crate::call::Clock;
use crate::call::route::Remote;
use crate::config::NatsSettings;
use crate::engine::parcel::Receiver;
use crate::transport::frame::Frame;
use crate::transport::network::{
    Far, Joining, Near, Network, Presence, Refusal, Service, Unanswered, Whom,
};

/// The pause before a join that failed is tried again.
const AGAIN: Duration = Duration::from_millis(500);
/// How long somebody who only looks on waits for the server.
const ATTACH: Duration = Duration::from_secs(3);
/// Bytes of a message that are not its body: subject and headers, a key of 512 bytes percent-encoded among them.
const HEADROOM: usize = 8 * 1024;

/// Joins this process with others over a nats-server.
pub(crate) struct Nats {
    link: Link,
    replicas: usize,
    settings: NatsSettings,
    identity: Identity,
    tasks: Tasks,
    presence: watch::Sender<Presence>,
    joined: Mutex<Joined>,
    bus: Bus,
    under_way: UnderWay,
    /// Nothing more is joined.
    left: CancellationToken,
}

/// What stands when it has joined.
#[derive(Default)]
struct Joined {
    _living: Option<Living>,
    claims: Option<Claims>,
    listening: Vec<(&'static str, Arc<Listening>)>,
    callees: Vec<Arc<Callee>>,
}

/// What this process answers already, when the connection was lost in the middle of joining.
#[derive(Default)]
struct Answers {
    as_services: bool,
    as_process: bool,
}

/// Why a process cannot join.
#[derive(Debug, thiserror::Error)]
enum JoinError {
    #[error("{0}")]
    Contracts(String),
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error(transparent)]
    Claim(#[from] ClaimError),
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error(
        "the nats-server at {server} is of version {found}, and {needed} is needed at least: install a newer one"
    )]
    TooOld {
        server: String,
        found: String,
        needed: Version,
    },
    #[error(
        "the nats-server at {server} has no JetStream, which durable events need: start it with `-js`, or `jetstream {{}}` in its file"
    )]
    NoJetStream { server: String },
    #[error(
        "{capability} takes messages of {size} bytes, and the nats-server at {server} {limit}, headers included: raise `max_payload` in its file, or \
         lower `capabilities.{capability}.message_size` to {fitting}"
    )]
    Payload {
        capability: &'static str,
        size: usize,
        server: String,
        limit: usize,
        fitting: usize,
    },
}

impl JoinError {
    /// Whether it is of no use to try again.
    const fn is_final(&self) -> bool {
        !matches!(
            self,
            Self::Link(LinkError::Silent) | Self::Claim(ClaimError::Unavailable(_))
        )
    }

    /// Whether the server does not let this process do what it has to.
    const fn is_of_permission(&self) -> bool {
        matches!(
            self,
            Self::Link(
                LinkError::NotLetIn { .. }
                    | LinkError::Distrusted { .. }
                    | LinkError::Denied { .. }
            ) | Self::Bus(BusError::Denied { .. })
        )
    }
}

impl Nats {
    /// Connects; whom others may call is said with [`join`](Network::join).
    ///
    /// # Errors
    ///
    /// As [`Link::connect`].
    pub(crate) async fn connect(
        settings: &NatsSettings,
        application: &str,
        node: &str,
        tasks: &Tasks,
        clock: Clock,
        random: Arc<Random>,
    ) -> Result<Arc<Self>, LinkError> {
        let namespace = settings.namespace_of(application);
        let name = format!("{application}/{node}");
        let link = Link::connect(settings, &namespace, &name, tasks, clock.clone()).await?;
        let replicas = u8::try_from(settings.replicas).unwrap_or(1);
        let (presence, _) = watch::channel(Presence::Away("no nats-server answers".to_owned()));
        let instance = format!("{node}-{:016x}", entropy());
        let living = Living::new(&instance);
        Ok(Arc::new(Self {
            bus: Bus::new(&link, replicas, clock, random),
            link,
            replicas: usize::from(replicas),
            settings: settings.clone(),
            identity: Identity {
                instance,
                node: node.to_owned(),
            },
            tasks: tasks.clone(),
            presence,
            joined: Mutex::new(Joined {
                _living: Some(living),
                ..Joined::default()
            }),
            under_way: UnderWay::default(),
            left: CancellationToken::new(),
        }))
    }

    async fn join_until_joined(self: Arc<Self>, joining: Joining) {
        let mut answers = Answers::default();
        loop {
            self.link.connected().await;
            match self.try_join(&joining, &mut answers).await {
                Ok(()) => {
                    self.presence.send_replace(Presence::Joined);
                    if !joining.near.is_empty() {
                        let network = Arc::clone(&self);
                        let warning = async move { network.warn_of_syncing().await };
                        self.tasks.spawn(warning);
                    }
                    let ((), ()) = join(self.watch_link(), self.settle(&joining)).await;
                    return;
                }
                Err(error) if error.is_final() => {
                    let refusal = Refusal {
                        reason: error.to_string(),
                        is_of_permission: error.is_of_permission(),
                    };
                    self.presence.send_replace(Presence::Refused(refusal));
                    return;
                }
                Err(error) => {
                    let away = Presence::Away(error.to_string());
                    self.presence.send_replace(away);
                    self.link.clock().sleep(AGAIN).await;
                }
            }
        }
    }

    /// Does what is left to do of joining: what an earlier attempt has done stays done.
    async fn try_join(
        self: &Arc<Self>,
        joining: &Joining,
        answers: &mut Answers,
    ) -> Result<(), JoinError> {
        let Joining {
            near,
            listeners,
            wanted,
            answering,
            agreeing,
            settling: _,
        } = joining;
        self.fit(near)?;
        if self.joined.lock().claims.is_none() {
            let network: Arc<dyn Network> = Arc::<Self>::clone(self);
            agreeing(network).await.map_err(JoinError::Contracts)?;
            self.bus.ensure(wanted, listeners).await?;
            let (claims, held) = self.claim(near).await?;
            // Only who has the claim may listen: two of them would not keep the order.
            let listening = listeners.iter().map(|listener| {
                let listening = Arc::new(self.bus.listen(listener));
                (listener.services.capability, listening)
            });
            self.joined.lock().listening = listening.collect();
            self.keep(&claims, held);
            self.joined.lock().claims = Some(claims);
        }
        let num_open = self.joined.lock().callees.len();
        for near in near.iter().skip(num_open) {
            let callee = Callee::open(near.clone(), &self.link, &self.tasks).await?;
            self.joined.lock().callees.push(callee);
        }
        let (link, tasks, identity) = (&self.link, &self.tasks, &self.identity);
        if !answers.as_services {
            let callees = self.joined.lock().callees.clone();
            Services::open(link, identity.clone(), callees, tasks).await?;
            answers.as_services = true;
        }
        if !answers.as_process {
            let hosts: Vec<_> = near.iter().map(|near| near.capability).collect();
            let answering = Arc::clone(answering);
            Control::open(link, &identity.instance, &hosts, answering, tasks).await?;
            answers.as_process = true;
        }
        Ok(())
    }

    /// Leaves the others again where somebody is among them by now with whom this process cannot live.
    async fn settle(self: &Arc<Self>, joining: &Joining) {
        let network: Arc<dyn Network> = Arc::<Self>::clone(self);
        if let Err(reason) = (joining.settling)(network).await {
            let refusal = Refusal::because(reason);
            self.presence.send_replace(Presence::Refused(refusal));
            for near in &joining.near {
                self.let_go(near.capability);
            }
        }
    }

    async fn claim(&self, near: &[Near]) -> Result<(Claims, Vec<Held>), JoinError> {
        let Identity { node, instance, .. } = &self.identity;
        let claims = Claims::open(&self.link, self.replicas, node, instance).await?;
        let exclusive = near.iter().filter(|near| near.is_exclusive);
        let exclusive: Vec<_> = exclusive.map(|near| near.capability).collect();
        let held = claims::claim_all(&claims, &exclusive).await?;
        Ok((claims, held))
    }

    /// Renews what is claimed. What somebody else has claimed is let go of at once.
    fn keep(self: &Arc<Self>, claims: &Claims, held: Vec<Held>) {
        let network = Arc::clone(self);
        claims::keep_all(claims, held, &self.tasks, move |capability, lost| {
            let refusal = Refusal::because(lost.to_string());
            network.presence.send_replace(Presence::Refused(refusal));
            network.let_go(capability);
        });
    }

    /// Takes no more calls and events for a capability.
    fn let_go(&self, capability: &str) {
        let joined = self.joined.lock();
        let callees = joined.callees.iter();
        for callee in callees.filter(|callee| callee.near().capability == capability) {
            let callee = Arc::clone(callee);
            self.tasks.spawn(async move { callee.leave().await });
        }
        let listening = joined.listening.iter();
        for (_, listening) in listening.filter(|(of, _)| *of == capability) {
            let listening = Arc::clone(listening);
            self.tasks.spawn(async move { listening.pause().await });
        }
    }

    /// Whether the server is one that we can use.
    fn fit(&self, near: &[Near]) -> Result<(), JoinError> {
        self.link.look_up_limit();
        let info = self.link.client().server_info();
        let server = format!("{}:{}", info.host, info.port);
        let found = info.version.parse::<Version>().ok();
        if found.is_none_or(|found| found < Version::OLDEST) {
            return Err(JoinError::TooOld {
                server,
                found: info.version,
                needed: Version::OLDEST,
            });
        }
        if !info.jetstream {
            return Err(JoinError::NoJetStream { server });
        }
        let fitting = info.max_payload.saturating_sub(HEADROOM);
        match near.iter().find(|near| near.message_size > fitting) {
            Some(near) => Err(JoinError::Payload {
                capability: near.capability,
                size: near.message_size,
                server,
                limit: info.max_payload,
                fitting,
            }),
            None => Ok(()),
        }
    }

    /// Warns where a power failure at the server would lose what it has confirmed.
    async fn warn_of_syncing(&self) {
        let server = self.link.client().server_info().server_name;
        let syncing = Syncing::find(&self.settings, &server, self.link.clock());
        syncing.await.warn();
    }

    /// Tells when the connection is lost, and when it is back.
    async fn watch_link(&self) {
        let mut state = self.link.state();
        while state.changed().await.is_ok() {
            let is_connected = state.borrow_and_update().is_connected;
            if is_connected {
                self.link.look_up_limit();
            }
            self.presence.send_if_modified(|presence| {
                let now = match (is_connected, &*presence) {
                    (true, Presence::Away(_)) => Presence::Joined,
                    (false, Presence::Joined) => {
                        Presence::Away("the connection to the nats-server is lost".to_owned())
                    }
                    _ => return false,
                };
                *presence = now;
                true
            });
        }
    }
}

impl Network for Nats {
    fn caller(&self, far: Far) -> Arc<dyn Remote> {
        let under_way = Arc::clone(&self.under_way);
        Arc::new(Caller::new(
            far,
            self.link.clone(),
            self.tasks.clone(),
            under_way,
        ))
    }

    fn events(&self) -> Arc<dyn Receiver> {
        self.bus.events()
    }

    fn sends_to(&self, capability: &str) -> Arc<dyn Receiver> {
        self.bus.sends_to(capability)
    }

    fn join(self: Arc<Self>, joining: Joining) {
        let (tasks, left) = (self.tasks.clone(), self.left.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = left.cancelled() => {}
                () = self.join_until_joined(joining) => {}
            }
        });
    }

    fn ask_all(
        self: Arc<Self>,
        verb: &'static str,
        body: Vec<u8>,
        expected: Option<usize>,
    ) -> BoxFuture<'static, Vec<Vec<u8>>> {
        async move { control::ask_all(&self.link, verb, body, expected).await }.boxed()
    }

    fn refusal(self: Arc<Self>) -> Option<String> {
        let reason = self.link.state().borrow().denied.clone()?;
        Some(LinkError::Denied { reason }.to_string())
    }

    fn services(self: Arc<Self>) -> BoxFuture<'static, Vec<Service>> {
        async move { services::all(&self.link).await }.boxed()
    }

    fn probe(
        self: Arc<Self>,
        capability: &str,
        message: &str,
        call: Frame,
        patience: Duration,
    ) -> BoxFuture<'static, Result<Frame, Unanswered>> {
        let subject = self.link.subjects().call(capability, message);
        async move {
            let headers = headers::of(call.headers);
            let asking = control::answer_to(&self.link, subject, headers, call.body);
            let answer = tokio::select! {
                answer = asking => answer?,
                () = self.link.clock().sleep(patience) => return Err(Unanswered::Silent),
            };
            Ok(headers::frame(&answer))
        }
        .boxed()
    }

    fn attach(self: Arc<Self>) -> BoxFuture<'static, Result<(), String>> {
        async move {
            tokio::select! {
                () = self.link.connected() => {}
                () = self.link.clock().sleep(ATTACH) => return Err(self.link.absence()),
            }
            self.link.look_up_limit();
            self.presence.send_replace(Presence::Joined);
            let network = Arc::clone(&self);
            self.tasks.spawn(async move { network.watch_link().await });
            // What the server refuses is known when it has processed it.
            match self.link.fence().await {
                Ok(()) => Ok(()),
                Err(error) => Err(error.to_string()),
            }
        }
        .boxed()
    }

    fn ask(
        self: Arc<Self>,
        whom: Whom,
        verb: &'static str,
        body: Vec<u8>,
        patience: Duration,
    ) -> BoxFuture<'static, Result<Vec<u8>, Unanswered>> {
        async move { control::ask(&self.link, &whom, verb, body, patience).await }.boxed()
    }

    fn has_calls(&self) -> bool {
        let is_at_work = |callee: &Arc<Callee>| callee.num_at_work() > 0;
        self.under_way.load(Ordering::SeqCst) > 0
            || self.joined.lock().callees.iter().any(is_at_work)
    }

    fn is_idle(self: Arc<Self>) -> BoxFuture<'static, bool> {
        async move { !self.has_calls() && self.bus.is_idle().await && !self.has_calls() }.boxed()
    }

    fn identity(&self) -> (&str, &str) {
        (&self.identity.node, &self.identity.instance)
    }

    fn presence(&self) -> watch::Receiver<Presence> {
        self.presence.subscribe()
    }

    fn leave(self: Arc<Self>) -> BoxFuture<'static, ()> {
        async move {
            self.left.cancel();
            let joined = std::mem::take(&mut *self.joined.lock());
            self.presence.send_replace(Presence::Left);
            let left = join_all(joined.callees.iter().map(|callee| callee.leave()));
            let paused = join_all(joined.listening.iter().map(|(_, one)| one.pause()));
            join(left, paused).await;
            if let Some(claims) = joined.claims {
                let exclusive = joined.callees.iter().map(|callee| callee.near());
                let exclusive = exclusive.filter(|near| near.is_exclusive);
                join_all(exclusive.map(|near| claims.give_up(near.capability))).await;
            }
            // What was answered last must be out before the connection goes.
            let _ = self.link.fence().await;
        }
        .boxed()
    }

    fn abandon(&self) {
        self.left.cancel();
        self.link.close();
        drop(std::mem::take(&mut *self.joined.lock()));
    }
}
