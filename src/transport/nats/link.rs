//! [`Link`]: the connection of one process to the server, its inbox for answers, and what is known of its state.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, ConnectOptions, Event, HeaderMap, StatusCode, Subscriber};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::watch;

use super::access;
use super::bundles::{Lane, Mailbag};
use super::claims::chain;
use super::replies::{Awaited, Replies};
use super::subjects::{BUNDLE, QUEUE_GROUP, Subjects};
use crate::actor::services::Tasks;
use crate::call::{Clock, MessageId};
use crate::config::NatsSettings;

/// How long a fence may take before the connection is not what it seems.
const FENCE: Duration = Duration::from_secs(10);

/// Why there is no connection, or not one that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LinkError {
    /// The server is not there, or does not let us in.
    #[error("no connection to {servers}: {reason}")]
    Refused {
        /// Where it was tried.
        servers: String,
        /// What the library says.
        reason: String,
    },
    /// The server does not let us in.
    #[error(
        "the nats-server at {servers} does not let us in: {reason}; look at nats.credentials, nats.user and nats.password, nats.token or nats.nkey"
    )]
    NotLetIn {
        /// Where it was tried.
        servers: String,
        /// What the library says.
        reason: String,
    },
    /// The server and this process do not trust each other.
    #[error(
        "the encrypted connection to {servers} is refused: {reason}; look at nats.tls.ca, the authority that signed the server's certificate, and at \
         nats.tls.certificate and nats.tls.key, if the server asks for one"
    )]
    Distrusted {
        /// Where it was tried.
        servers: String,
        /// What the library says.
        reason: String,
    },
    /// The user of this connection may not do what it has to.
    #[error("the server refuses: {reason}; the user of this connection needs that permission")]
    Denied {
        /// What the server says.
        reason: String,
    },
    /// The connection is down now.
    #[error("the server does not answer")]
    Silent,
}

/// What the connection is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LinkState {
    /// Whether there is a connection now.
    pub(crate) is_connected: bool,
    /// How often there was a new connection.
    pub(crate) num_connected: u64,
    /// What the server refused last, and how often it has refused something.
    pub(crate) denied: Option<String>,
    pub(crate) num_denied: u64,
}

/// The connection of one process.
#[derive(Clone)]
pub(crate) struct Link {
    client: Client,
    subjects: Subjects,
    servers: Arc<str>,
    replies: Arc<Replies>,
    /// Bytes of the largest message that the server takes; 0 while it is not known.
    limit: Arc<AtomicUsize>,
    /// What goes to others in bundles, if anything does.
    mailbag: Option<Arc<Mailbag>>,
    state: watch::Receiver<LinkState>,
    clock: Clock,
    first_id: u128,
    ids: Arc<AtomicU64>,
}

impl Link {
    /// Connects. A server that is not there yet is waited for beside: [`state`](Self::state) tells when it has come.
    ///
    /// # Errors
    ///
    /// [`LinkError::Refused`] when addresses, credentials or certificates cannot be used, or the server does not let us in.
    pub(crate) async fn connect(
        settings: &NatsSettings,
        namespace: &str,
        name: &str,
        tasks: &Tasks,
        clock: Clock,
    ) -> Result<Self, LinkError> {
        let (sender, state) = watch::channel(LinkState::default());
        let client = open(settings, name, &Arc::new(sender)).await?;
        let servers = settings.addresses().join(", ");
        let replies = Replies::new(client.new_inbox());
        let inbox = client.subscribe(replies.subscription()).await;
        let inbox = inbox.map_err(|error| LinkError::Refused {
            servers: servers.clone(),
            reason: chain(&error),
        })?;
        tasks.spawn(receive(inbox, Arc::clone(&replies)));
        let limit = Arc::<AtomicUsize>::default();
        let bag = || Mailbag::new(client.clone(), Arc::clone(&replies), Arc::clone(&limit));
        let mailbag = settings.bundles.then(bag);
        if let Some(mailbag) = &mailbag {
            tasks.spawn(Arc::clone(mailbag).send_all());
        }
        Ok(Self {
            client,
            limit,
            mailbag,
            subjects: Subjects::of(namespace),
            servers: servers.into(),
            replies,
            state,
            clock,
            first_id: (u128::from(entropy()) << 64) | u128::from(entropy()),
            ids: Arc::default(),
        })
    }

