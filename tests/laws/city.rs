//! Capabilities that emit and listen by key, balanced and to all: for deliveries.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::testing::Placement;
use skep::{Cx, Event, Message, StartError, Table};

use crate::gate;
use crate::ledger::{Enter, Ledgers};

/// Something happens at a house: it is made known.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Ring {
    pub(crate) number: u64,
}

/// How often the bell of a house was rung, as its table says, and how often it was opened and closed in this process.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = (u64, u64), idempotent)]
pub(crate) struct Rings {}

/// A bell was rung.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
pub(crate) struct Rung {
    pub(crate) house: String,
    pub(crate) number: u64,
}

skep::contract! {
    /// Has a bell.
    pub(crate) Houses v1 keyed by house { Ring, Rings; emits Rung }
}

pub(crate) struct House {
    rings: Table<(), u64>,
    lives: Table<u8, u64>,
}

#[skep::capability(contract = Houses, durable)]
impl House {
    #[start]
    async fn open(cx: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            rings: cx.table("rings"),
            lives: cx.table("lives"),
        })
    }

    #[handle]
    async fn ring(&mut self, m: Ring, cx: &mut Cx<Self>) {
        let rings = self.rings.get(&()).unwrap_or(0) + 1;
        self.rings.insert(&(), &rings);
        let house = cx.key().to_string();
        cx.emit(Rung {
            house,
            number: m.number,
        });
    }

    #[handle]
    async fn rings(&mut self, _: Rings) -> (u64, u64) {
        let closed = self.lives.get(&0).unwrap_or(0);
        (self.rings.get(&()).unwrap_or(0), closed)
    }

    #[stop]
    async fn close(&mut self) {
        let closed = self.lives.get(&0).unwrap_or(0) + 1;
        self.lives.insert(&0, &closed);
    }
}

/// What the postman of a house has heard of.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Vec<u64>, idempotent)]
pub(crate) struct Heard {}

/// The postman stands at this gate whenever a bell is rung.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct StandAt {
    pub(crate) gate: Option<String>,
}

skep::contract! {
    /// Knows the bells of its house.
    pub(crate) Postmen v1 keyed by house { Heard, StandAt }
}

pub(crate) struct Postman {
    heard: Table<u64, u64>,
}

#[skep::capability(contract = Postmen, durable, uses(Houses))]
impl Postman {
    #[start]
    async fn open(cx: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            heard: cx.table("heard"),
        })
    }

    #[handle]
    async fn heard(&mut self, _: Heard) -> Vec<u64> {
        self.heard.iter().map(|(_, number)| number).collect()
    }

    #[handle]
    async fn stand_at(&mut self, _: StandAt) {}

    #[on(key = house)]
    async fn rung(&mut self, e: Rung) {
        let position = self.heard.iter().count() as u64;
        self.heard.insert(&position, &e.number);
    }
}

skep::contract! {
    /// Hears every bell, slowly.
    pub(crate) Doormen v1 { StandAt, Heard }
}

#[derive(Default)]
pub(crate) struct Doorman {
    gate: Option<String>,
    heard: Vec<u64>,
}

#[skep::capability(contract = Doormen, uses(Houses))]
impl Doorman {
    #[handle]
    async fn stand_at(&mut self, m: StandAt) {
        self.gate = m.gate;
    }

    #[handle]
    async fn heard(&mut self, _: Heard) -> Vec<u64> {
        self.heard.clone()
    }

    #[on]
    async fn rung(&mut self, e: Rung) {
        if let Some(gate) = &self.gate {
            gate::pass(gate).await;
        }
        self.heard.push(e.number);
    }
}

skep::contract! {
    /// Hear bells: one of them hears each bell, and all of them tell the ledger.
    pub(crate) Criers v1 { Heard }
}
skep::contract! {
    /// Hears bells as the criers do, and tells the ledger, too.
    pub(crate) Heralds v1 { Heard }
}
skep::contract! {
    /// Hear bells: each of them hears each bell.
    pub(crate) Choirs v1 { Heard }
}

#[derive(Default)]
pub(crate) struct Crier;

#[skep::capability(contract = Criers, stateless, uses(Houses, Ledgers))]
impl Crier {
    #[handle]
    async fn heard(&mut self, _: Heard) -> Vec<u64> {
        Vec::new()
    }

    #[on]
    async fn rung(&mut self, e: Rung, cx: &mut Cx<Self>) {
        cx.send::<Ledgers, _>(Enter { number: e.number });
    }
}

