use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::Message;

struct Guest;

#[derive(Serialize, Deserialize, JsonSchema, Message)]
struct Reserve(Guest);

fn main() {}
