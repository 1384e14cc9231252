//! [`Durable`]: one consumer on the server – what it must be like, making sure of it, and restoring its order.
//!
//! The server gives what was delivered and not acknowledged to the next who asks only after a while, and what is new at once. Whoever
//! takes over from a process that died would get the newer things first. So the consumer is made anew, from the first thing
//! that was not acknowledged. The stream keeps what a consumer wants only as long as there is that consumer; meanwhile a
//! second one, the *hold*, wants the same. A process that dies between any two of these steps leaves the hold, and with it the
//! place to begin.

use std::time::Duration;

use async_nats::jetstream::consumer::pull::Config;
use async_nats::jetstream::consumer::{
    self, AckPolicy, Consumer, DeliverPolicy, FromConsumer, Info, IntoConsumerConfig,
};
use async_nats::jetstream::stream::DeleteStatus;
use serde::Deserialize;
use serde_json::json;

use super::api::{Api, ApiError};
use super::streams::Kind;

/// Things that are delivered and not acknowledged at a time.
const PENDING_MAX: i64 = 1000;

/// A consumer that the server keeps.
#[derive(Clone)]
pub(super) struct Durable {
    pub(super) api: Api,
    pub(super) kind: Kind,
    pub(super) stream: String,
    pub(super) name: String,
    /// The subjects that it wants.
    pub(super) filters: Vec<String>,
    /// After this long without a word, what was delivered is delivered again.
    pub(super) ack_wait: Duration,
    /// Set for one that goes when nobody pulls from it for so long.
    pub(super) goes_after: Option<Duration>,
}

/// What the server says of a message that it keeps.
#[derive(Debug, Deserialize)]
struct Stored {
    message: StoredMessage,
}

#[derive(Debug, Deserialize)]
struct StoredMessage {
    seq: u64,
}

/// The steps in which order is restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Hold,
    Delete,
    Create,
    Release,
}

impl Step {
    pub(super) const ALL: [Self; 4] = [Self::Hold, Self::Delete, Self::Create, Self::Release];
}

/// How far one process has got with one consumer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// When the consumer was made.
    consumer: i128,
    /// The last delivery that arrived, as the consumer counts.
    pub(super) delivered: u64,
}

impl Place {
    /// How much this consumer has delivered; `None` when it is another one.
    pub(super) fn delivered_by(&self, info: &Info) -> Option<u64> {
        let is_same = self.consumer == info.created.unix_timestamp_nanos();
        is_same.then_some(info.delivered.consumer_sequence)
    }
}

impl Durable {
    fn hold(&self) -> String {
        format!("{}__hold", self.name)
    }

    fn config(&self, name: String, start: DeliverPolicy) -> consumer::Config {
        let is_durable = self.goes_after.is_none();
        Config {
            durable_name: is_durable.then(|| name.clone()),
            name: Some(name),
            deliver_policy: start,
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.ack_wait,
            max_deliver: -1,
            max_ack_pending: PENDING_MAX,
            filter_subjects: self.filters.clone(),
            inactive_threshold: self.goes_after.unwrap_or_default(),
            ..Config::default()
        }
        .into_consumer_config()
    }

    /// Where one begins that was never there: with what comes, except that all sends are for their one receiver.
    fn beginning(&self) -> DeliverPolicy {
        match self.kind {
            Kind::Events => DeliverPolicy::New,
            Kind::Sends => DeliverPolicy::All,
        }
    }

