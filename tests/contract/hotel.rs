//! The contracts that these tests speak of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Event, Message, contract};

/// Reserve a room for some nights.
///
/// The guest may come late.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Reservation, error = ReserveError)]
pub(crate) struct Reserve {
    /// Who sleeps.
    pub guest: String,
    /// How often.
    pub nights: u32,
    /// Not a title of a schema: a field.
    #[serde(default)]
    pub title: Option<String>,
}

/// Who sleeps tonight?
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
#[message(name = "who", reply = Vec<Reservation>, idempotent)]
pub(crate) struct FindSleepers;

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) enum Cancel {
    All,
    One { number: u64 },
}

/// What was reserved.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Reservation {
    pub number: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) enum ReserveError {
    Full { until: u32 },
}

/// A room was reserved.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub(crate) struct RoomReserved {
    pub number: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "gone")]
pub(crate) struct Cancelled {
    pub number: u64,
}

contract! {
    /// Who sleeps where,
    /// and when.
    pub(crate) Reservations v1 keyed by hotel { Reserve, FindSleepers, Cancel; emits RoomReserved, Cancelled }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Message)]
pub(crate) struct Ring {}

contract! {
    pub(crate) FrontDesk = "bell" v12 { Ring, }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub(crate) struct Struck {}

contract! {
    pub(crate) Clock v2 { emits Struck, }
}
