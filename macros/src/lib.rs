//! The macros of skep: they write code that a user could have written by hand, and nothing else.
//!
//! `name`, `owned` and `interval` check what a user wrote, the other modules write code. Every complaint points at the
//! user's token and shows the form that would be right. What is generated calls generic functions of `skep`.

mod capability;
mod contract;
mod interval;
mod message;
mod name;
mod owned;
mod table_key;
mod test;

use proc_macro::TokenStream;

/// Makes a type a message: a request or command to one capability.
///
/// `#[message(..)]` takes, all optional:
///
/// | option | meaning | default |
/// |---|---|---|
/// | `name = "reserve"` | the name on the wire: `a-z`, `0-9`, `_`, at most 64 | the type's name in `snake_case` |
/// | `reply = Reservation` | the answer | `()` |
/// | `error = ReserveError` | the domain's refusal | `Never` |
/// | `idempotent` | handling it twice is as good as once, so it may be retried | not |
///
/// Messages are owned and moved, because the capability may run in another process: no field may hold a reference, an
/// `Arc`, an `Rc`, a cell, a lock or an atomic.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
/// use skep::Message;
///
/// /// Reserve a room for some nights.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
/// #[message(reply = u64, error = Full)]
/// pub struct Reserve {
///     guest: String,
///     nights: u32,
/// }
///
/// #[derive(Debug, Serialize, Deserialize, JsonSchema)]
/// pub enum Full {
///     Until { night: u32 },
/// }
///
/// assert_eq!(Reserve::NAME, "reserve");
/// ```
///
/// It writes:
///
/// ```ignore
/// impl ::skep::Message for Reserve {
///     const NAME: &'static str = "reserve";
///     const IDEMPOTENT: bool = false;
///     type Reply = u64;
///     type Error = Full;
/// }
/// ```
#[proc_macro_derive(Message, attributes(message))]
pub fn derive_message(input: TokenStream) -> TokenStream {
    written(message::derive_message(input.into()))
}

/// Makes a type an event: a fact that a capability makes known.
///
/// `#[event(name = "booked")]` sets the name on the wire; without it, it is the type's name in `snake_case`. The rules
/// for fields are those of `#[derive(Message)]`.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
/// use skep::Event;
///
/// /// A room was reserved.
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
/// struct RoomReserved {
///     room: u32,
/// }
///
/// assert_eq!(RoomReserved::NAME, "room_reserved");
/// ```
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(input: TokenStream) -> TokenStream {
    written(message::derive_event(input.into()))
}

/// Writes a contract: the public face of a capability, a closed set of messages and the events it emits.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
/// use skep::{Contract, Event, Message, contract};
///
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, Message)]
/// pub struct Reserve {
///     guest: String,
/// }
///
/// #[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
/// pub struct Reserved {
///     guest: String,
/// }
///
/// contract! {
///     /// Who sleeps where, and when.
///     pub Reservations v1 keyed by hotel { Reserve; emits Reserved }
/// }
///
/// assert_eq!(Reservations::NAME, "reservations");
/// assert_eq!(Reservations::KEY, Some("hotel"));
/// assert_eq!(Reservations::describe().messages[0].name, "reserve");
/// ```
///
/// * `v1` is the major version. Two versions of one contract are two contracts.
/// * `keyed by hotel`, optional: there is one actor per hotel, and every call says which. The word is for people.
/// * `; emits A, B`, optional: the events. An event belongs to one contract.
/// * A contract may be empty, `{}`: a capability that only listens is called by nobody.
/// * `pub Reservations = "bookings" v1 { .. }` sets the name on the wire, which otherwise is the name in `snake_case`.
///
/// It writes the unit struct, `impl Contract`, `impl Keyed` or `impl Unkeyed`, `impl Accepts<M>` for each message, and
/// `impl Emitted` and `impl Emits<E>` for each event. Two messages with the same name on the wire do not compile.
#[proc_macro]
pub fn contract(input: TokenStream) -> TokenStream {
    written(contract::expand(input.into()))
}

#[doc = include_str!("capability/capability.md")]
#[proc_macro_attribute]
pub fn capability(args: TokenStream, block: TokenStream) -> TokenStream {
    written(capability::expand(args.into(), block.into()))
}

/// Makes a struct a key of a table: its fields are encoded in their order, and it sorts as they do.
///
/// Each field must be a key itself. The encoding is part of what is stored: adding, removing or reordering fields of a
/// key makes stored rows unreadable.
///
/// ```
/// use skep::TableKey;
///
/// #[derive(Debug, PartialEq, TableKey)]
/// struct RoomNight {
///     room: String,
///     day: i32,
/// }
///
/// let mut bytes = Vec::new();
/// let night = RoomNight { room: "A".to_owned(), day: -3 };
/// night.encode(&mut bytes);
/// assert_eq!(RoomNight::decode(&mut bytes.as_slice()), Some(night));
/// ```
#[proc_macro_derive(TableKey)]
pub fn derive_table_key(input: TokenStream) -> TokenStream {
    written(table_key::derive(input.into()))
}

/// Makes an `async fn(colony: Colony)` a test that runs once in each placement: `local` and `wire`, as tests of these
/// names in a module named as the function.
///
/// Time is virtual: it stands still while anything has something to do, and then jumps to the next timer, so that a
/// test of a one-hour timer takes no time. `#[skep::test(real_time)]` runs on threads and in real time instead.
#[proc_macro_attribute]
pub fn test(args: TokenStream, function: TokenStream) -> TokenStream {
    written(test::expand(args.into(), function.into()))
}

/// The code, or the complaints in its place.
fn written(code: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    code.unwrap_or_else(|error| error.to_compile_error()).into()
}
