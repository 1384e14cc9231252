//! [`Ground`]: the streams and consumers that one process needs, which of them are known to be there, and the connection to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::api::{Api, ApiError};
use super::consumers::Durable;
use super::error::BusError;
use super::streams::{self, Kind, StreamError};
use crate::actor::random::Random;
use crate::call::Clock;
use crate::call::backoff;
use crate::transport::nats::link::Link;
use crate::transport::network::Wanted;

const BACKOFF_MIN: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(2);

/// After so many questions that nobody took, with pauses of some seconds together, JetStream is not on for this account.
const UNHEARD: u32 = 6;

/// So often it is tried again when something goes wrong in the server itself, with pauses of some seconds together.
const FAILED: u32 = 6;

/// What there is on the server.
pub(super) struct Ground {
    api: Api,
    replicas: u8,
    clock: Clock,
    random: Arc<Random>,
    pub(super) ack_wait: Duration,
    wanted: Mutex<BTreeMap<String, Wanted>>,
    /// The consumers with which this process hears for itself, each with the capability whose stream it reads.
    for_each: Mutex<Vec<(String, Durable)>>,
    /// The streams that are there, with their consumers.
    there: watch::Sender<BTreeSet<String>>,
    /// One repair at a time.
    mending: tokio::sync::Mutex<()>,
}

