//! Byte sizes as people write them: `"64KiB"`, `"1MiB"`.
//!
//! Own code and no library: the known ones round when they print, and here what is printed must read back as the same.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The `format` by which a schema says that its string is a byte size.
pub(super) const FORMAT: &str = "byte-size";

const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

/// A number of bytes as people write it: `"64KiB"`, `"1MiB"`, `"10MB"`, `"512B"`. A bare number is refused.
///
/// `KiB`, `MiB`, `GiB`, `TiB` are powers of 1,024; `KB`, `MB`, `GB`, `TB` powers of 1,000; letter case does not matter.
///
/// ```
/// use skep::config::ByteSize;
///
/// let size: ByteSize = "64KiB".parse()?;
/// assert_eq!(size.get(), 65_536);
/// assert_eq!(size.to_string(), "64KiB");
/// # Ok::<(), skep::config::ByteSizeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteSize(u64);

impl ByteSize {
    /// So many bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// So many times 1,024 bytes.
    pub const fn kib(count: u32) -> Self {
        Self((count as u64) << 10)
    }

    /// So many times 1,024² bytes.
    pub const fn mib(count: u32) -> Self {
        Self((count as u64) << 20)
    }

    /// The number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number of bytes as a length in memory, `usize::MAX` where memory is smaller than that.
    pub fn to_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

/// Why a text is not a byte size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ByteSizeError {
    /// A number without a unit.
    #[error(
        "the size `{number}` has no unit: say \"{number}B\", \"{number}KiB\" or \"{number}MiB\""
    )]
    NoUnit {
        /// The number as it was written.
        number: String,
    },
    /// A unit that does not exist.
    #[error("unknown unit `{unit}`: say B, KiB, MiB, GiB, TiB, KB, MB, GB or TB, as in \"64KiB\"")]
    UnknownUnit {
        /// The unit as it was written.
        unit: String,
    },
    /// No whole number stands before the unit.
    #[error(
        "`{text}` is not a byte size: say a whole number and a unit, as in \"64KiB\" or \"1MiB\""
    )]
    Unreadable {
        /// The text as it was written.
        text: String,
    },
    /// More bytes than 64 bits can count.
    #[error("`{text}` is more than 64 bits can count")]
    TooLarge {
        /// The text as it was written.
        text: String,
    },
}

// === impl ByteSize ===

impl FromStr for ByteSize {
    type Err = ByteSizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let digits_end = trimmed
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(trimmed.len());
        let (number, unit) = (&trimmed[..digits_end], trimmed[digits_end..].trim());
        if number.is_empty() || unit.starts_with(['.', ',', '_']) {
            return Err(ByteSizeError::Unreadable {
                text: text.to_owned(),
            });
        }
        if unit.is_empty() {
            return Err(ByteSizeError::NoUnit {
                number: number.to_owned(),
            });
        }
        let Some((_, factor)) = UNITS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(unit))
        else {
            return Err(ByteSizeError::UnknownUnit {
                unit: unit.to_owned(),
            });
        };
        let bytes = number
            .parse::<u64>()
            .ok()
            .and_then(|count| count.checked_mul(*factor));
        bytes.map(Self).ok_or_else(|| ByteSizeError::TooLarge {
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let binary = UNITS.iter().filter(|(name, _)| name.ends_with("iB"));
        match binary
            .into_iter()
            .find(|(_, factor)| self.0 != 0 && self.0.is_multiple_of(*factor))
        {
            Some((name, factor)) => write!(f, "{}{name}", self.0 / factor),
            None => write!(f, "{}B", self.0),
        }
    }
}

impl Serialize for ByteSize {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for ByteSize {
    fn schema_name() -> Cow<'static, str> {
        "ByteSize".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": FORMAT,
            "pattern": r"^\s*[0-9]+\s*([KkMmGgTt][Ii]?)?[Bb]\s*$",
            "examples": ["64KiB", "1MiB", "10MB"],
        })
    }

    fn inline_schema() -> bool {
        true
    }
}
