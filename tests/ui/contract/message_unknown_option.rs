use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Event, Message};

#[derive(Serialize, Deserialize, JsonSchema, Message)]
#[message(replies = u64)]
struct Reserve {}

#[derive(Serialize, Deserialize, JsonSchema, Event)]
#[event(reply = u64)]
struct Reserved {}

fn main() {}
