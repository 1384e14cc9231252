//! A capability that greets, and two that listen: what the first hour with skep is about.

use skep::prelude::*;

/// Greets somebody.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = String)]
pub struct Greet {
    /// Who is greeted.
    pub name: String,
}

/// Somebody was greeted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
pub struct Greeted {
    /// Who was greeted.
    pub name: String,
}

skep::contract! {
    /// Says hello.
    pub Greeting v1 { Greet; emits Greeted }
}

/// Greets, and makes it known.
#[derive(Debug, Default)]
pub struct Greeter;

#[capability(contract = Greeting)]
impl Greeter {
    #[handle]
    async fn greet(&mut self, message: Greet, cx: &mut Cx<Self>) -> String {
        tracing::info!("saying hi to {}", message.name);
        cx.emit(Greeted {
            name: message.name.clone(),
        });
        format!("Hi, {}!", message.name)
    }
}

skep::contract! {
    /// Hears of greetings.
    pub Listening v1 {}
}

/// Says what it heard.
#[derive(Debug, Default)]
pub struct Listener;

#[capability(contract = Listening)]
impl Listener {
    #[on]
    async fn greeted(&mut self, event: Greeted) {
        tracing::info!("somebody greeted {}", event.name);
    }
}

/// How many were greeted so far.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64)]
pub struct Count {}

skep::contract! {
    /// Keeps count of greetings.
    pub Counting v1 { Count }
}

/// Counts who was greeted.
#[derive(Debug, Default)]
pub struct Counter {
    greeted: u64,
}

#[capability(contract = Counting)]
impl Counter {
    #[on]
    async fn greeted(&mut self, event: Greeted) {
        self.greeted += 1;
        tracing::info!(number = self.greeted, "counted {}", event.name);
    }

    #[handle]
    async fn count(&mut self, _: Count) -> u64 {
        self.greeted
    }
}
