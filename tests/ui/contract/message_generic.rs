use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::Message;

#[derive(Serialize, Deserialize, JsonSchema, Message)]
struct Reserve<T> {
    guest: T,
}

fn main() {}
