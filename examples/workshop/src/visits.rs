//! Greets people, and keeps a guest book of them.

use std::time::Duration;

use skep::prelude::*;

/// Greet somebody.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = String, error = NoName)]
pub struct Greet {
    /// Whom to greet.
    pub name: String,
}

/// There is nobody to greet.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NoName {}

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

#[capability(contract = Greeting, uses(Guests))]
impl Greeter {
    #[handle]
    async fn greet(&mut self, m: Greet, cx: &mut Cx<Self>) -> Result<String, NoName> {
        if m.name.trim().is_empty() {
            return Err(NoName {});
        }
        let name = m.name.clone();
        let visits = cx.to::<Guests>().ask(Visits { name }).await.unwrap_or(0);
        tracing::info!(name = %m.name, visits, "greets");
        let reply = match visits {
            0 => format!("Hi, {}!", m.name),
            _ => format!("Welcome back, {}!", m.name),
        };
        cx.emit(Greeted { name: m.name });
        Ok(reply)
    }
}

/// How often somebody was greeted.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = u64, idempotent)]
pub struct Visits {
    /// Who it is.
    pub name: String,
}

/// Say goodbye to somebody.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
pub struct SayGoodbye {
    /// Who leaves.
    pub name: String,
}

skep::contract! {
    /// Remembers who was greeted.
    pub Guests v1 { Visits, SayGoodbye }
}

/// What the guest book can be told.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long guests stay, in seconds.
    stay: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { stay: 60 }
    }
}

pub struct GuestBook {
    visits: Table<String, u64>,
    settings: Settings,
}

#[capability(contract = Guests, durable)]
impl GuestBook {
    #[start]
    async fn open(settings: Settings, cx: &mut Cx<Self>) -> Result<Self, StartError> {
        let visits = cx.table("visits");
        Ok(Self { visits, settings })
    }

    #[on]
    async fn greeted(&mut self, e: Greeted, cx: &mut Cx<Self>) {
        let visits = self.visits.get(&e.name).unwrap_or(0) + 1;
        self.visits.insert(&e.name, &visits);
        tracing::info!(name = %e.name, visits, "wrote down a visit");
        let stay = Duration::from_secs(self.settings.stay);
        cx.after(stay, SayGoodbye { name: e.name });
    }

    #[handle]
    async fn visits(&mut self, m: Visits) -> u64 {
        self.visits.get(&m.name).unwrap_or(0)
    }

    #[handle]
    async fn say_goodbye(&mut self, m: SayGoodbye) {
        tracing::info!(name = %m.name, "says goodbye");
    }

    #[every("1h")]
    async fn count(&mut self) {
        tracing::info!(guests = self.visits.iter().count(), "counted");
    }

    #[stop]
    async fn close(&mut self) {
        tracing::info!("closes the guest book");
    }
}

skep::main!("greeting": Greeter, GuestBook);
