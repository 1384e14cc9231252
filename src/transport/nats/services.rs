//! [`Services`]: answers who is there, as ADR-32 of NATS describes it, so that every client and tool that knows micro services of
//! NATS finds our capabilities among them.
//!
//! The client library's own implementation of it is not used: to stop, it unsubscribes, which loses messages.

use std::sync::Arc;

use async_nats::{Message, Subscriber};
use bytes::Bytes;
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};

use super::calls::Callee;
use super::control::gather;
use super::link::{Link, LinkError};
use super::subjects::{QUEUE_GROUP, Subjects};
use crate::actor::services::Tasks;
use crate::transport::network::Service;

/// Where is asked. The third and fourth token, if there are any, are the name and the id of the one that is meant.
const SUBJECTS: [&str; 3] = ["$SRV.*", "$SRV.*.*", "$SRV.*.*.*"];

/// Everything that serves calls, of whatever namespace, as each process that serves it tells of it.
pub(super) async fn all(link: &Link) -> Vec<Service> {
    let said = gather(link, "$SRV.INFO".to_owned(), Vec::new(), None).await;
    let read = said.iter().map(|said| serde_json::from_slice(said));
    read.filter_map(Result::ok).map(Info::service).collect()
}

/// What a service says of itself, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Info {
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

/// Where a service is called.
#[derive(Debug, Deserialize)]
struct Endpoint {
    subject: String,
}

impl Info {
    fn service(self) -> Service {
        let calls = self.endpoints.iter();
        let mut calls = calls
            .filter_map(|endpoint| Subjects::parse_call(&endpoint.subject))
            .filter(|(_, capability, _)| *capability == self.name);
        let first = calls.clone().next();
        let version = self.version.split('.').next().unwrap_or_default();
        Service {
            version: version.parse().unwrap_or_default(),
            namespace: first.map(|(namespace, ..)| namespace.to_owned()),
            messages: calls
                .by_ref()
                .map(|(_, _, message)| message.to_owned())
                .collect(),
            about: self.description.clone(),
            name: self.name.clone(),
        }
    }
}

/// The capabilities of this process as services.
pub(super) struct Services {
    link: Link,
    identity: Identity,
    started: String,
    callees: Vec<Arc<Callee>>,
}

/// Who answers.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    /// The process: another at each start.
    pub(super) instance: String,
    /// The node that it is.
    pub(super) node: String,
}

impl Services {
    /// Answers from now on.
    ///
    /// # Errors
    ///
    /// [`LinkError`] when the server does not allow it, or does not answer.
    pub(super) async fn open(
        link: &Link,
        identity: Identity,
        callees: Vec<Arc<Callee>>,
        tasks: &Tasks,
    ) -> Result<(), LinkError> {
        let services = Arc::new(Self {
            link: link.clone(),
            identity,
            started: humantime::format_rfc3339_millis(link.clock().wall()).to_string(),
            callees,
        });
        // All or none: who tries again must not find half of them answering already.
        let mut all = Vec::new();
        for subject in SUBJECTS {
            all.push(link.listen(subject.to_owned()).await?);
        }
        for asked in all {
            tasks.spawn(Arc::clone(&services).answer_all(asked));
        }
        Ok(())
    }

    async fn answer_all(self: Arc<Self>, mut asked: Subscriber) {
        while let Some(message) = asked.next().await {
            self.answer(&message).await;
        }
    }

    async fn answer(&self, message: &Message) {
        let Some(reply) = &message.reply else {
            return;
        };
        let mut tokens = message.subject.split('.').skip(1);
        let (verb, name, id) = (tokens.next(), tokens.next(), tokens.next());
        if id.is_some_and(|id| id != self.identity.instance) {
            return;
        }
        for callee in &self.callees {
            if name.is_some_and(|name| name != callee.near().capability) {
                continue;
            }
            let said = match verb {
                Some("PING") => self.ping(callee),
                Some("INFO") => self.info(callee),
                Some("STATS") => self.stats(callee),
                _ => return,
            };
            let body = Bytes::from(said.to_string());
            self.link
                .answer(reply.clone(), Default::default(), body)
                .await;
        }
    }

    /// What every answer says.
    fn ping(&self, callee: &Callee) -> Value {
        let near = callee.near();
        json!({
            "type": "io.nats.micro.v1.ping_response",
            "name": near.capability,
            "id": self.identity.instance,
            "version": format!("{}.0.0", near.version),
            "metadata": {
                "skep.node": self.identity.node,
                "skep.version": env!("CARGO_PKG_VERSION"),
                "skep.digest": near.digest,
            },
        })
    }

    fn info(&self, callee: &Callee) -> Value {
        let near = callee.near();
        let subjects = self.link.subjects();
        let endpoints = near.messages.iter().map(|message| {
            json!({
                "name": message,
                "subject": subjects.call(near.capability, message),
                "queue_group": QUEUE_GROUP,
                "metadata": {},
            })
        });
        let mut said = self.ping(callee);
        said["type"] = "io.nats.micro.v1.info_response".into();
        said["description"] = near.about.clone().into();
        said["endpoints"] = endpoints.collect();
        said
    }

    fn stats(&self, callee: &Callee) -> Value {
        let near = callee.near();
        let subjects = self.link.subjects();
        let endpoints = callee.endpoints().read().map(|(message, reading)| {
            let nanos = |duration: std::time::Duration| {
                u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
            };
            let average = nanos(reading.time).checked_div(reading.requests);
            json!({
                "name": message,
                "subject": subjects.call(near.capability, message),
                "queue_group": QUEUE_GROUP,
                "num_requests": reading.requests,
                "num_errors": reading.errors,
                "last_error": reading.last_error,
                "processing_time": nanos(reading.time),
                "average_processing_time": average.unwrap_or(0),
                "data": { "at_work": callee.num_at_work() },
            })
        });
        let mut said = self.ping(callee);
        said["type"] = "io.nats.micro.v1.stats_response".into();
        said["started"] = self.started.clone().into();
        said["endpoints"] = endpoints.collect();
        said
    }
}
