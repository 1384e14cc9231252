//! Looking on at what a capability emits, from any kept position on: [`Subscription`].

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::value::RawValue;

use super::capabilities::CapabilityInfo;
use super::control::{FarReader, Onlooking};
use super::running::{Parts, Runtime};
use crate::actor::Kind;
use crate::call::{Key, MessageId, TraceContext};
use crate::config::nearest;
use crate::contract::{Emitted, Event};
use crate::delivery::{Filter, Found, LogReader, ReadEnd, Start};

/// What to look on at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subscribe {
    /// The one kind of event that is wanted; `None`: all that the capability emits.
    pub event: Option<String>,
    /// The one actor of a keyed capability whose events are wanted; `None`: all.
    pub key: Option<Key>,
    /// Where to begin. Default: now.
    pub since: Since,
}

/// Where a subscription begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Since {
    /// With what happens from now on.
    #[default]
    Now,
    /// Behind this position, where an earlier subscription ended; 0 is [`Oldest`](Self::Oldest).
    Position(u64),
    /// With the oldest event that is kept.
    Oldest,
}

/// An event as the log keeps it.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Where it lies in the log of its capability. Positions grow and never come back; some may be left out.
    pub position: u64,
    /// The id under which subscribers remember it.
    pub id: MessageId,
    /// Its name.
    pub event: String,
    /// The actor that emitted it, for a keyed capability.
    pub key: Option<Key>,
    /// When its turn ran, in wall time, to the millisecond.
    pub at: SystemTime,
    /// The turn that emitted it, as a step of a trace.
    pub trace: Option<TraceContext>,
    /// What it says, as JSON.
    pub body: Box<RawValue>,
}

/// What comes next in a subscription.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LogItem {
    /// An event.
    Event(Logged),
    /// What was between these positions, both included, is not kept any more. If `to` lies before `from`, the log began
    /// anew since then: its capability was not durable, or has another store now.
    Gap {
        /// The first position that is missing.
        from: u64,
        /// The last one.
        to: u64,
    },
}

/// Why a subscription does not begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// No such capability.
    #[error("no capability {capability} runs here{}", meant(nearest.as_ref()))]
    NotHosted {
        /// What was asked for.
        capability: String,
        /// The name that is probably meant.
        nearest: Option<String>,
    },
    /// The capability has no such event.
    #[error("{capability} emits no event {event}{}", meant(nearest.as_ref()))]
    UnknownEvent {
        /// The capability.
        capability: String,
        /// What was asked for.
        event: String,
        /// The name that is probably meant.
        nearest: Option<String>,
    },
    /// The capability has no keys.
    #[error("{capability} is not keyed: leave the key out")]
    NotKeyed {
        /// The capability.
        capability: String,
    },
    /// The runtime has stopped.
    #[error("the runtime has stopped")]
    Stopped,
}

/// A help at the end of a message.
pub(super) fn meant(nearest: Option<&String>) -> String {
    nearest.map_or_else(String::new, |name| format!("; is {name} meant?"))
}

/// Why nothing comes next in a subscription.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscriptionEnd {
    /// The runtime has stopped.
    #[error("the runtime has stopped")]
    Stopped,
    /// The log cannot be read. Calling again tries again.
    #[error("the event log cannot be read: {reason}")]
    Store {
        /// What the store said.
        reason: String,
    },
}

/// The events of a capability in the order of their positions. Made by [`Runtime::subscribe`].
///
/// It holds one page in memory and is in nobody's way: one that is slow is behind in the log, and sees a
/// [`Gap`](LogItem::Gap) when that is no longer kept.
pub struct Subscription {
    reader: Reader,
}

/// Where the log is.
enum Reader {
    Here(LogReader),
    Elsewhere(FarReader),
}

impl Subscription {
    /// Waits until it has begun: whatever happens after that is seen. Where the capability runs in this process that is so at
    /// once; where another hosts it, that one has to be reached first.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub async fn begun(&mut self) -> Result<(), SubscriptionEnd> {
        match &mut self.reader {
            Reader::Here(_) => Ok(()),
            Reader::Elsewhere(reader) => reader.begun().await.map_err(ended),
        }
    }

    /// What comes next; waits for it.
    ///
    /// # Errors
    ///
    /// [`SubscriptionEnd::Stopped`] when no more will come; [`SubscriptionEnd::Store`] when the log cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when it is dropped.
    pub async fn next(&mut self) -> Result<LogItem, SubscriptionEnd> {
        let next = match &mut self.reader {
            Reader::Here(reader) => reader.next().await,
            Reader::Elsewhere(reader) => reader.next().await,
        };
        match next {
            Ok(Found::Event(position, row)) => Ok(LogItem::Event(Logged {
                position,
                id: row.id,
                event: row.name.to_string(),
                key: row.key.clone(),
                at: SystemTime::UNIX_EPOCH + Duration::from_millis(row.at_ms),
                trace: row.trace,
                body: row.body.clone(),
            })),
            Ok(Found::Gap(missing)) => Ok(LogItem::Gap {
                from: missing.start,
                to: missing.end - 1,
            }),
            Err(end) => Err(ended(end)),
        }
    }

    /// Where to go on later: everything that was wanted up to here has been seen. 0 where another process hosts the capability and
    /// it has not [begun](Self::begun).
    #[must_use]
    pub fn position(&self) -> u64 {
        match &self.reader {
            Reader::Here(reader) => reader.position(),
            Reader::Elsewhere(reader) => reader.position(),
        }
    }
}

