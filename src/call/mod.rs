//! What a caller holds: references, deadlines, ids, errors, and the switchable route behind them. No actor.

pub(crate) mod alarm;
mod asking;
mod backoff;
mod calling;
pub(crate) mod cell;
mod clock;
pub(crate) mod current;
pub(crate) mod envelope;
mod error;
pub(crate) mod guard;
mod id;
mod key;
mod reference;
pub(crate) mod route;
pub(crate) mod scope;
mod trace;
pub(crate) mod tracer;

pub use asking::{Ask, Tell};
pub(crate) use backoff::backoff;
pub use clock::{Clock, Tick};
pub use error::{AskError, CallError, Delivery, Part};
pub use guard::{BreakerReading, GuardReading};
pub use id::MessageId;
pub use key::{Key, key_text};
pub(crate) use key::{actor_name, is_actor_of};
pub use reference::{KeyedRef, Ref, TryTellError};
pub use trace::{NoTrace, SpanId, TraceContext, TraceId};
pub use tracer::{Span, SpanKind, TurnOutcome};
