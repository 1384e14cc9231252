//! What `#[capability]` makes of methods in each of their forms.

use super::hotel::{
    Cancel, FindSleepers, FrontDesk, Reservation, Reservations, Reserve, ReserveError, Ring,
};
use super::hotel::{Cancelled, RoomReserved, Struck};
use schemars::JsonSchema;
use serde::Deserialize;
use skep::{Capability, Cx, Execution, Handle, Kind, On, StartError, Uses, capability};

struct Book {
    held: Vec<Reservation>,
}

#[derive(Deserialize, JsonSchema)]
struct Settings {
    rooms: usize,
}

#[capability(contract = Reservations, durable, uses(FrontDesk))]
impl Book {
    #[start]
    async fn open(settings: Settings, cx: &mut Cx<Self>) -> Result<Self, StartError> {
        drop(cx.to::<FrontDesk>());
        Ok(Self {
            held: Vec::with_capacity(settings.rooms),
        })
    }

    #[handle]
    async fn reserve(
        &mut self,
        message: Reserve,
        cx: &mut Cx<Self>,
    ) -> Result<Reservation, ReserveError> {
        cx.emit(RoomReserved {
            number: self.next(),
        });
        if message.nights > 30 {
            Err(ReserveError::Full { until: 30 })
        } else {
            Ok(Reservation {
                number: self.next(),
            })
        }
    }

    #[handle]
    async fn find(&self, _message: FindSleepers) -> Vec<Reservation> {
        self.held.clone()
    }

    #[handle]
    async fn cancel(&mut self, _message: Cancel) {
        self.held.clear();
    }

    #[on(key = number)]
    async fn cancelled(&mut self, event: Cancelled, _cx: &mut Cx<Self>) -> Result<(), String> {
        self.held.retain(|held| held.number != event.number);
        if self.held.is_empty() {
            Err("none is left".to_owned())
        } else {
            Ok(())
        }
    }

    #[cfg(any())]
    #[every("1h")]
    async fn sweep_in_another_build(&mut self) {
        nonsense();
    }

    #[every("1h")]
    async fn sweep(&mut self, _cx: &mut Cx<Self>) -> Result<(), std::fmt::Error> {
        self.held.clear();
        Ok(())
    }

    #[stop]
    async fn close(&mut self, _cx: &mut Cx<Self>) {
        self.held.clear();
    }

    /// Not a handler of anything.
    fn next(&self) -> u64 {
        self.held.len() as u64
    }
}

#[derive(Default)]
struct Bell {
    rung: u32,
}

#[capability(contract = FrontDesk, stateless, execution = "blocking")]
impl Bell {
    #[handle]
    async fn ring(&mut self, _message: Ring) {
        self.rung += 1;
    }

    #[on]
    async fn struck(&mut self, _event: Struck) {
        self.rung += 12;
    }

    #[on(broadcast)]
    async fn cancelled(&mut self, _event: Cancelled, cx: &mut Cx<Self>) {
        self.rung -= 1;
        let _ = cx;
    }
}

struct Doorbell;

#[capability(contract = FrontDesk)]
impl Doorbell {
    #[start]
    async fn hang(cx: &mut Cx<Self>) -> Self {
        let _ = cx;
        Self
    }

    #[handle]
    async fn ring(&mut self, _message: Ring) -> Result<(), skep::Never> {
        Ok(())
    }
}

#[test]
fn a_capability_is_what_its_contract_and_its_options_say() {
    assert_eq!(
        (Book::KIND, Book::EXECUTION),
        (Kind::Keyed, Execution::Async)
    );
    assert_eq!(
        (Bell::KIND, Bell::EXECUTION),
        (Kind::Stateless, Execution::Blocking)
    );
    assert_eq!(
        (Doorbell::KIND, Doorbell::EXECUTION),
        (Kind::Singleton, Execution::Async)
    );
    const { assert!(Book::DURABLE && !Bell::DURABLE && !Doorbell::DURABLE) };
}

#[test]
fn methods_become_the_traits_of_their_roles() {
    fn handles<
        A: Handle<Reserve> + Handle<FindSleepers> + Handle<Cancel> + On<Cancelled> + Uses<FrontDesk>,
    >() {
    }
    fn starts_with<A: Capability<Settings = S>, S>() {}
    handles::<Book>();
    starts_with::<Book, Settings>();
    starts_with::<Bell, ()>();
    starts_with::<Doorbell, ()>();
}

/// A turn that was wrapped in another future would hold the message twice.
#[test]
fn the_turn_of_a_handler_is_no_larger_than_the_method() {
    fn turn<'t>(book: &'t mut Book, message: Reserve, cx: &'t mut Cx<Book>) -> impl Future {
        Handle::handle(book, message, cx)
    }
    fn method<'t>(book: &'t mut Book, message: Reserve, cx: &'t mut Cx<Book>) -> impl Future {
        Book::reserve(book, message, cx)
    }
    fn size<'t, F: Future>(_: impl Fn(&'t mut Book, Reserve, &'t mut Cx<Book>) -> F) -> usize {
        size_of::<F>()
    }
    assert_eq!(size(turn), size(method));
}
