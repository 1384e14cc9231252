//! Greets people and makes it known; one capability prints it, another one counts.

use skep::prelude::*;

/// Greet somebody.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = String)]
pub struct Greet {
    /// Whom to greet.
    pub name: String,
}

/// Somebody was greeted.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct Greeted {
    /// Who it was.
    pub name: String,
}

skep::contract! {
    /// Greets people.
    pub Greeting v1 { Greet; emits Greeted }
}

#[derive(Default)]
pub struct Greeter;

#[capability(contract = Greeting)]
impl Greeter {
    #[handle]
    async fn greet(&mut self, m: Greet, cx: &mut Cx<Self>) -> String {
        let reply = format!("Hi, {}!", m.name);
        cx.emit(Greeted { name: m.name });
        reply
    }
}

skep::contract! {
    /// Prints who is greeted.
    pub Listening v1 {}
}

#[derive(Default)]
pub struct Listener;

#[capability(contract = Listening)]
impl Listener {
    #[on]
    async fn greeted(&mut self, e: Greeted) {
        println!("{} was greeted", e.name);
    }
}

/// How many were greeted.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub struct Total {}

skep::contract! {
    /// Counts who is greeted.
    pub Counting v1 { Total }
}

#[derive(Default)]
pub struct Counter {
    total: u64,
}

#[capability(contract = Counting)]
impl Counter {
    #[on]
    async fn greeted(&mut self, _: Greeted) {
        self.total += 1;
    }

    #[handle]
    async fn total(&mut self, _: Total) -> u64 {
        self.total
    }
}

skep::main!("greeting": Greeter, Listener, Counter);
