//! Durations as people write them: `"5s"`, `"250ms"`, `"1h30m"`.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The `format` by which a schema says that its string is a duration.
pub(super) const FORMAT: &str = "human-duration";

/// A duration as people write it: `"5s"`, `"250ms"`, `"1h30m"`. A bare number is refused: it has no unit.
///
/// Prints itself in the largest unit that divides it evenly, so that what is printed reads back as the same value.
///
/// ```
/// use std::time::Duration;
/// use skep::config::HumanDuration;
///
/// let retention: HumanDuration = "1h30m".parse()?;
/// assert_eq!(*retention, Duration::from_secs(5400));
/// assert_eq!(retention.to_string(), "90m");
/// # Ok::<(), skep::config::HumanDurationError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct HumanDuration(Duration);

impl HumanDuration {
    /// A duration of so many milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }

    /// A duration of so many seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(Duration::from_secs(secs))
    }

    /// The duration as the standard library's type.
    pub const fn get(self) -> Duration {
        self.0
    }
}

/// Why a text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HumanDurationError {
    /// A number without a unit.
    #[error("the duration `{number}` has no unit: say \"{number}s\" or \"{number}ms\"")]
    NoUnit {
        /// The number as it was written.
        number: String,
    },
    /// Anything else that cannot be read.
    #[error("`{text}` is not a duration ({reason}): say \"5s\", \"250ms\" or \"1h30m\"")]
    Unreadable {
        /// The text as it was written.
        text: String,
        /// What the reader stumbled over.
        reason: String,
    },
}

// === impl HumanDuration ===

impl FromStr for HumanDuration {
    type Err = HumanDurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        if trimmed.parse::<f64>().is_ok_and(f64::is_finite) {
            return Err(HumanDurationError::NoUnit {
                number: trimmed.to_owned(),
            });
        }
        humantime::parse_duration(trimmed)
            .map(Self)
            .map_err(|error| HumanDurationError::Unreadable {
                text: text.to_owned(),
                reason: reason(&error),
            })
    }
}

fn reason(error: &humantime::DurationError) -> String {
    match error {
        humantime::DurationError::UnknownUnit { unit, .. } if !unit.is_empty() => {
            format!("unknown unit `{unit}`")
        }
        humantime::DurationError::NumberOverflow => "it is too long".to_owned(),
        other => other.to_string(),
    }
}

impl fmt::Display for HumanDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u128, &str); 6] = [
            (3_600_000_000_000, "h"),
            (60_000_000_000, "m"),
            (1_000_000_000, "s"),
            (1_000_000, "ms"),
            (1_000, "us"),
            (1, "ns"),
        ];
        let nanos = self.0.as_nanos();
        if nanos == 0 {
            return f.write_str("0s");
        }
        let mut fitting = UNITS.iter().filter(|(unit, _)| nanos.is_multiple_of(*unit));
        match fitting.next() {
            // The reader takes numbers up to 64 bits; longer ones are split.
            Some((unit, name)) if nanos / unit <= u128::from(u64::MAX) => {
                write!(f, "{}{name}", nanos / unit)
            }
            _ => write!(f, "{}s{}ns", self.0.as_secs(), self.0.subsec_nanos()),
        }
    }
}

impl Deref for HumanDuration {
    type Target = Duration;

    fn deref(&self) -> &Duration {
        &self.0
    }
}

impl From<Duration> for HumanDuration {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl From<HumanDuration> for Duration {
    fn from(duration: HumanDuration) -> Self {
        duration.0
    }
}

impl Serialize for HumanDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HumanDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for HumanDuration {
    fn schema_name() -> Cow<'static, str> {
        "HumanDuration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": FORMAT,
            "pattern": r"^\s*([0-9]+(\.[0-9]+)?\s*[A-Za-zµ]+\s*)+$",
            "examples": ["5s", "250ms", "1h30m"],
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
