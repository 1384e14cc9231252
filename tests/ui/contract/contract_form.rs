use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Message, contract};

#[derive(Serialize, Deserialize, JsonSchema, Message)]
struct Reserve {}

#[derive(Serialize, Deserialize, JsonSchema, Message)]
struct Cancel {}

contract! { pub Reservations v1 keyed hotel { Reserve } }

contract! { pub Bookings v1 { Reserve Cancel } }

contract! { pub Rooms v1 keyed by hotel }

contract! { pub Nights = "Nights" v1 { Reserve } }

fn main() {}
