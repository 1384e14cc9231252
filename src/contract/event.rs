//! What a capability makes known: the [`Event`] trait.

use super::{Body, Contract};

/// A fact that a capability makes known to whoever subscribes.
///
/// Derive it: `#[derive(Serialize, Deserialize, JsonSchema, Event)]`, and list it behind `emits` in one `contract!`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event",
    label = "not an event",
    note = "add `#[derive(Serialize, Deserialize, JsonSchema, Event)]` to `{Self}`"
)]
pub trait Event: Body {
    /// The name on the wire, unique within the contract that emits it: the type's name in `snake_case` unless given.
    const NAME: &'static str;
}

/// The contract an event belongs to. Written by `contract!` for each event behind `emits`; an event has one contract.
#[diagnostic::on_unimplemented(
    message = "no contract emits the event `{Self}`",
    label = "not emitted by any contract",
    note = "list it behind `emits` in the `contract!` of the capability that makes it known"
)]
pub trait Emitted: Event {
    /// The contract that emits this event.
    type By: Contract;
}