#[derive(Default)]
pub(crate) struct Herald;

#[skep::capability(contract = Heralds, uses(Houses, Ledgers))]
impl Herald {
    #[handle]
    async fn heard(&mut self, _: Heard) -> Vec<u64> {
        Vec::new()
    }

    #[on]
    async fn rung(&mut self, e: Rung, cx: &mut Cx<Self>) {
        cx.send::<Ledgers, _>(Enter {
            number: 200 + e.number,
        });
    }
}

#[derive(Default)]
pub(crate) struct Choir;

#[skep::capability(contract = Choirs, stateless, uses(Houses, Ledgers))]
impl Choir {
    #[handle]
    async fn heard(&mut self, _: Heard) -> Vec<u64> {
        Vec::new()
    }

    #[on(broadcast)]
    async fn rung(&mut self, e: Rung, cx: &mut Cx<Self>) {
        cx.send::<Ledgers, _>(Enter {
            number: 100 + e.number,
        });
    }
}

/// How often the clock struck; answers with the seconds of wall time at each stroke, too.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Vec<u64>, idempotent)]
pub(crate) struct Strokes {}

/// From now on the strokes go wrong as long as the fuse blows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Rust {
    pub(crate) fuse: String,
    pub(crate) panic: bool,
}

skep::contract! {
    /// Strikes every hour.
    pub(crate) Towers v1 { Strokes, Rust }
}

pub(crate) struct Tower {
    strokes: Table<u64, u64>,
    rust: Table<(), Rust>,
}

#[skep::capability(contract = Towers, durable)]
impl Tower {
    #[start]
    async fn open(cx: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            strokes: cx.table("strokes"),
            rust: cx.table("rust"),
        })
    }

    #[handle]
    async fn strokes(&mut self, _: Strokes) -> Vec<u64> {
        self.strokes.iter().map(|(_, at)| at).collect()
    }

    #[handle]
    async fn rust(&mut self, m: Rust) {
        self.rust.insert(&(), &m);
    }

    #[every("1h")]
    async fn strike(&mut self, cx: &mut Cx<Self>) -> Result<(), String> {
        let number = self.strokes.iter().count() as u64;
        let now = cx.now().duration_since(std::time::UNIX_EPOCH);
        self.strokes
            .insert(&number, &now.expect("after 1970").as_secs());
        match self.rust.get(&()).filter(|rust| gate::blows(&rust.fuse)) {
            Some(Rust { panic: true, .. }) => panic!("rusty"),
            Some(_) => Err("rusty".to_owned()),
            None => Ok(()),
        }
    }
}

/// The tower after a change of mind: it strikes every minute.
pub(crate) struct HastyTower {
    strokes: Table<u64, u64>,
}

#[skep::capability(contract = Towers, durable)]
impl HastyTower {
    #[start]
    async fn open(cx: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            strokes: cx.table("strokes"),
        })
    }

    #[handle]
    async fn strokes(&mut self, _: Strokes) -> Vec<u64> {
        self.strokes.iter().map(|(_, at)| at).collect()
    }

    #[handle]
    async fn rust(&mut self, _: Rust) {}

    #[every("1m")]
    async fn strike(&mut self, cx: &mut Cx<Self>) {
        let number = self.strokes.iter().count() as u64;
        let now = cx.now().duration_since(std::time::UNIX_EPOCH);
        self.strokes
            .insert(&number, &now.expect("after 1970").as_secs());
    }
}

/// Lets virtual time pass: everything that falls due meanwhile happens.
pub(crate) async fn pass_time(duration: Duration) {
    let until = tokio::time::Instant::now() + duration;
    tokio::time::sleep_until(until).await;
}

/// Lets everybody go on until something is so: what crosses processes takes its time. A test that waits for ever has failed.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    let end = tokio::time::Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(tokio::time::Instant::now() < end, "it is never so");
        pass_time(Duration::from_millis(1)).await;
    }
}

/// Whether this is how long a wait of so many whole seconds, at most five, takes, by a clock that may be some milliseconds behind.
///
/// Over NATS time is real and a machine with much to do is late: there a wait of less than five seconds ends before the
/// default, which is five.
pub(crate) fn lasted(placement: Placement, passed: Duration, seconds: u64) -> bool {
    let passed = (passed + Duration::from_millis(50)).as_secs();
    match placement {
        Placement::Nats => passed >= seconds && (seconds == 5 || passed < 5),
        _ => passed == seconds,
    }
}
