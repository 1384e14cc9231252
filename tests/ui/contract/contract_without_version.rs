use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Message, contract};

#[derive(Serialize, Deserialize, JsonSchema, Message)]
struct Reserve {}

#[derive(Serialize, Deserialize, JsonSchema, Message)]
struct Cancel {}

contract! { pub Reservations { Reserve } }

contract! { pub Keyed keyed by hotel { Reserve } }

contract! { pub Odd version2 { Reserve } }

fn main() {}
