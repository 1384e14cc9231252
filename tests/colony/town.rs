//! [`Town`]: an application of two nodes on a nats-server of its own: a bell tower, and a square where people listen.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::config::Sources;
use skep::transport::nats::server::{ServerOptions, ServerProcess, find_server};
use skep::{Cx, Event, Message, Runtime, RuntimeError, StartError};
use tempfile::TempDir;

/// Ends a test that hangs.
pub(crate) const HANGS: Duration = Duration::from_secs(60);

/// Strike the bell so often.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u32)]
pub(crate) struct Ring {
    pub(crate) strokes: u32,
}

/// The bell was struck.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
pub(crate) struct Rang {
    pub(crate) stroke: u32,
}

/// Ring in an hour.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = ())]
pub(crate) struct RingLater {}

skep::contract! {
    /// A bell that remembers how often it was struck.
    pub(crate) Bell v1 { Ring, RingLater; emits Rang }
}

pub(crate) struct Tower {
    strokes: skep::Table<String, u32>,
}

#[skep::capability(contract = Bell, durable)]
impl Tower {
    #[start]
    async fn build(cx: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            strokes: cx.table("strokes"),
        })
    }

    #[handle]
    async fn ring(&mut self, m: Ring, cx: &mut Cx<Self>) -> u32 {
        let all = String::from("all");
        let mut struck = self.strokes.get(&all).unwrap_or_default();
        for _ in 0..m.strokes {
            struck += 1;
            cx.emit(Rang { stroke: struck });
        }
        self.strokes.insert(&all, &struck);
        struck
    }

    #[handle]
    async fn ring_later(&mut self, _m: RingLater, cx: &mut Cx<Self>) {
        cx.after(Duration::from_secs(3600), Ring { strokes: 1 });
    }
}

/// Say it aloud.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = ())]
pub(crate) struct Cry {
    pub(crate) word: String,
}

/// It was said aloud.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
pub(crate) struct Cried {
    pub(crate) word: String,
}

skep::contract! {
    /// Town criers, as many as are wanted.
    pub(crate) Criers v1 { Cry; emits Cried }
}

#[derive(Default)]
pub(crate) struct Crier;

#[skep::capability(contract = Criers, stateless)]
impl Crier {
    #[handle]
    async fn cry(&mut self, m: Cry, cx: &mut Cx<Self>) {
        cx.emit(Cried { word: m.word });
    }
}

skep::contract! {
    /// Those who hear the bell, and fail at every third stroke.
    pub(crate) Ears v1 {}
}

#[derive(Default)]
pub(crate) struct Listener;

#[skep::capability(contract = Ears)]
impl Listener {
    #[on]
    async fn rang(&mut self, e: Rang) -> Result<(), String> {
        match e.stroke % 3 {
            0 => Err(format!("stroke {} is too loud", e.stroke)),
            _ => Ok(()),
        }
    }
}

/// The application: the `tower` has the bell and who listens in it, the `crier`s cry, and the `square` has nothing but a door.
pub(crate) struct Town {
    pub(crate) server: ServerProcess,
    folder: TempDir,
}

impl Town {
    pub(crate) fn build() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = find_server(&mut |_| ()).expect("a nats-server");
        let options = ServerOptions::in_folder(folder.path().join("nats"));
        let server = ServerProcess::start(&binary, options).expect("a nats-server");
        Self { server, folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn sources(&self) -> Sources {
        Sources::of("town")
            .set(format!("nats.servers=[{:?}]", self.server.url()))
            .set(format!("store.path={}", self.path("data").display()))
            .set("runtime.arbiters=1")
            .set("gateway.listen=127.0.0.1:0")
            .set("gateway.expose=[\"*\"]")
            .set("nodes.square.hosts=[]")
            .set("nodes.square.gateway=true")
            .set("nodes.tower.hosts=[\"*\"]")
            .set("nodes.crier.hosts=[\"criers\"]")
            .set("nodes.crier.replicas=2")
            .set("capabilities.ears.delivery.attempts=1")
    }

    pub(crate) async fn try_node(&self, name: &str, replica: u16) -> Result<Runtime, RuntimeError> {
        let builder = Runtime::builder()
            .application("town")
            .sources(self.sources())
            .with::<Tower>()
            .with::<Crier>()
            .with::<Listener>();
        builder.node(name, replica).start().await
    }

    pub(crate) async fn node(&self, name: &str) -> Runtime {
        self.try_node(name, 1).await.expect("the node starts")
    }
}

/// What comes, unless the test hangs.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANGS, future)
        .await
        .expect("it takes no minute")
}
