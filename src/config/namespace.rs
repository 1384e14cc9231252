//! [`Namespace`]: what keeps applications on one nats-server apart.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The `format` by which a schema says that its string is a namespace.
pub(super) const FORMAT: &str = "namespace";

const CHARACTERS_MAX: usize = 64;

/// One token of letters, digits, `_` and `-`: the part of all names on a server by which applications are kept apart.
///
/// ```
/// use skep::config::Namespace;
///
/// assert!("hotel-2".parse::<Namespace>().is_ok());
/// assert!("hotel.2".parse::<Namespace>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Namespace(String);

/// A text that is no namespace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no namespace: say 1 to 64 letters, digits, `_` or `-`, as in \"hotel\"")]
pub struct NamespaceError(String);

impl Namespace {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest namespace to a name.
    pub(crate) fn fitted(name: &str) -> Self {
        let fitting = |c: char| if is_allowed(c) { c } else { '_' };
        let text: String = name.chars().take(CHARACTERS_MAX).map(fitting).collect();
        Self(if text.is_empty() {
            "_".to_owned()
        } else {
            text
        })
    }
}

const fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

impl FromStr for Namespace {
    type Err = NamespaceError;

    fn from_str(text: &str) -> Result<Self, NamespaceError> {
        let is_one = (1..=CHARACTERS_MAX).contains(&text.len()) && text.chars().all(is_allowed);
        if is_one {
            Ok(Self(text.to_owned()))
        } else {
            Err(NamespaceError(text.to_owned()))
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Namespace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Namespace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Namespace {
    fn schema_name() -> Cow<'static, str> {
        "Namespace".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": FORMAT,
            "pattern": "^[A-Za-z0-9_-]{1,64}$",
            "examples": ["hotel"],
        })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_application_has_a_namespace() {
        assert_eq!(Namespace::fitted("hotel").as_str(), "hotel");
        assert_eq!(Namespace::fitted("my hotel.2").as_str(), "my_hotel_2");
        for name in ["", "Ünï", &"x".repeat(200)] {
            let fitted = Namespace::fitted(name);
            assert_eq!(fitted.as_str().parse(), Ok(fitted.clone()), "{name}");
        }
    }
}
