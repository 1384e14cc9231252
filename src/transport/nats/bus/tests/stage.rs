//! The stage of these tests: a server, processes that publish and listen, and receivers that write down what they get.

use std::collections::{BTreeMap, BTreeSet};
use std::future::{pending, ready};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::actor::Group;
use crate::actor::debts::{Debts, Onward};
use crate::actor::event_log::EventLog;
use crate::actor::meter::Meters;
use crate::actor::random::Random;
use crate::actor::services::{Limits, News, Post, Services, Tasks};
use crate::call::route::Directory;
use crate::call::tracer::Tracer;
use crate::call::{CallError, Clock, MessageId};
use crate::config::{NatsSettings, TraceSettings};
use crate::delivery::{DeadLetter, DeadLetters, DeliveryPolicy};
use crate::engine::parcel::{Landing, Parcel, Receiver, Sent, Undelivered, What};
use crate::store::{Committer, MemoryStore, Store, TreeName};
use crate::transport::nats::bus::streams::{self, Kind};
use crate::transport::nats::bus::{Bus, Listening};
use crate::transport::nats::link::Link;
use crate::transport::nats::server::{ServerOptions, ServerProcess, find_server};
use crate::transport::{Listener, Wanted};

/// Ends a test that hangs; no test is about time.
const HANGS: Duration = Duration::from_secs(120);

pub(super) struct Server {
    pub(super) process: ServerProcess,
    _folder: TempDir,
}

pub(super) fn server() -> Server {
    server_with("")
}

pub(super) fn server_with(extra: &str) -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    let binary = find_server(&mut |_| ()).expect("a server");
    let options = ServerOptions::in_folder(folder.path()).extra(extra);
    Server {
        process: ServerProcess::start(&binary, options).expect("it starts"),
        _folder: folder,
    }
}

/// A process: ended by [`kill`](Self::kill), or with the test.
pub(super) struct Process {
    pub(super) link: Link,
    pub(super) tasks: Tasks,
    pub(super) clock: Clock,
    pub(super) bus: Bus,
}

impl Process {
    pub(super) async fn start(server: &Server) -> Self {
        Self::start_with(server, Duration::from_secs(30)).await
    }

    pub(super) async fn start_with(server: &Server, ack_wait: Duration) -> Self {
        let clock = Clock::real().expect("a clock");
        let tasks = Tasks::new(Handle::current());
        let settings = NatsSettings {
            servers: vec![server.process.url().parse().expect("an address")],
            ..NatsSettings::default()
        };
        let connecting = Link::connect(&settings, "test", "a process", &tasks, clock.clone());
        let link = connecting.await.expect("a link");
        let random = Arc::new(Random::seeded(7));
        let bus = Bus::with_ack_wait(&link, 1, clock.clone(), random, ack_wait);
        Self {
            link,
            tasks,
            clock,
            bus,
        }
    }

    /// A process that has made sure of the streams of `hotel`, and that `desk` listens to its events.
    pub(super) async fn ready(server: &Server) -> Self {
        let process = Self::start(server).await;
        process.ensure("hotel", &["desk"]).await;
        process
    }

    /// Makes sure of the streams of a capability, and of listeners to its event `booked`; and of the listeners' own streams.
    pub(super) async fn ensure(&self, capability: &str, listeners: &[&str]) {
        let events = BTreeSet::from(["booked".to_owned()]);
        let listens = listeners
            .iter()
            .map(|listener| ((*listener).to_owned(), events.clone()));
        let own = |listener: &&str| Wanted {
            capability: (*listener).to_owned(),
            listeners: BTreeMap::new(),
        };
        let mut wanted = vec![Wanted {
            capability: capability.to_owned(),
            listeners: listens.collect(),
        }];
        wanted.extend(listeners.iter().map(own));
        self.bus
            .ensure(&wanted, &[])
            .await
            .expect("the streams are there");
    }

    /// Listens to `booked` of a capability.
    pub(super) fn listen(&self, desk: &Desk, capability: &str) -> Listening {
        self.listen_as(desk, capability, None)
    }