    async fn find(&self, name: &str) -> Result<Option<Info>, ApiError> {
        let subject = format!("CONSUMER.INFO.{}.{name}", self.stream);
        match self.api.ask(&subject, &json!({})).await {
            Ok(info) => Ok(Some(info)),
            Err(ApiError::Absent) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What the server knows of it.
    pub(super) async fn info(&self) -> Result<Option<Info>, ApiError> {
        self.find(&self.name).await
    }

    /// Whether it has delivered everything that the stream has for it, and all of that is acknowledged.
    pub(super) async fn is_done(&self) -> Result<bool, ApiError> {
        let info = self.info().await?.ok_or(ApiError::Absent)?;
        let is_done = info.num_pending == 0 && info.num_ack_pending == 0;
        Ok(is_done && !self.is_behind(&info).await?)
    }

    /// Whether the stream has something for it that it has not counted yet: the server confirms what is published before it
    /// tells the consumers of it.
    async fn is_behind(&self, info: &Info) -> Result<bool, ApiError> {
        let subject = format!("STREAM.MSG.GET.{}", self.stream);
        for filter in &self.filters {
            let last = json!({ "last_by_subj": filter });
            match self.api.ask::<Stored>(&subject, &last).await {
                Ok(last) if last.message.seq > info.delivered.stream_sequence => return Ok(true),
                Ok(_) | Err(ApiError::Absent) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    async fn make(&self, config: &consumer::Config, action: &str) -> Result<Info, ApiError> {
        let name = config.name.as_deref().unwrap_or_default();
        let subject = format!("CONSUMER.CREATE.{}.{name}", self.stream);
        let body = json!({ "stream_name": self.stream, "config": config, "action": action });
        self.api.ask(&subject, &body).await
    }

    async fn remove(&self, name: &str) -> Result<(), ApiError> {
        let subject = format!("CONSUMER.DELETE.{}.{name}", self.stream);
        match self.api.ask::<DeleteStatus>(&subject, &json!({})).await {
            Ok(_) | Err(ApiError::Absent) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes sure that it is there and wants what it has to, without touching how far it is. For emitters as well as for
    /// listeners; while its listener restores its order it is left alone.
    pub(super) async fn ensure(&self) -> Result<(), ApiError> {
        if let Some(info) = self.info().await? {
            return self.update(info.config).await;
        }
        if self.find(&self.hold()).await?.is_some() {
            return Ok(());
        }
        self.begin().await
    }

    /// Makes it for the first time.
    pub(super) async fn begin(&self) -> Result<(), ApiError> {
        let config = self.config(self.name.clone(), self.beginning());
        match self.make(&config, "create").await {
            Ok(_) | Err(ApiError::Taken) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Makes it want what it has to.
    async fn update(&self, mut found: consumer::Config) -> Result<(), ApiError> {
        let mut filters = found.filter_subjects.clone();
        filters.extend((!found.filter_subject.is_empty()).then(|| found.filter_subject.clone()));
        filters.sort();
        let mut wanted = self.filters.clone();
        wanted.sort();
        if filters == wanted {
            return Ok(());
        }
        found.filter_subject = String::new();
        found.filter_subjects.clone_from(&self.filters);
        self.make(&found, "update").await.map(|_| ())
    }

    /// Opens it so that what comes next is next in order. `place` is how far this process has got with it before.
    pub(super) async fn open(
        &self,
        place: Option<&Place>,
    ) -> Result<(Consumer<Config>, Place), ApiError> {
        let own = self.info().await?;
        let hold = self.find(&self.hold()).await?;
        let from = match (&own, &hold) {
            (Some(info), None) if is_in_order(info, place) => None,
            (_, Some(hold)) => Some(start_of(hold)),
            (Some(info), None) => Some(info.ack_floor.stream_sequence + 1),
            (None, None) => None,
        };
        match from {
            Some(from) => {
                tracing::info!(
                    stream = self.stream,
                    consumer = self.name,
                    from,
                    "what was delivered and not acknowledged comes again, in order"
                );
                for step in Step::ALL {
                    self.take(step, from).await?;
                }
            }
            None => self.ensure().await?,
        }
        let info = self.info().await?.ok_or(ApiError::Absent)?;
        let place = Place {
            consumer: info.created.unix_timestamp_nanos(),
            delivered: info.delivered.consumer_sequence,
        };
        Ok((self.consumer(info)?, place))
    }

    /// Opens one that several share, which has no order.
    pub(super) async fn open_shared(&self) -> Result<Consumer<Config>, ApiError> {
        self.ensure().await?;
        let info = self.info().await?.ok_or(ApiError::Absent)?;
        self.consumer(info)
    }

    fn consumer(&self, info: Info) -> Result<Consumer<Config>, ApiError> {
        let config = Config::try_from_consumer_config(info.config.clone());
        let config = config.map_err(|error| ApiError::Refused(error.to_string()))?;
        let context = async_nats::jetstream::new(self.api.link().client().clone());
        Ok(Consumer::new(config, info, context))
    }

    /// One step of restoring the order, to begin with the message that the stream counts as `from`. Taken twice it is as if
    /// taken once.
    pub(super) async fn take(&self, step: Step, from: u64) -> Result<(), ApiError> {
        // A stream of sends keeps them whether there is a consumer or not.
        let is_held = self.kind == Kind::Events;
        let start = DeliverPolicy::ByStartSequence {
            start_sequence: from,
        };
        match step {
            Step::Hold if is_held => match self.find(&self.hold()).await? {
                Some(hold) => self.update(hold.config).await,
                None => self
                    .make(&self.config(self.hold(), start), "create")
                    .await
                    .map(|_| ()),
            },
            Step::Delete => self.remove(&self.name).await,
            Step::Create if is_held => self.create(start).await,
            Step::Create => self.create(self.beginning()).await,
            Step::Release if is_held => self.remove(&self.hold()).await,
            Step::Hold | Step::Release => Ok(()),
        }
    }

    async fn create(&self, start: DeliverPolicy) -> Result<(), ApiError> {
        let config = self.config(self.name.clone(), start);
        match self.make(&config, "create").await {
            // Somebody who emits found it missing, and made one that begins now.
            Err(ApiError::Taken) => {
                self.remove(&self.name).await?;
                self.make(&config, "create").await.map(|_| ())
            }
            made => made.map(|_| ()),
        }
    }
}

/// Whether what comes next is next in order: nothing was delivered that did not arrive here.
fn is_in_order(info: &Info, place: Option<&Place>) -> bool {
    place.map_or(info.num_ack_pending == 0, |place| {
        place.delivered_by(info) == Some(place.delivered)
    })
}

fn start_of(hold: &Info) -> u64 {
    match hold.config.deliver_policy {
        DeliverPolicy::ByStartSequence { start_sequence } => start_sequence,
        _ => hold.ack_floor.stream_sequence + 1,
    }
}
