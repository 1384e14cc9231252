//! What a caller holds: references, deadlines, ids, errors, and the switchable route behind them. No actor.

pub(crate) mod calling;
pub(crate) mod cell;
mod clock;
mod error;
mod id;
mod key;
mod reference;
pub(crate) mod route;
pub(crate) mod scope;
mod trace;
pub(crate) mod tracer;

pub use calling::{Ask, Tell};
pub use clock::{Clock, Tick};
pub use error::{AskError, CallError, Delivery, Part};
pub use id::MessageId;
pub(crate) use key::actor_name;
pub use key::{Key, key_text};
pub use reference::{KeyedRef, Ref, TryTellError};
pub use trace::{NoTrace, SpanId, TraceContext, TraceId};
pub use tracer::{Span, SpanKind, TurnOutcome};
