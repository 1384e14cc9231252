//! Two contracts, right in every way, for the cases to do wrong with.
#![allow(dead_code, reason = "no case uses all")]

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Event, Message, contract};

#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64, error = Full)]
pub struct Reserve {
    pub guest: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Full {}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
pub struct Cancel {
    pub reservation: u64,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct Reserved {
    pub reservation: u64,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct Cancelled {
    pub reservation: u64,
}

contract! {
    pub Reservations v1 keyed by hotel { Reserve, Cancel; emits Reserved, Cancelled }
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub struct Charge {
    pub cents: u64,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct Refunded {
    pub hotel: String,
}

contract! {
    pub Payments v1 { Charge; emits Refunded }
}