impl Ground {
    pub(super) fn new(
        link: &Link,
        replicas: u8,
        clock: Clock,
        random: Arc<Random>,
        ack_wait: Duration,
    ) -> Self {
        Self {
            api: Api::new(link),
            replicas,
            clock,
            random,
            ack_wait,
            wanted: Mutex::default(),
            for_each: Mutex::default(),
            there: watch::Sender::default(),
            mending: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn api(&self) -> &Api {
        &self.api
    }

    pub(super) fn link(&self) -> &Link {
        self.api.link()
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn random(&self) -> &Random {
        &self.random
    }

    /// Makes sure of all streams and consumers of these capabilities, and of these consumers besides, however long the server is
    /// away.
    pub(super) async fn ensure(
        &self,
        wanted: &[Wanted],
        for_each: Vec<(String, Durable)>,
    ) -> Result<(), BusError> {
        let known = wanted
            .iter()
            .map(|one| (one.capability.clone(), one.clone()));
        self.wanted.lock().extend(known);
        *self.for_each.lock() = for_each;
        let kinds = wanted
            .iter()
            .flat_map(|one| [(one, Kind::Events), (one, Kind::Sends)]);
        let making = kinds.map(|(one, kind)| self.make_at_last(kind, one));
        try_join_all(making).await.map(|_| ())
    }

    /// Makes sure of one stream and its consumers, however long the server is away.
    async fn make_at_last(&self, kind: Kind, wanted: &Wanted) -> Result<(), BusError> {
        let mut pauses = 0;
        while let Err(error) = self.make(kind, wanted).await {
            let error = match error {
                StreamError::Final(error) => return Err(error),
                StreamError::Passing(ApiError::Unheard) if pauses >= UNHEARD => {
                    return Err(BusError::NoJetStream);
                }
                StreamError::Passing(ApiError::Failed(reason)) if pauses >= FAILED => {
                    return Err(BusError::Refused {
                        name: format!(
                            "the consumers of {}",
                            kind.stream(self.link().subjects(), &wanted.capability)
                        ),
                        reason,
                    });
                }
                StreamError::Passing(error) => error,
            };
            if pauses % 32 == 1 {
                tracing::warn!(capability = wanted.capability, %error, "the streams of the nats-server are not there yet");
            }
            let pause = backoff(pauses, BACKOFF_MIN, BACKOFF_MAX, self.random.fraction());
            self.pause_or_reconnect(pause).await;
            pauses += 1;
        }
        Ok(())
    }

    /// Makes sure of one stream and its consumers.
    async fn make(&self, kind: Kind, wanted: &Wanted) -> Result<(), StreamError> {
        self.api.connected().await;
        streams::suits(&self.api).map_err(StreamError::Final)?;
        streams::ensure(&self.api, kind, &wanted.capability, self.replicas).await?;
        for consumer in self.consumers(kind, wanted) {
            consumer.ensure().await.map_err(|error| match error {
                ApiError::Refused(reason) => StreamError::Final(BusError::Refused {
                    name: format!("consumer {} of {}", consumer.name, consumer.stream),
                    reason,
                }),
                other => other.into(),
            })?;
        }
        let stream = kind.stream(self.link().subjects(), &wanted.capability);
        self.there.send_modify(|there| {
            there.insert(stream);
        });
        Ok(())
    }

    fn consumers(&self, kind: Kind, wanted: &Wanted) -> Vec<Durable> {
        match kind {
            Kind::Sends => vec![self.receiver_of_sends(&wanted.capability)],
            Kind::Events => {
                let listeners = wanted.listeners.iter();
                let consumer = |(listener, events): (&String, &BTreeSet<String>)| {
                    self.listener(&wanted.capability, events, listener.clone())
                };
                let for_each = self.for_each.lock();
                let own = for_each.iter().filter(|(of, _)| *of == wanted.capability);
                let own = own.map(|(_, durable)| durable.clone());
                listeners.map(consumer).chain(own).collect()
            }
        }
    }

    /// The consumer of one who listens to events of a capability.
    pub(super) fn listener(
        &self,
        capability: &str,
        events: &BTreeSet<String>,
        listener: String,
    ) -> Durable {
        let subjects = self.link().subjects();
        let filters = events
            .iter()
            .map(|event| subjects.events(capability, event));
        self.durable(Kind::Events, capability, listener, filters.collect())
    }

    /// The consumer of what is sent to a capability.
    pub(super) fn receiver_of_sends(&self, capability: &str) -> Durable {
        let filters = vec![self.link().subjects().send(capability, "*")];
        self.durable(Kind::Sends, capability, capability.to_owned(), filters)
    }

    fn durable(&self, kind: Kind, of: &str, name: String, filters: Vec<String>) -> Durable {
        Durable {
            api: self.api.clone(),
            kind,
            stream: kind.stream(self.link().subjects(), of),
            name,
            filters,
            ack_wait: self.ack_wait,
            goes_after: None,
        }
    }

    /// Whether the server has no such stream.
    pub(super) async fn lacks(&self, stream: &str) -> bool {
        let found = streams::find(&self.api, stream).await;
        matches!(found, Err(ApiError::Absent))
    }

    /// Ends when a stream is known to be there, with the consumers of all who listen.
    pub(super) async fn ensured(&self, kind: Kind, capability: &str) {
        let stream = kind.stream(self.link().subjects(), capability);
        // The sender lives as long as this.
        let _ = self
            .there
            .subscribe()
            .wait_for(|there| there.contains(&stream))
            .await;
    }

    /// Makes a stream anew that was there and is not any more.
    pub(super) async fn mend(&self, kind: Kind, capability: &str) {
        let _mending = self.mending.lock().await;
        let Some(wanted) = self.wanted.lock().get(capability).cloned() else {
            return;
        };
        let stream = kind.stream(self.link().subjects(), capability);
        if !matches!(
            streams::find(&self.api, &stream).await,
            Err(ApiError::Absent)
        ) {
            return;
        }
        tracing::error!(
            stream,
            "a stream of the server is gone, and what it kept with it; it is made anew"
        );
        match self.make(kind, &wanted).await {
            Ok(()) => {}
            Err(StreamError::Passing(error)) => {
                tracing::warn!(stream, %error, "it cannot be made now");
            }
            Err(StreamError::Final(error)) => tracing::error!(stream, %error, "it cannot be made"),
        }
    }

    /// Ends after a while, or when the connection is there again after it was lost.
    pub(super) async fn pause_or_reconnect(&self, pause: Duration) {
        tokio::select! {
            () = self.api.reconnected() => {}
            () = self.clock.sleep(pause) => {}
        }
    }
}
