//! The key that tells the actors of a keyed capability apart.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The key of one actor of a keyed capability: a text of 1 to 255 bytes. Cheap to clone.
///
/// A text out of these bounds makes the call fail with [`CallError::InvalidKey`](super::CallError::InvalidKey).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub struct Key(Arc<str>);

impl Key {
    /// The most bytes a key may have.
    pub const MAX_BYTES: usize = 255;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its length is in bounds.
    pub(crate) fn is_valid(&self) -> bool {
        (1..=Self::MAX_BYTES).contains(&self.0.len())
    }
}

/// An actor as people read it: `contract` or `contract[key]`.
pub(crate) fn actor_name(contract: &str, key: Option<&Key>) -> String {
    match key {
        Some(key) => format!("{contract}[{key}]"),
        None => contract.to_owned(),
    }
}

/// Whether `name` is that of an actor of this contract, or of one of several equal ones.
pub(crate) fn is_actor_of(name: &str, contract: &str) -> bool {
    let rest = name.strip_prefix(contract);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['[', '#']))
}

/// The key that a value's text stands for; what `#[on(key = field)]` uses.
#[must_use]
pub fn key_text(value: &(impl fmt::Display + ?Sized)) -> Key {
    Key::from(value.to_string())
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self(Arc::from(text))
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self(Arc::from(text))
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.0.as_ref().to_owned()
    }
}

impl From<&String> for Key {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&Key> for Key {
    fn from(key: &Key) -> Self {
        key.clone()
    }
}

impl From<u64> for Key {
    fn from(number: u64) -> Self {
        Self::from(number.to_string())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
