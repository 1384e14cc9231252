use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Message, contract};

#[derive(Serialize, Deserialize, JsonSchema, Message)]
struct Reserve {}

#[derive(Serialize, Deserialize, JsonSchema, Message)]
struct Cancel {}

contract! { pub Reservations v1 {} }

fn main() {}