    /// Looks up what the server takes: there is a connection, and it may be another server than before.
    pub(super) fn look_up_limit(&self) {
        let limit = self.client.server_info().max_payload;
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// As if the server took messages of so many bytes.
    #[cfg(test)]
    pub(super) fn suppose_limit(&self, limit: usize) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// Bytes of the largest message that the server takes; 0 while it is not known.
    pub(super) fn message_limit(&self) -> usize {
        self.limit.load(Ordering::Relaxed)
    }

    /// How many answers are waited for.
    #[cfg(test)]
    pub(super) fn num_waiting(&self) -> usize {
        self.replies.num_waiting()
    }

    /// Whoever waits for an answer waits no more: the process ends.
    pub(super) fn close(&self) {
        self.replies.close();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.replies.is_closed()
    }

    /// Ends when there is a connection.
    pub(super) async fn connected(&self) {
        let mut state = self.state.clone();
        // The sender lives as long as the client's connection does.
        let _ = state.wait_for(|state| state.is_connected).await;
    }

    /// Why there is no connection, in words.
    pub(super) fn absence(&self) -> String {
        let servers = &self.servers;
        format!("no nats-server answers at {servers}: is the address right, and does it run?")
    }

    pub(super) fn subjects(&self) -> &Subjects {
        &self.subjects
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// What the connection is doing, and what it will.
    pub(crate) fn state(&self) -> watch::Receiver<LinkState> {
        self.state.clone()
    }

    /// A number that no other message has: it is made of randomness of the system, and not of the runtime's, so that processes with
    /// one seed do not take each other's messages for their own.
    pub(super) fn fresh_id(&self) -> MessageId {
        let number = self.ids.fetch_add(1, Ordering::Relaxed);
        MessageId::from_u128(self.first_id.wrapping_add(u128::from(number)))
    }

    /// `None` while there is a connection; else how many there have been, which is the same as long as it stays down.
    pub(super) fn down_since(&self) -> Option<u64> {
        match self.client.connection_state() {
            State::Connected => None,
            State::Pending | State::Disconnected => {
                Some(self.client.statistics().connects.load(Ordering::Relaxed))
            }
        }
    }

    /// Says that nobody waits for the answer to a call any more. Whether that arrives is not important.
    pub(super) fn cancel(&self, capability: &str, reply: String) {
        let subject = self.subjects.cancel(capability);
        let body = Bytes::from(reply);
        match &self.mailbag {
            // It must not come before the call does.
            Some(mailbag) => mailbag.say(subject, body),
            None => drop(self.client.publish(subject, body).now_or_never()),
        }
    }

    /// The way of calls to a capability in bundles; `None` when they go one by one.
    pub(super) fn lane(&self, capability: &str) -> Option<(Arc<Mailbag>, Lane)> {
        let mailbag = self.mailbag.as_ref()?;
        let lane = mailbag.lane(self.subjects.call(capability, BUNDLE));
        Some((Arc::clone(mailbag), lane))
    }

    /// Sends something empty that nobody answers.
    pub(super) async fn publish(&self, subject: String) {
        let _ = self.client.publish(subject, Bytes::new()).await;
    }

    /// The messages on a subject, each to every process that listens; in force when this returns.
    ///
    /// # Errors
    ///
    /// As [`serve`](Self::serve).
    pub(super) async fn listen(&self, subject: String) -> Result<Subscriber, LinkError> {
        let before = self.state.borrow().num_denied;
        let subscriber = self.client.subscribe(subject).await;
        self.allowed(subscriber.map_err(|_| LinkError::Silent)?, before)
            .await
    }

    /// Sends something and waits for one answer, however long that takes.
    ///
    /// The first poll sends it, unless the connection is so far behind that nothing more fits: then whoever sends waits.
    ///
    /// # Errors
    ///
    /// [`LinkError::Silent`] when the connection is closed for good.
    pub(super) async fn send(
        &self,
        subject: String,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Awaited, LinkError> {
        let awaited = self.replies.expect();
        let sent = self
            .client
            .publish_with_reply_and_headers(subject, awaited.subject(), headers, body)
            .await;
        sent.map_err(|_| LinkError::Silent)?;
        Ok(awaited)
    }

    /// Answers.
    pub(super) async fn answer(&self, to: async_nats::Subject, headers: HeaderMap, body: Bytes) {
        // A closed connection has nobody left who could be told.
        let _ = if headers.is_empty() {
            self.client.publish(to, body).await
        } else {
            self.client.publish_with_headers(to, headers, body).await
        };
    }

    /// The messages of a queue group; in force when this returns.
    ///
    /// # Errors
    ///
    /// [`LinkError::Denied`] when the server does not allow it, [`LinkError::Silent`] when it does not answer.
    pub(super) async fn serve(&self, subject: String) -> Result<Subscriber, LinkError> {
        let before = self.state.borrow().num_denied;
        let subscriber = self
            .client
            .queue_subscribe(subject, QUEUE_GROUP.to_owned())
            .await
            .map_err(|_| LinkError::Silent)?;
        self.allowed(subscriber, before).await
    }

    /// What was subscribed to, once the server has not refused it.
    async fn allowed(&self, subscriber: Subscriber, before: u64) -> Result<Subscriber, LinkError> {
        self.fence().await?;
        let state = self.state.borrow();
        match &state.denied {
            Some(reason) if state.num_denied > before => Err(LinkError::Denied {
                reason: reason.clone(),
            }),
            _ => Ok(subscriber),
        }
    }

    /// Ends when the server has processed all that was sent before. The library's own flush only empties the socket's buffer.
    ///
    /// # Errors
    ///
    /// [`LinkError::Silent`] while there is no connection, and after ten seconds.
    pub(super) async fn fence(&self) -> Result<(), LinkError> {
        if self.down_since().is_some() {
            return Err(LinkError::Silent);
        }
        let asking = async {
            let subject = Subjects::fence(&self.client.new_inbox().replace('.', "-"));
            let mut awaited = self.send(subject, HeaderMap::new(), Bytes::new()).await?;
            match awaited.answer().await {
                Some(_) => Ok(()),
                None => Err(LinkError::Silent),
            }
        };
        tokio::select! {
            asked = asking => asked,
            () = self.clock.sleep(FENCE) => Err(LinkError::Silent),
        }
    }
}

/// Whether the server says that nobody listens where something was sent.
pub(super) fn is_unheard(message: &async_nats::Message) -> bool {
    message.status == Some(StatusCode::NO_RESPONDERS)
}

pub(super) fn entropy() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Connects, and says from then on what the connection is doing.
async fn open(
    settings: &NatsSettings,
    name: &str,
    sender: &Arc<watch::Sender<LinkState>>,
) -> Result<Client, LinkError> {
    let servers = settings.addresses();
    let refused = |reason: String| LinkError::Refused {
        servers: servers.join(", "),
        reason,
    };
    let options = || access::options(settings, name).map_err(&refused);
    let heard = |options: ConnectOptions| {
        let sender = Arc::clone(sender);
        options.event_callback(move |event| {
            note(&sender, &event);
            std::future::ready(())
        })
    };
    let first = heard(options()?).connect(&servers).await;
    match first {
        Ok(client) => Ok(client),
        Err(error) if access::may_come_later(&error) => {
            tracing::warn!(
                servers = servers.join(", "),
                error = chain(&error),
                "no nats-server answers yet; it is waited for"
            );
            let options = heard(options()?).retry_on_initial_connect();
            let later = options.connect(&servers).await;
            later.map_err(|error| refused(chain(&error)))
        }
        Err(error) if access::is_distrust(&error) => Err(LinkError::Distrusted {
            servers: servers.join(", "),
            reason: chain(&error),
        }),
        Err(error) if access::is_no_entry(error.kind()) => Err(LinkError::NotLetIn {
            servers: servers.join(", "),
            reason: chain(&error),
        }),
        Err(error) => Err(refused(chain(&error))),
    }
}

async fn receive(mut inbox: Subscriber, replies: Arc<Replies>) {
    while let Some(message) = inbox.next().await {
        replies.arrived(message);
    }
}

fn note(state: &watch::Sender<LinkState>, event: &Event) {
    match event {
        Event::Connected => state.send_modify(|state| {
            state.is_connected = true;
            state.num_connected += 1;
        }),
        Event::Disconnected | Event::Closed => {
            tracing::warn!(
                "the connection to the nats-server is lost; it is taken up again when the server answers"
            );
            state.send_modify(|state| state.is_connected = false);
        }
        Event::ServerError(error) => {
            tracing::error!(%error, "the nats-server refuses something");
            state.send_modify(|state| {
                state.denied = Some(error.to_string());
                state.num_denied += 1;
            });
        }
        Event::SlowConsumer(subscription) => {
            tracing::error!(
                subscription,
                "messages were lost before they could be taken: more came than fit"
            );
        }
        other => tracing::info!(event = %other, "nats"),
    }
}