    pub(super) fn listen_as(
        &self,
        desk: &Desk,
        capability: &str,
        shared_as: Option<&str>,
    ) -> Listening {
        self.bus.listen(&Self::listener(
            desk,
            capability,
            shared_as,
            Group::Balanced,
        ))
    }

    /// Listens to `booked` of `hotel` in every instance; ends when it does.
    pub(super) async fn listen_to_broadcast(&self, desk: &Desk, instance: &str) -> Listening {
        let listener = Self::listener(desk, "hotel", Some(instance), Group::Broadcast);
        let listening = self.bus.listen(&listener);
        self.idle().await;
        listening
    }

    fn listener(desk: &Desk, capability: &str, shared_as: Option<&str>, group: Group) -> Listener {
        Listener {
            services: Arc::clone(&desk.services),
            receiver: Arc::clone(&desk.recorder) as Arc<dyn Receiver>,
            policy: DeliveryPolicy {
                attempts: desk.attempts,
                backoff_min: Duration::from_millis(1),
                backoff_max: Duration::from_millis(2),
            },
            events: vec![(capability.to_owned(), "booked".to_owned(), group)],
            shared_as: shared_as.map(str::to_owned),
        }
    }

    /// Publishes these numbers of one lane as events, one after the other.
    pub(super) async fn emit(&self, capability: &str, lane: &str, numbers: std::ops::Range<u32>) {
        let events = self.bus.events();
        for number in numbers {
            let delivered = events.deliver(event(capability, lane, number)).await;
            delivered.expect("it is published").await.expect("it lands");
        }
    }

    /// Ends it where it is.
    pub(super) async fn kill(self) {
        self.tasks.end().await;
    }

    /// Ends when the bus is idle. Each look is a question to the server.
    pub(super) async fn idle(&self) {
        in_time(async { while !self.bus.is_idle().await {} }).await;
    }
}

/// How much a stream keeps.
pub(super) async fn num_stored(process: &Process, kind: Kind, capability: &str) -> u64 {
    let stream = kind.stream(process.link.subjects(), capability);
    let info = streams::find(process.bus.ground().api(), &stream).await;
    info.expect("the stream is there").state.messages
}

/// Ends a test that hangs.
pub(super) async fn in_time<T>(waiting: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANGS, waiting)
        .await
        .expect("what is waited for happens")
}

/// A capability that listens, with its services.
pub(super) struct Desk {
    pub(super) services: Arc<Services>,
    pub(super) recorder: Arc<Recorder>,
    /// Tries before a letter is dead.
    pub(super) attempts: u32,
}

struct NoPost;

impl Post for NoPost {
    fn committed(&self, _capability: &'static str, _news: News) {}
}

impl Desk {
    pub(super) fn new(process: &Process, name: &'static str, answer: Answering) -> Self {
        Self {
            services: Arc::new(Self::services(process, name)),
            recorder: Recorder::new(answer),
            attempts: 3,
        }
    }

    /// What a capability without a single message would be given.
    pub(super) fn services(process: &Process, name: &'static str) -> Services {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let clock = process.clock.clone();
        let tracer = Tracer::new(&TraceSettings::default());
        Services {
            capability: name,
            directory: Arc::new(Directory::new(clock.clone(), tracer)),
            clock: clock.clone(),
            random: Arc::new(Random::seeded(1)),
            tasks: process.tasks.clone(),
            committer: Committer::immediate(Arc::clone(&store), Box::new(|_| ())),
            store,
            tree: TreeName::new(name).expect("a tree"),
            audience: BTreeMap::new(),
            log: EventLog::in_memory(0, clock),
            post: Arc::new(NoPost),
            limits: Limits {
                message_size: 1 << 20,
                outbox: 1000,
                inbox_retention: Duration::from_secs(60),
            },
            meters: Meters::new(false, [].into_iter(), [].into_iter(), [].into_iter()),
            sequence: 0.into(),
            backlog: 0.into(),
            debts: Debts::default(),
            remembers: true,
        }
    }

    /// One that takes everything.
    pub(super) fn taking(process: &Process, name: &'static str) -> Self {
        Self::new(process, name, Box::new(|_| Answer::Done))
    }

