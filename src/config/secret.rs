//! Values that never appear in a log, a listing or an error.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize, Serializer};

/// What stands in the place of a secret wherever settings are printed.
pub const MASK: &str = "***";

/// The schema keyword that marks a secret key.
pub(super) const KEYWORD: &str = "x-secret";

/// A value that prints as `***` and serialises as `"***"`; only [`expose`](Secret::expose) gives it away.
///
/// Its schema carries `"x-secret": true`, so that listings and error messages mask the key too.
///
/// ```
/// use skep::config::Secret;
///
/// let password = Secret::new("hunter2".to_owned());
/// assert_eq!(format!("{password:?}"), "***");
/// assert_eq!(password.expose(), "hunter2");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a value that must not be printed.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the one place that needs it.
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

// === impl Secret ===

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl<T> Serialize for Secret<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

impl<T: JsonSchema> JsonSchema for Secret<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Secret_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.insert(KEYWORD.to_owned(), true.into());
        schema.insert("writeOnly".to_owned(), true.into());
        schema
    }

    fn inline_schema() -> bool {
        true
    }
}
