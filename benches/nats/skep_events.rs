//! skep, for events: actors of one node emit, an actor of another listens. Whatever crosses processes goes through a stream; a durable
//! emitter has each event in its own store besides, before the turn is over.

use std::sync::Arc;

use benches::Role;
use benches::peers::sources;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Builder, Cx, Event, KeyedRef, Message, Ref, Runtime};
use tempfile::TempDir;

use crate::events::Emitter;
use crate::handled::HANDLED;

/// Has something to say.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Tell {
    at: u64,
    text: String,
}

/// It was said.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub(crate) struct Told {
    /// When, in nanoseconds since 1970.
    pub(crate) at: u64,
    pub(crate) text: String,
}

/// It was said, and written down.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub(crate) struct Recorded {
    at: u64,
    text: String,
}

skep::contract! { pub(crate) Tellers v1 keyed by teller { Tell; emits Told } }
skep::contract! { pub(crate) Recorders v1 keyed by recorder { Tell; emits Recorded } }
skep::contract! { Hearing v1 {} }

#[derive(Default)]
struct Teller;

#[skep::capability(contract = Tellers)]
impl Teller {
    #[handle]
    async fn tell(&mut self, m: Tell, cx: &mut Cx<Self>) {
        let Tell { at, text } = m;
        cx.emit(Told { at, text });
    }
}

#[derive(Default)]
struct Recorder;

#[skep::capability(contract = Recorders, durable)]
impl Recorder {
    #[handle]
    async fn tell(&mut self, m: Tell, cx: &mut Cx<Self>) {
        let Tell { at, text } = m;
        cx.emit(Recorded { at, text });
    }
}

#[derive(Default)]
struct Ear;

#[skep::capability(contract = Hearing)]
impl Ear {
    #[on]
    async fn told(&mut self, e: Told) {
        HANDLED.handle(e.at);
    }

    #[on]
    async fn recorded(&mut self, e: Recorded) {
        HANDLED.handle(e.at);
    }
}

/// A node, and the folder of its store.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    runtime: Runtime,
    _folder: Arc<TempDir>,
}

/// A node of an application of which `front` emits and `back` listens.
async fn node(nats: &str, application: &str, name: &str) -> Node {
    let folder = tempfile::tempdir().expect("the system gives a folder");
    let path = folder.path().join("data").display().to_string();
    let sources = sources()
        .flag("store.path", path, "the benchmark")
        .set(format!("nats.servers=[{nats:?}]"))
        .set("nodes.front.hosts=[\"*\"]")
        .set("nodes.back.hosts=[\"hearing\"]");
    let builder: Builder = Runtime::builder()
        .application(application)
        .sources(sources)
        .with::<Teller>()
        .with::<Recorder>()
        .with::<Ear>();
    let started = builder.node(name, 1).start().await;
    Node {
        runtime: started.expect("the node starts"),
        _folder: Arc::new(folder),
    }
}

/// Actors without a store.
#[derive(Debug, Clone)]
pub(crate) struct Telling {
    node: Node,
    tellers: Ref<Tellers>,
}

/// Durable actors.
#[derive(Debug, Clone)]
pub(crate) struct Recording {
    node: Node,
    recorders: Ref<Recorders>,
}

impl Emitter for Telling {
    const NAME: &'static str = "skep";
    const ROLE: Role = Role::Skep;
    const WORK: &'static str = "hear-skep";
    const EVENTS: u64 = 4000;
    type Listener = Node;

    async fn listen(nats: String) -> Self::Listener {
        node(&nats, "telling", "back").await
    }

    async fn connect(nats: String) -> Self {
        let node = node(&nats, "telling", "front").await;
        let tellers = node.runtime.get();
        Self { node, tellers }
    }

    async fn emit(&self, emitter: u64, at: u64, text: String) {
        let teller: KeyedRef<Tellers> = self.tellers.key(emitter.to_string());
        teller.ask(Tell { at, text }).await.expect("a reply");
    }

    async fn leave(self) {
        self.node.runtime.stop().await;
    }
}

impl Emitter for Recording {
    const NAME: &'static str = "skep, durable emitters";
    const ROLE: Role = Role::Skep;
    const WORK: &'static str = "hear-recorded";
    const EVENTS: u64 = 4000;
    type Listener = Node;

    async fn listen(nats: String) -> Self::Listener {
        node(&nats, "recording", "back").await
    }

    async fn connect(nats: String) -> Self {
        let node = node(&nats, "recording", "front").await;
        let recorders = node.runtime.get();
        Self { node, recorders }
    }

    async fn emit(&self, emitter: u64, at: u64, text: String) {
        let recorder: KeyedRef<Recorders> = self.recorders.key(emitter.to_string());
        recorder.ask(Tell { at, text }).await.expect("a reply");
    }

    async fn leave(self) {
        self.node.runtime.stop().await;
    }
}
