//! What may be said to a capability: the [`Message`] trait. Knows no actor, no transport, no clock.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Everything that can cross a process boundary: owned, serialisable, with a JSON Schema.
///
/// Implemented for every type that fits; nobody implements it by hand.
pub trait Body: Serialize + DeserializeOwned + JsonSchema + Send + 'static {}
impl<T: Serialize + DeserializeOwned + JsonSchema + Send + 'static> Body for T {}

/// A request or command to one capability.
///
/// Derive it: `#[derive(Serialize, Deserialize, JsonSchema, Message)] #[message(reply = Reservation, error = ReserveError)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "not a message",
    note = "add `#[derive(Serialize, Deserialize, JsonSchema, Message)]` to `{Self}`"
)]
pub trait Message: Body {
    /// The name on the wire, unique within the contract: the type's name in `snake_case` unless given.
    const NAME: &'static str;
    /// Whether handling it twice is as good as once. Idempotent messages may be retried by the platform and leave no
    /// record in the inbox; use it for queries. Default `false`.
    const IDEMPOTENT: bool = false;
    /// The answer.
    type Reply: Body;
    /// The domain's refusal; [`Never`] when there is none.
    type Error: Body + std::fmt::Debug;
}

/// What handling a message ends in: the reply, or the domain's refusal.
pub type Outcome<M> = Result<<M as Message>::Reply, <M as Message>::Error>;

/// The domain error of a message that the domain never refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Never {}

impl std::fmt::Display for Never {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}
