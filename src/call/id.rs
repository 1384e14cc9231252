//! Identity of a message: what makes a retry recognisable as the same message.

use std::fmt;
use std::hash::Hasher;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128, SipHasher24};

/// Identifies one message over all its retries. 128 bits, written as 32 hexadecimal digits.
///
/// A durable capability that gets a message with an id it has handled returns the first reply (law 8). Asks and sends
/// made inside a turn carry ids derived from the turn's own, so that a turn that runs again does not double its effects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(u128);

impl MessageId {
    /// An id from 128 bits, which the caller knows to be unique to the message.
    #[must_use]
    pub const fn from_u128(bits: u128) -> Self {
        Self(bits)
    }

    /// The id that stands for `text`: the same text gives the same id in every process and version.
    ///
    /// SipHash-2-4-128 under a fixed key. Whoever chooses the text chooses the id, so do not let two parties share texts.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let mut hasher = SipHasher24::new_with_keys(0x736b_6570_2d74_6578, 0x742d_6964_2d76_3031);
        hasher.write(text.as_bytes());
        Self(hasher.finish128().as_u128())
    }

    /// The id of the `ordinal`th effect of the turn that handles this message.
    #[must_use]
    pub fn derive(self, ordinal: u32) -> Self {
        let mut hasher = SipHasher24::new_with_keys(0x736b_6570_2d64_6572, 0x6976_652d_6964_3031);
        hasher.write(&self.0.to_be_bytes());
        hasher.write(&ordinal.to_be_bytes());
        Self(hasher.finish128().as_u128())
    }

    /// The id of this message as one of those who get it handles it: an event has several subscribers, whose effects
    /// are not the same.
    pub(crate) fn handled_by(self, actor: &str) -> Self {
        let mut hasher = SipHasher24::new_with_keys(0x736b_6570_2d61_6374, 0x6f72_2d69_6430_3031);
        hasher.write(&self.0.to_be_bytes());
        hasher.write(actor.as_bytes());
        Self(hasher.finish128().as_u128())
    }

    /// The bits, big endian: how ids stand in store keys.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The reverse of [`to_bytes`](Self::to_bytes).
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Texts of 32 hexadecimal digits are read as written (dashes as in UUIDs are skipped); any other text stands for itself
/// through [`MessageId::of_text`].
impl FromStr for MessageId {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        match u128::from_str_radix(&digits, 16) {
            Ok(bits) if digits.len() == 32 => Ok(Self(bits)),
            _ => Ok(Self::of_text(text)),
        }
    }
}

impl From<&str> for MessageId {
    fn from(text: &str) -> Self {
        let Ok(id) = text.parse();
        id
    }
}

impl From<String> for MessageId {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl Serialize for MessageId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MessageId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Ok(Self::from(text.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_id_depends_on_parent_and_ordinal() {
        let parent = MessageId::of_text("parent");
        let other = MessageId::of_text("other");
        assert_ne!(parent.derive(0), parent.derive(1));
        assert_ne!(parent.derive(0), other.derive(0));
        assert_eq!(parent.derive(7), MessageId::of_text("parent").derive(7));
        assert_ne!(parent.handled_by("a"), parent.handled_by("b"));
    }

    #[test]
    fn text_and_hexadecimal_forms_read_back() {
        let id = MessageId::of_text("order 7");
        assert_eq!(MessageId::from(id.to_string()), id);
        assert_eq!(MessageId::from("order 7"), id);
    }
}
