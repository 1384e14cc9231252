//! skep, configured as it comes, but with one arbiter: a machine with two cores has one for the callers and one for actors.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::config::Sources;
use skep::{Cx, Event, KeyedRef, Message, Ref, Runtime};
use tokio::runtime::Handle;

use super::heard::HEARD;
use super::peer::{Asked, Chained, Emitting, Peer, spin};
use crate::report::Role;

/// The settings of every skep in the benchmarks.
#[must_use]
pub fn sources() -> Sources {
    Sources::of("benches").set("runtime.arbiters=1")
}

/// A runtime with all that the workloads need.
#[derive(Debug, Clone)]
pub struct Skep(Runtime);

/// Adds a number.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub struct Add {
    number: u64,
}

/// Adds a number after others had their turn.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub struct AddYielding {
    number: u64,
}

/// Adds a number after it has waited for what is there already.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub struct AddWaiting {
    number: u64,
}

/// Adds a number after a millisecond of work.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub struct AddSpinning {
    number: u64,
}

skep::contract! {
    /// One sum.
    pub Counting v1 { Add, AddWaiting, AddYielding, AddSpinning }
}
skep::contract! {
    /// A sum for each number.
    pub Tallies v1 keyed by number { Add, AddYielding, AddSpinning }
}
skep::contract! {
    /// Works hard.
    pub Grinding v1 { AddSpinning }
}

#[derive(Default)]
struct Counter {
    total: u64,
}

#[skep::capability(contract = Counting)]
impl Counter {
    #[handle]
    async fn add(&mut self, m: Add) -> u64 {
        self.total += m.number;
        self.total
    }

    #[handle]
    async fn add_waiting(&mut self, m: AddWaiting) -> u64 {
        std::future::ready(()).await;
        self.total += m.number;
        self.total
    }

    #[handle]
    async fn add_yielding(&mut self, m: AddYielding) -> u64 {
        tokio::task::yield_now().await;
        self.total += m.number;
        self.total
    }

    #[handle]
    async fn add_spinning(&mut self, m: AddSpinning) -> u64 {
        self.total += m.number + spin();
        self.total
    }
}

#[derive(Default)]
struct Tally {
    total: u64,
}

#[skep::capability(contract = Tallies)]
impl Tally {
    #[handle]
    async fn add(&mut self, m: Add) -> u64 {
        self.total += m.number;
        self.total
    }

    #[handle]
    async fn add_yielding(&mut self, m: AddYielding) -> u64 {
        tokio::task::yield_now().await;
        self.total += m.number;
        self.total
    }

    #[handle]
    async fn add_spinning(&mut self, m: AddSpinning) -> u64 {
        self.total += m.number + spin();
        self.total
    }
}

/// What spins, declared as it should be.
#[derive(Default)]
struct Mill {
    total: u64,
}

#[skep::capability(contract = Grinding, execution = "blocking")]
impl Mill {
    #[handle]
    async fn add_spinning(&mut self, m: AddSpinning) -> u64 {
        self.total += m.number + spin();
        self.total
    }
}

/// Goes on to the end of the chain.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub struct Pass {}

/// A capability that asks the next of the chain.
macro_rules! link {
    ($contract:ident, $actor:ident, $next:ident) => {
        skep::contract! {
            /// A link of the chain.
            pub $contract v1 { Pass }
        }

        #[derive(Default)]
        struct $actor;

        #[skep::capability(contract = $contract, uses($next))]
        impl $actor {
            #[handle]
            async fn pass(&mut self, m: Pass, cx: &mut Cx<Self>) -> u64 {
                1 + cx.to::<$next>().ask(m).await.expect("a reply")
            }
        }
    };
}

link!(FirstLink, First, SecondLink);
link!(SecondLink, Second, ThirdLink);
link!(ThirdLink, Third, FourthLink);
link!(FourthLink, Fourth, LastLink);

skep::contract! {
    /// The end of the chain.
    pub LastLink v1 { Pass }
}

#[derive(Default)]
struct Last;

#[skep::capability(contract = LastLink)]
impl Last {
    #[handle]
    async fn pass(&mut self, _: Pass) -> u64 {
        1
    }
}

/// Says it to all.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
pub struct Announce {}

/// It was said.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct Announced {}

skep::contract! {
    /// Has something to say.
    pub Announcing v1 { Announce; emits Announced }
}

#[derive(Default)]
struct Herald;

