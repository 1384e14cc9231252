//! What nearly every capability needs: `use skep::prelude::*;`.

pub use schemars::JsonSchema;
pub use serde::{Deserialize, Serialize};

pub use crate::contract::{Contract, Event, Message, Never};
pub use skep_macros::{Event, Message, contract};

#[cfg(feature = "runtime")]
pub use crate::actor::{Cx, StartError, Table, TableKey};
#[cfg(feature = "runtime")]
pub use crate::call::{AskError, CallError, KeyedRef, Ref};
#[cfg(feature = "runtime")]
pub use skep_macros::{TableKey, capability};