    pub(super) fn dead_letters(&self) -> Vec<DeadLetter> {
        let letters = DeadLetters::new(Arc::clone(&self.services));
        letters.list().expect("they can be read")
    }
}

/// What a receiver does with a parcel.
pub(super) enum Answer {
    Done,
    /// Its turn runs, and its commit never ends.
    NeverLands,
    /// Its turn never ends.
    NeverRuns,
    Refused,
    Failed,
}

pub(super) type Answering = Box<dyn Fn(&Parcel) -> Answer + Send + Sync>;

/// Writes down what it gets.
pub(super) struct Recorder {
    answer: Answering,
    got: watch::Sender<Vec<Parcel>>,
}

impl Recorder {
    fn new(answer: Answering) -> Arc<Self> {
        Arc::new(Self {
            answer,
            got: watch::Sender::default(),
        })
    }

    /// What it got, each time it got it.
    pub(super) fn got(&self) -> Vec<Parcel> {
        self.got.borrow().clone()
    }

    /// The numbers that it got of one lane, each time it got them.
    pub(super) fn numbers(&self, lane: &str) -> Vec<u32> {
        let got = self.got.borrow();
        let of_lane = got.iter().filter_map(|parcel| number_of(parcel, lane));
        of_lane.collect()
    }

    /// The same, without repetitions.
    pub(super) fn distinct(&self, lane: &str) -> Vec<u32> {
        let mut known = BTreeSet::new();
        let numbers = self.numbers(lane).into_iter();
        numbers.filter(|number| known.insert(*number)).collect()
    }

    /// Ends when it has got so much.
    pub(super) async fn until(&self, is_enough: impl FnMut(&Vec<Parcel>) -> bool) {
        let mut got = self.got.subscribe();
        in_time(got.wait_for(is_enough)).await.expect("it lives");
    }

    /// Ends when it has got so many.
    pub(super) async fn until_got(&self, number: usize) {
        self.until(|got| got.len() >= number).await;
    }

    /// Ends when it has got this one.
    pub(super) async fn until_number(&self, lane: &str, number: u32) {
        self.until(|got| {
            got.iter()
                .any(|parcel| number_of(parcel, lane) == Some(number))
        })
        .await;
    }
}

impl Receiver for Recorder {
    fn deliver(&self, parcel: Parcel) -> BoxFuture<'static, Result<Landing, Undelivered>> {
        let answer = (self.answer)(&parcel);
        self.got.send_modify(|got| got.push(parcel));
        match answer {
            Answer::Done => ready(Ok(ready(Ok(())).boxed())).boxed(),
            Answer::NeverLands => ready(Ok(pending().boxed())).boxed(),
            Answer::NeverRuns => pending().boxed(),
            Answer::Refused => ready(Err(Undelivered::Refused("no".to_owned()))).boxed(),
            Answer::Failed => ready(Err(Undelivered::Failed(CallError::Panicked {
                capability: "desk".to_owned(),
                reason: "it breaks".to_owned(),
            })))
            .boxed(),
        }
    }
}

/// Number and lane are in the body.
pub(super) fn number_of(parcel: &Parcel, lane: &str) -> Option<u32> {
    let (of, number): (String, u32) = serde_json::from_str(&parcel.body).ok()?;
    (of == lane).then_some(number)
}

pub(super) fn id(lane: &str, number: u32) -> MessageId {
    MessageId::of_text(&format!("{lane}/{number}"))
}

/// An event `booked`, as the relay delivers it.
pub(super) fn event(capability: &str, lane: &str, number: u32) -> Parcel {
    let what = What::Event {
        contract: capability.to_owned(),
        name: "booked".to_owned(),
    };
    letter(what, lane, number)
}

/// A send, as the relay delivers it.
pub(super) fn send(lane: &str, number: u32) -> Parcel {
    let name = "note".to_owned();
    letter(What::Message { name }, lane, number)
}

fn letter(what: What, lane: &str, number: u32) -> Parcel {
    Parcel {
        what,
        key: None,
        id: id(lane, number),
        trace: None,
        body: Arc::from(serde_json::json!([lane, number]).to_string()),
        consumes: None,
        onward: Onward::Unwatched,
        sent: Some(Sent {
            from: "hotel",
            lane: Arc::from(lane),
            at_ms: 1,
            direct: None,
        }),
    }
}
