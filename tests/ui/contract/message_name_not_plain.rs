use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Event, Message};

#[derive(Serialize, Deserialize, JsonSchema, Message)]
#[message(name = "hotel.reserve")]
struct Reserve {}

#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event(name = "")]
struct Reserved {}

fn main() {}
