//! The capabilities behind the doors of these tests: a parlour that receives guests, and vaults that are durable and keyed.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Cx, Event, Message, StartError, Table};

use crate::gate;

/// Receives a guest.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = String, error = NotToday)]
pub(crate) struct Receive {
    pub(crate) guest: Guest,
    pub(crate) room: Room,
    #[serde(default)]
    pub(crate) gift: Option<Gift>,
    #[serde(default)]
    pub(crate) remarks: BTreeMap<String, serde_json::Value>,
}

/// Who comes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Guest {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) age: Option<u8>,
    #[serde(default)]
    pub(crate) friends: Vec<Guest>,
}

/// Where to.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Room {
    /// With a piano.
    Salon,
    Library,
}

/// What is brought.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Gift {
    Flowers {
        number: u32,
    },
    Wine {
        year: u16,
        #[serde(default)]
        grape: Option<String>,
    },
}

/// Why a guest is not received.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct NotToday {
    pub(crate) reason: String,
}

/// Rings the bell; there is nothing to say.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub(crate) struct Ring {}

/// Waits at a gate.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = String)]
pub(crate) struct Wait {
    pub(crate) gate: String,
}

/// Breaks something.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Smash {
    pub(crate) what: String,
}

/// A guest was received.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub(crate) struct Received {
    pub(crate) name: String,
}

skep::contract! {
    /// Receives guests.
    pub(crate) Receptions v1 { Receive, Ring, Wait, Smash; emits Received }
}

#[derive(Default)]
pub(crate) struct Parlour {
    rings: u64,
}

#[skep::capability(contract = Receptions)]
impl Parlour {
    #[handle]
    async fn receive(&mut self, m: Receive, cx: &mut Cx<Self>) -> Result<String, NotToday> {
        if m.guest.name == "Nobody" {
            return Err(NotToday {
                reason: "nobody is not received".to_owned(),
            });
        }
        cx.emit(Received {
            name: m.guest.name.clone(),
        });
        Ok(format!("{} sits in the {:?}", m.guest.name, m.room))
    }

    #[handle]
    async fn ring(&mut self, _: Ring) -> u64 {
        self.rings += 1;
        self.rings
    }

    #[handle]
    async fn wait(&mut self, m: Wait) -> String {
        gate::pass(&m.gate).await;
        "through".to_owned()
    }

    #[handle]
    async fn smash(&mut self, m: Smash) {
        panic!("the {} is broken", m.what);
    }
}

/// Puts something into a vault.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub(crate) struct Deposit {
    pub(crate) cents: u64,
}

/// Whose vault it is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = String)]
pub(crate) struct Owner {}

/// Asks whose vault it is, later.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct LockLater {
    pub(crate) ms: u64,
}

skep::contract! {
    /// Keeps what is put into it.
    pub(crate) Vaults v1 keyed by owner { Deposit, Owner, LockLater }
}

pub(crate) struct Vault {
    content: Table<String, u64>,
}

#[skep::capability(contract = Vaults, durable)]
impl Vault {
    #[start]
    async fn open(cx: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            content: cx.table("content"),
        })
    }

    #[handle]
    async fn deposit(&mut self, m: Deposit) -> u64 {
        let total = self.content.get(&"cents".to_owned()).unwrap_or(0) + m.cents;
        self.content.insert(&"cents".to_owned(), &total);
        total
    }

    #[handle]
    async fn owner(&mut self, _: Owner, cx: &mut Cx<Self>) -> String {
        cx.key().to_string()
    }

    #[handle]
    async fn lock_later(&mut self, m: LockLater, cx: &mut Cx<Self>) {
        let _ = cx.after(std::time::Duration::from_millis(m.ms), Owner {});
    }
}
