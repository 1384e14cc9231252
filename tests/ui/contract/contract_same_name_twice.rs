use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Message, contract};

#[derive(Serialize, Deserialize, JsonSchema, Message)]
struct Cancel {}

#[derive(Serialize, Deserialize, JsonSchema, Message)]
#[message(name = "cancel")]
struct Undo {}

contract! { pub Reservations v1 { Cancel, Undo } }

fn main() {}