#[skep::capability(contract = Announcing)]
impl Herald {
    #[handle]
    async fn announce(&mut self, _: Announce, cx: &mut Cx<Self>) {
        cx.emit(Announced {});
    }
}

/// A capability that listens.
macro_rules! listener {
    ($contract:ident, $actor:ident) => {
        skep::contract! {
            /// Listens.
            pub $contract v1 {}
        }

        #[derive(Default)]
        struct $actor;

        #[skep::capability(contract = $contract)]
        impl $actor {
            #[on]
            async fn announced(&mut self, _: Announced) {
                HEARD.hear();
            }
        }
    };
}

listener!(EarA, ListenerA);
listener!(EarB, ListenerB);
listener!(EarC, ListenerC);
listener!(EarD, ListenerD);
listener!(EarE, ListenerE);
listener!(EarF, ListenerF);
listener!(EarG, ListenerG);
listener!(EarH, ListenerH);

impl Skep {
    /// One that works on the pool for what blocks.
    #[must_use]
    pub fn mill(&self) -> Ref<Grinding> {
        self.0.get()
    }

    /// Asks one whose handler has an `.await`, though it need not wait there.
    ///
    /// # Panics
    ///
    /// When there is no reply.
    pub async fn ask_waiting(one: &Ref<Counting>, number: u64) -> u64 {
        one.ask(AddWaiting { number }).await.expect("a reply")
    }

    /// Lets the mill grind once.
    ///
    /// # Panics
    ///
    /// When there is no reply.
    pub async fn grind(mill: &Ref<Grinding>, number: u64) -> u64 {
        mill.ask(AddSpinning { number }).await.expect("a reply")
    }
}

impl Peer for Skep {
    const NAME: &'static str = "skep";
    const ROLE: Role = Role::Skep;
    type One = Ref<Counting>;
    type Many = KeyedRef<Tallies>;
    type Chain = Ref<FirstLink>;
    type Emitter = Ref<Announcing>;

    async fn start(_: Handle) -> Self {
        let builder = Runtime::builder()
            .sources(sources())
            .with::<Counter>()
            .with::<Tally>()
            .with::<Mill>();
        let builder = builder
            .with::<First>()
            .with::<Second>()
            .with::<Third>()
            .with::<Fourth>()
            .with::<Last>();
        let builder = builder
            .with::<Herald>()
            .with::<ListenerA>()
            .with::<ListenerB>()
            .with::<ListenerC>()
            .with::<ListenerD>()
            .with::<ListenerE>()
            .with::<ListenerF>()
            .with::<ListenerG>()
            .with::<ListenerH>();
        Self(builder.start().await.expect("skep starts"))
    }

    fn one(&self) -> Self::One {
        self.0.get()
    }

    fn many(&self, number: u64) -> Self::Many {
        self.0.get::<Tallies>().key(number.to_string())
    }

    fn chain(&self) -> Self::Chain {
        self.0.get()
    }

    fn emitter(&self) -> Self::Emitter {
        self.0.get()
    }

    async fn stop(self) {
        self.0.stop().await;
    }
}

impl Asked for Ref<Counting> {
    async fn ask(&self, number: u64) -> u64 {
        Self::ask(self, Add { number }).await.expect("a reply")
    }

    async fn ask_yielding(&self, number: u64) -> u64 {
        let ask = Self::ask(self, AddYielding { number });
        ask.await.expect("a reply")
    }

    async fn ask_spinning(&self, number: u64) -> u64 {
        let ask = Self::ask(self, AddSpinning { number });
        ask.await.expect("a reply")
    }

    async fn tell(&self, number: u64) {
        Self::tell(self, Add { number }).await.expect("room");
    }
}

impl Asked for KeyedRef<Tallies> {
    async fn ask(&self, number: u64) -> u64 {
        Self::ask(self, Add { number }).await.expect("a reply")
    }

    async fn ask_yielding(&self, number: u64) -> u64 {
        let ask = Self::ask(self, AddYielding { number });
        ask.await.expect("a reply")
    }

    async fn ask_spinning(&self, number: u64) -> u64 {
        let ask = Self::ask(self, AddSpinning { number });
        ask.await.expect("a reply")
    }

    async fn tell(&self, number: u64) {
        Self::tell(self, Add { number }).await.expect("room");
    }
}

impl Chained for Ref<FirstLink> {
    async fn pass(&self) -> u64 {
        self.ask(Pass {}).await.expect("a reply")
    }
}

impl Emitting for Ref<Announcing> {
    async fn announce(&self) {
        self.ask(Announce {}).await.expect("a reply");
    }
}
