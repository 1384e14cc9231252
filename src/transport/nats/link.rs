//! [`Link`]: the connection of one process to the server, its inbox for answers, and what is known of its state.

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, HeaderMap, StatusCode, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::sync::watch;

use super::replies::{Awaited, Replies};
use super::subjects::{QUEUE_GROUP, Subjects};
use crate::actor::services::Tasks;
use crate::call::Clock;

/// A connection that hangs half open is noticed after two of these; the library's own default is a minute.
const PING_INTERVAL: Duration = Duration::from_secs(5);
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
    replies: Arc<Replies>,
    state: watch::Receiver<LinkState>,
    clock: Clock,
}

impl Link {
    /// Connects. A server that is not there yet is waited for by whoever needs it, not here.
    ///
    /// # Errors
    ///
    /// [`LinkError::Refused`] when the addresses or credentials cannot be used.
    pub(crate) async fn connect(
        servers: &[String],
        namespace: &str,
        name: &str,
        tasks: &Tasks,
        clock: Clock,
    ) -> Result<Self, LinkError> {
        let (sender, state) = watch::channel(LinkState::default());
        let options = ConnectOptions::new()
            .name(name)
            .ping_interval(PING_INTERVAL)
            .retry_on_initial_connect()
            .event_callback(move |event| {
                note(&sender, &event);
                std::future::ready(())
            });
        let refused = |reason: String| LinkError::Refused {
            servers: servers.join(", "),
            reason,
        };
        let client = options
            .connect(servers)
            .await
            .map_err(|error| refused(error.to_string()))?;
        let replies = Replies::new(client.new_inbox());
        let inbox = client.subscribe(replies.subscription()).await;
        let inbox = inbox.map_err(|error| refused(error.to_string()))?;
        tasks.spawn(receive(inbox, Arc::clone(&replies)));
        Ok(Self {
            client,
            subjects: Subjects::of(namespace),
            replies,
            state,
            clock,
        })
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
        let _ = self.client.publish_with_headers(to, headers, body).await;
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
    /// [`LinkError::Silent`] after ten seconds.
    pub(super) async fn fence(&self) -> Result<(), LinkError> {
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
