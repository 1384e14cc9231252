//! skep, configured as it comes, but with one arbiter: a node that asks, and a node that hosts.

use std::sync::Arc;
use std::time::Duration;

use benches::peers::sources;
use benches::{Figure, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Builder, Cx, Message, Ref, Runtime};

use crate::peer::Peer;
use crate::work::{one_after_the_other, side_by_side};

/// More than anything takes here.
const MINUTE: Duration = Duration::from_secs(60);

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
skep::contract! { Desk v1 { Rush } }

/// Ask the wall for a while.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Rushed)]
pub(crate) struct Rush {
    text: String,
    /// `None`: one after the other.
    in_flight: Option<usize>,
    time_ms: u64,
}

/// How it went.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Rushed {
    value: f64,
    p99: Option<f64>,
    operations: u64,
}

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

#[skep::capability(contract = Desk, uses(Echoing))]
impl Clerk {
    #[handle]
    async fn rush(&mut self, m: Rush, cx: &mut Cx<Self>) -> Rushed {
        let echoing = cx.to::<Echoing>();
        let (text, time) = (m.text.into(), Duration::from_millis(m.time_ms));
        let echo = |number| echo(&echoing, number, &text);
        let (figure, operations) = match m.in_flight {
            None => one_after_the_other(time, echo).await,
            Some(in_flight) => side_by_side(in_flight, time, echo).await,
        };
        Rushed {
            value: figure.value,
            p99: figure.p99,
            operations,
        }
    }
}

async fn echo(echoing: &Ref<Echoing>, number: u64, text: &Arc<str>) {
    let echo = Echo {
        number,
        text: text.as_ref().to_owned(),
    };
    let echoed = echoing.ask(echo).await.expect("a reply");
    echoed.compare(number, text);
}

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
    desk: Ref<Desk>,
}

impl Skep {
    /// Has an actor of the node ask for a while; also how many asks there were.
    pub(crate) async fn rush(
        &self,
        text: &str,
        in_flight: Option<usize>,
        time: Duration,
    ) -> (Figure, u64) {
        let rush = Rush {
            text: text.to_owned(),
            in_flight,
            time_ms: u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
        };
        let asked = self.desk.ask(rush).deadline(time + MINUTE).await;
        let rushed = asked.expect("a reply");
        let figure = Figure {
            value: rushed.value,
            p99: rushed.p99,
            note: String::new(),
        };
        (figure, rushed.operations)
    }
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
        Self {
            echoing: runtime.get(),
            desk: runtime.get(),
            runtime,
        }
    }

    async fn echo(&self, number: u64, text: &Arc<str>) {
        echo(&self.echoing, number, text).await;
    }

    async fn leave(self) {
        self.runtime.stop().await;
    }
}
