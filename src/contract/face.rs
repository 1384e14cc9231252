//! A capability's public face: the [`Contract`] trait and what it accepts.

use super::{Description, Emitted, Message};

/// The public face of a capability: a closed set of messages, and the events it emits.
///
/// Written by [`contract!`](crate::contract!). Callers link to contracts, never to the actors behind them.
pub trait Contract: Send + Sync + 'static {
    /// The name of the capability on the wire and in configuration: the type's name in `snake_case`.
    const NAME: &'static str;
    /// The major version. Versions of the same contract name with different majors are different contracts.
    const VERSION: u32;
    /// What the key names (`"hotel"`), when there is one actor per key; `None` when there is no key.
    const KEY: Option<&'static str>;
    /// The types of the messages, as a nested list `(First, (Second, ()))` in the order of their slots.
    type Messages;
    /// How many messages there are.
    const NUM_MESSAGES: usize;
    /// Everything a foreign caller must know: messages, replies, errors and events with docs and JSON Schemas.
    fn describe() -> Description;
}

/// A contract whose actors are told apart by a key: calls go through [`Ref::key`](crate::Ref::key).
#[diagnostic::on_unimplemented(
    message = "contract `{Self}` has no key",
    label = "not keyed",
    note = "say `keyed by <name>` in the `contract!` of `{Self}`, or ask without `.key(..)`"
)]
pub trait Keyed: Contract {}

/// A contract with no key: calls go straight through the reference.
#[diagnostic::on_unimplemented(
    message = "contract `{Self}` is keyed: say which one with `.key(..)`",
    label = "needs a key",
    note = "`{Self}` has one actor per key"
)]
pub trait Unkeyed: Contract {}

/// Says that message `M` belongs to this contract.
#[diagnostic::on_unimplemented(
    message = "contract `{Self}` has no message `{M}`",
    label = "not a message of this contract",
    note = "add `{M}` to the `contract!` of `{Self}`, or send it to the capability it belongs to"
)]
pub trait Accepts<M: Message>: Contract {
    /// The position of `M` among the contract's messages.
    const SLOT: usize;
}

/// Says that this contract emits event `E`.
#[diagnostic::on_unimplemented(
    message = "contract `{Self}` does not emit `{E}`",
    label = "not an event of this contract",
    note = "list `{E}` behind `emits` in the `contract!` of `{Self}`"
)]
pub trait Emits<E: Emitted>: Contract {}
