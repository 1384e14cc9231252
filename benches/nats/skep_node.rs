//! skep, configured as it comes, but with one arbiter: a node that asks, and a node that hosts.

use std::sync::Arc;

use benches::Role;
use benches::peers::sources;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Builder, Message, Ref, Runtime};

use crate::peer::Peer;

/// Says it back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Echoed)]
pub(crate) struct Echo {
    pub(crate) number: u64,
    pub(crate) text: String,
}

/// What was said.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Echoed {
    pub(crate) number: u64,
    pub(crate) text: String,
}

impl Echoed {
    /// What comes back must be what was sent.
    pub(crate) fn compare(&self, number: u64, text: &str) {
        assert_eq!(self.number, number, "another number came back");
        assert_eq!(self.text, text, "another text came back");
    }
}

skep::contract! { Echoing v1 { Echo } }
skep::contract! { Desk v1 {} }

#[derive(Default)]
struct Wall;

#[skep::capability(contract = Echoing)]
impl Wall {
    #[handle]
    async fn echo(&mut self, m: Echo) -> Echoed {
        let Echo { number, text } = m;
        Echoed { number, text }
    }
}

/// What the node that asks hosts itself.
#[derive(Default)]
struct Clerk;

#[skep::capability(contract = Desk)]
impl Clerk {}

/// A node of an application of which `back` answers.
fn node(nats: &str, name: &str) -> Builder {
    let sources = sources()
        .set(format!("nats.servers=[{nats:?}]"))
        .set("nodes.front.hosts=[\"*\"]")
        .set("nodes.back.hosts=[\"echoing\"]");
    Runtime::builder()
        .application("benches")
        .sources(sources)
        .with::<Wall>()
        .with::<Clerk>()
        .node(name, 1)
}

/// A node that asks.
#[derive(Debug, Clone)]
pub(crate) struct Skep {
    runtime: Runtime,
    echoing: Ref<Echoing>,
}

impl Peer for Skep {
    const NAME: &'static str = "skep";
    const ROLE: Role = Role::Skep;
    const WORK: &'static str = "skep";
    type Server = Runtime;

    async fn serve(nats: String) -> (String, Self::Server) {
        let started = node(&nats, "back").start().await;
        (String::new(), started.expect("the node starts"))
    }

    async fn connect(nats: String, _: String) -> Self {
        let started = node(&nats, "front").start().await;
        let runtime = started.expect("the node starts");
        let echoing = runtime.get();
        Self { runtime, echoing }
    }

    async fn echo(&self, number: u64, text: &Arc<str>) {
        let echo = Echo {
            number,
            text: text.as_ref().to_owned(),
        };
        let echoed = self.echoing.ask(echo).await.expect("a reply");
        echoed.compare(number, text);
    }

    async fn leave(self) {
        self.runtime.stop().await;
    }
}
