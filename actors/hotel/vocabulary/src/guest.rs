//! Who stays: the guest who booked, and the party that comes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{EmailAddress, PersonName};

/// The person who booked, and where mail reaches them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Guest {
    /// As it stands on the invoice.
    pub name: PersonName,
    /// Where confirmations go.
    pub email: EmailAddress,
}

/// How many people come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Party {
    /// Adults.
    pub adults: u16,
    /// Children who need a bed.
    #[serde(default)]
    pub children: u16,
    /// Babies, who do not.
    #[serde(default)]
    pub babies: u16,
}

impl Party {
    /// A party of adults only.
    #[must_use]
    pub fn of_adults(adults: u16) -> Self {
        Self {
            adults,
            children: 0,
            babies: 0,
        }
    }

    /// Everyone, babies included.
    #[must_use]
    pub fn size(&self) -> u32 {
        u32::from(self.adults) + u32::from(self.children) + u32::from(self.babies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_counts_everyone_and_needs_only_its_adults_named() {
        let party: Party = serde_json::from_str(r#"{"adults": 2}"#).unwrap();
        assert_eq!(party, Party::of_adults(2));
        assert_eq!(
            Party {
                adults: u16::MAX,
                children: u16::MAX,
                babies: 1
            }
            .size(),
            131_071
        );
    }
}