fn ended(end: ReadEnd) -> SubscriptionEnd {
    match end {
        ReadEnd::Stopped => SubscriptionEnd::Stopped,
        ReadEnd::Store(reason) => SubscriptionEnd::Store { reason },
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}

impl Runtime {
    /// Looks on at the events of a capability: what happens from now on, or behind the position at which an earlier look
    /// ended – before a disconnect or, for durable capabilities, in an earlier process.
    ///
    /// As many events are kept as `event_log` says (default 10,000). An onlooker is no subscriber of the contract: it may
    /// see an event before or after those who listen, and nobody waits for it.
    ///
    /// The capability may run in another process: its log is read there, through restarts of that process and lost connections.
    /// Where several processes host a stateless capability, each has a log of its own; they are read side by side, positions count
    /// what was seen, and to begin behind a position is to begin now, with a [`Gap`](LogItem::Gap).
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
    /// use skep::{LogItem, Since, Subscribe};
    /// # tokio::runtime::Runtime::new()?.block_on(async {
    /// # let runtime = skep::Runtime::builder().application("hello").with::<Greeter>().start().await?;
    /// # runtime.get::<Greeting>().ask(Greet { name: "Ada".into() }).await?;
    /// let wanted = Subscribe { since: Since::Oldest, ..Subscribe::default() };
    /// let mut subscription = runtime.subscribe("greeting", wanted)?;
    /// if let LogItem::Event(event) = subscription.next().await? {
    ///     assert_eq!(event.event, "greeted");
    ///     assert_eq!(event.body.get(), r#"{"name":"Ada"}"#);
    /// }
    /// # runtime.stop().await;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`SubscribeError`] when there is no such capability or event, the capability is not keyed and a key is given, or the
    /// runtime has stopped.
    pub fn subscribe(
        &self,
        capability: &str,
        subscribe: Subscribe,
    ) -> Result<Subscription, SubscribeError> {
        let parts = self.host(capability).parts();
        let parts = parts.ok_or(SubscribeError::Stopped)?;
        let info = parts
            .named(capability)
            .ok_or_else(|| SubscribeError::NotHosted {
                capability: capability.to_owned(),
                nearest: self.nearest(capability),
            })?;
        if let Some(event) = &subscribe.event {
            info.knows_event(event)
                .map_err(|nearest| SubscribeError::UnknownEvent {
                    capability: capability.to_owned(),
                    event: event.clone(),
                    nearest,
                })?;
        }
        if subscribe.key.is_some() && info.kind != Kind::Keyed {
            let capability = capability.to_owned();
            return Err(SubscribeError::NotKeyed { capability });
        }
        let filter = Filter {
            event: subscribe.event,
            key: subscribe.key,
        };
        let start = match subscribe.since {
            Since::Now => Start::Now,
            Since::Position(0) | Since::Oldest => Start::Oldest,
            Since::Position(position) => Start::After(position),
        };
        let reader = parts.reader(capability, filter, start);
        let reader = reader.ok_or(SubscribeError::Stopped)?;
        Ok(Subscription { reader })
    }

    /// As [`subscribe`](Self::subscribe) from now on, to events of a type.
    pub(super) fn subscription_to<E: Emitted>(&self, capability: &str) -> Option<Subscription> {
        let parts = self.host(capability).parts()?;
        let filter = Filter {
            event: Some(<E as Event>::NAME.to_owned()),
            key: None,
        };
        let reader = parts.reader(capability, filter, Start::Now)?;
        Some(Subscription { reader })
    }
}

impl CapabilityInfo {
    /// Whether the contract has such an event; the name that is probably meant if not.
    pub(super) fn knows_event(&self, name: &str) -> Result<(), Option<String>> {
        let names = || self.contract.events.iter().map(|event| &*event.name);
        if names().any(|known| known == name) {
            return Ok(());
        }
        Err(nearest(name, names()).map(str::to_owned))
    }
}

impl Parts {
    /// A capability of the application.
    fn named(&self, capability: &str) -> Option<&CapabilityInfo> {
        let installed = self.installed.iter().map(|installed| &installed.info);
        let mut all = installed.chain(&self.elsewhere);
        all.find(|info| info.name == capability)
    }

    /// Reads the log of a capability, wherever that is.
    fn reader(&self, capability: &str, filter: Filter, start: Start) -> Option<Reader> {
        let num_hosts = self.num_hosts(capability);
        let here = self.find(capability);
        match (here, &self.network) {
            (Some(installed), network) if num_hosts <= 1 || network.is_none() => {
                let reader = LogReader::new(&installed.services, filter, start);
                Some(Reader::Here(reader))
            }
            (None, _) if !self.is_elsewhere(capability) => None,
            (_, network) => {
                let onlooking = Onlooking {
                    network: Arc::clone(network.as_ref()?),
                    tasks: self.tasks.clone(),
                    clock: self.directory.clock().clone(),
                    capability: capability.to_owned(),
                    filter,
                    num_hosts,
                };
                Some(Reader::Elsewhere(FarReader::new(onlooking, start)))
            }
        }
    }
}
