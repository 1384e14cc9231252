//! skep is between the capabilities: contracts, actors that hand each message to the same functions, and references.

use std::fmt::Write as _;
use std::path::Path;

use skep::config::Sources;
use skep::{AskError, Builder, Capability, Cx, Ref, Runtime, RuntimeError, Uses};

use crate::hotel::{
    Answer, Ask, Availability, Booking, Catalogue, Charge, Failed, FindGuest, FindRooms, Found,
    FreeRooms, Guest, Guests, HotelProfiles, Hotels, LogIn, LoggedIn, Near, Noted, Notifications,
    Notify, Payments, Profiles, Question, Quote, Quoted, Rates, Receipt, Recommend,
    Recommendations, Recommended, Reservations, Reserve, Search, Service,
};

/// The names that the contracts have on the wire.
mod contracts {
    use crate::hotel::{
        Availability, Charge, FindGuest, FindRooms, LogIn, Near, Notify, Profiles, Quote,
        Recommend, Reserve,
    };

    skep::contract! { pub(crate) Catalogue v1 { Near, Profiles } }
    skep::contract! { pub(crate) Rates v1 { Quote } }
    skep::contract! { pub(crate) Guests v1 { LogIn, FindGuest } }
    skep::contract! { pub(crate) Notifications v1 { Notify } }
    skep::contract! { pub(crate) Payments v1 { Charge } }
    skep::contract! { pub(crate) Reservations v1 keyed by hotel { Availability, Reserve } }
    skep::contract! { pub(crate) Recommendations v1 { Recommend } }
    skep::contract! { pub(crate) Search v1 { FindRooms } }
}

/// The neighbours of an actor in its turn.
struct Turn<'t, A: Capability>(&'t Cx<A>);

/// The neighbours of the door.
#[derive(Debug)]
pub(crate) struct Outside(Runtime);

fn failed(error: AskError<Failed>) -> Failed {
    match error {
        AskError::Domain(failed) => failed,
        AskError::Call(error) => Failed::from_error(&error),
    }
}

macro_rules! actor {
    ($actor:ident does $work:ident, [$($option:tt)*], $($handler:ident: $question:ident => $answer:ident),+) => {
        #[derive(Default)]
        struct $actor($work);

        #[skep::capability(contract = contracts::$work $($option)*)]
        impl $actor {
            $(#[handle]
            async fn $handler(&mut self, question: $question, cx: &mut Cx<Self>) -> Result<$answer, Failed> {
                self.0.answer(question, &Turn(cx)).await
            })+
        }
    };
}

actor!(CatalogueActor does Catalogue, [, stateless], near: Near => Hotels, profiles: Profiles => HotelProfiles);
actor!(RatesActor does Rates, [, stateless], quote: Quote => Quoted);
actor!(GuestsActor does Guests, [, stateless], log_in: LogIn => LoggedIn, find_guest: FindGuest => Guest);
actor!(NotificationsActor does Notifications, [], notify: Notify => Noted);
actor!(PaymentsActor does Payments, [, uses(contracts::Notifications)], charge: Charge => Receipt);
actor!(ReservationsActor does Reservations,
    [, uses(contracts::Guests, contracts::Rates, contracts::Payments, contracts::Notifications)],
    availability: Availability => FreeRooms, reserve: Reserve => Booking);
actor!(RecommendationsActor does Recommendations, [, stateless, uses(contracts::Catalogue, contracts::Rates)],
    recommend: Recommend => Recommended);
actor!(SearchActor does Search, [, stateless, uses(contracts::Catalogue, contracts::Reservations)],
    find_rooms: FindRooms => Found);

macro_rules! asks {
    ($($contract:ident: $question:ident $(by $key:ident)?;)*) => {$(
        impl<A: Capability + Uses<contracts::$contract>> Ask<$question> for Turn<'_, A> {
            async fn ask(&self, question: $question) -> Result<<$question as Question>::Answer, Failed> {
                let to = self.0.to::<contracts::$contract>()$(.key(question.$key.as_str()))?;
                to.ask(question).await.map_err(failed)
            }
        }

        impl Ask<$question> for Outside {
            async fn ask(&self, question: $question) -> Result<<$question as Question>::Answer, Failed> {
                let to: Ref<contracts::$contract> = self.0.get();
                $(let to = to.key(question.$key.as_str());)?
                to.ask(question).await.map_err(failed)
            }
        }
    )*};
}

asks! {
    Catalogue: Near;
    Catalogue: Profiles;
    Rates: Quote;
    Guests: LogIn;
    Guests: FindGuest;
    Notifications: Notify;
    Payments: Charge;
    Reservations: Availability by hotel;
    Reservations: Reserve by hotel;
    Recommendations: Recommend;
    Search: FindRooms;
}

/// Turns of a capability that waits for others, side by side: without a number there would be one, for the one processor.
const WAITING: &str = "64";

fn builder(sources: Sources) -> Builder {
    let sources = ["search", "recommendations"]
        .iter()
        .fold(sources, |sources, name| {
            sources.set(format!("capabilities.{name}.instances={WAITING}"))
        });
    Runtime::builder()
        .application(APPLICATION)
        .sources(sources)
        .with::<CatalogueActor>()
        .with::<RatesActor>()
        .with::<GuestsActor>()
        .with::<NotificationsActor>()
        .with::<PaymentsActor>()
        .with::<ReservationsActor>()
        .with::<RecommendationsActor>()
        .with::<SearchActor>()
}

const APPLICATION: &str = "hotel-benchmark";

/// Everything in this process; with `wire`, every message through its codec.
pub(crate) async fn monolith(wire: bool) -> Result<Outside, RuntimeError> {
    let sources = Sources::of(APPLICATION);
    let sources = if wire {
        sources.set("defaults.placement=wire")
    } else {
        sources
    };
    builder(sources).start().await.map(Outside)
}

/// Hosts what the file says of this node, until it is dropped.
pub(crate) async fn node(file: &Path, name: &str) -> Result<Runtime, RuntimeError> {
    let sources = Sources::of(APPLICATION).file(file);
    builder(sources).node(name, 1).start().await
}

/// Hosts nothing, and asks the nodes of the file.
pub(crate) async fn client(file: &Path) -> Result<Outside, RuntimeError> {
    let sources = Sources::of(APPLICATION).file(file);
    builder(sources).client().start().await.map(Outside)
}

/// A file with a node for each capability.
pub(crate) fn topology(nats: &str) -> String {
    let mut text = format!("[nats]\nservers = [\"{nats}\"]\n");
    for service in Service::ALL {
        let name = service.name();
        let _ = writeln!(text, "[nodes.{name}]\nhosts = [\"{name}\"]");
    }
    text
}
