use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Event, contract};

#[derive(Serialize, Deserialize, JsonSchema, Event)]
struct Reserved {}

contract! { pub Reservations v1 { emits Reserved } }
contract! { pub Rooms v1 { emits Reserved } }

fn main() {}
