use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Event, Message};
use std::rc::Rc;
use std::sync::Arc;

#[derive(Serialize, Deserialize, JsonSchema, Message)]
struct Reserve {
    #[serde(skip)]
    guest: Rc<String>,
}

#[derive(Serialize, Deserialize, JsonSchema, Message)]
enum Cancel {
    All,
    These(#[serde(skip)] Vec<Arc<u64>>),
}

#[derive(Serialize, Deserialize, JsonSchema, Message)]
struct Find {
    #[serde(skip)]
    name: &'static str,
}

#[derive(Serialize, Deserialize, JsonSchema, Event)]
struct Reserved(#[serde(skip)] std::cell::RefCell<u64>);

fn main() {}
