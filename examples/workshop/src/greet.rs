//! A capability that greets.

use skep::prelude::*;

/// Greet somebody.
#[derive(Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = String)]
pub struct Greet {
    /// Whom to greet.
    pub name: String,
}

skep::contract! {
    /// Greets people.
    pub Greeting v1 { Greet }
}

#[derive(Default)]
pub struct Greeter;

#[capability(contract = Greeting)]
impl Greeter {
    #[handle]
    async fn greet(&mut self, m: Greet) -> String {
        format!("Hi, {}!", m.name)
    }
}

skep::main!("greeting": Greeter);
