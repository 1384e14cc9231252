//! Hello world: one capability greets and makes it known, another listens.
use skep::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = String)]
pub struct Greet(pub String);
#[derive(Serialize, Deserialize, JsonSchema, Event)]
pub struct Greeted(pub String);
skep::contract! { pub Greeting v1 { Greet; emits Greeted } }
#[derive(Default)]
pub struct Greeter;
#[capability(contract = Greeting)]
impl Greeter {
    #[handle]
    async fn greet(&mut self, m: Greet, cx: &mut Cx<Self>) -> String {
        cx.emit(Greeted(m.0.clone()));
        format!("Hi, {}!", m.0)
    }
}
skep::contract! { pub Listening v1 {} }
#[derive(Default)]
pub struct Listener;
#[capability(contract = Listening)]
impl Listener {
    #[on]
    async fn greeted(&mut self, e: Greeted) {
        println!("{} was greeted", e.0);
    }
}
skep::main!("greeting": Greeter, Listener);
