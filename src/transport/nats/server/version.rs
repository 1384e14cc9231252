//! [`Version`]: that of a nats-server.

use std::fmt;
use std::str::FromStr;

/// The version of a nats-server: major, minor, patch. What follows (`-beta.1`, `-dev`) is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// The oldest with which every promise holds: consumers can be paused, and keys expire.
    pub const OLDEST: Self = Self(2, 11, 0);
    /// The one that is fetched.
    pub const PINNED: Self = Self(2, 15, 1);
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(major, minor, patch) = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

/// A text that is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no version: it is written like \"2.11.0\"")]
pub struct NoVersion(String);

impl FromStr for Version {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let wrong = || NoVersion(text.to_owned());
        let plain = text.strip_prefix('v').unwrap_or(text);
        let plain = plain.split(['-', '+']).next().unwrap_or_default();
        let mut numbers = plain.split('.').map(|number| number.parse().ok());
        let mut next = || numbers.next().flatten().ok_or_else(wrong);
        let version = Self(next()?, next()?, next()?);
        match numbers.next() {
            None => Ok(version),
            Some(_) => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_print_is_read_and_compared() {
        let read = |text: &str| text.parse::<Version>();
        assert_eq!(read("v2.15.1"), Ok(Version(2, 15, 1)));
        assert_eq!(read("2.12.0-beta.1"), Ok(Version(2, 12, 0)));
        assert!(Version(2, 9, 10) < Version::OLDEST);
        assert!(Version::PINNED >= Version::OLDEST);
        for wrong in ["", "2.11", "2.11.x", "2.11.0.1", "v"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
