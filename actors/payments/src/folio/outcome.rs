//! What a step adds to the ledger and makes known.

use payments_contract::{Billed, Charged, Declined, Refunded};

use crate::ledger::Posting;

/// What a step adds to the ledger and makes known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What the ledger keeps.
    pub posting: Posting,
    /// What is made known, in order.
    pub facts: Vec<Fact>,
}

/// An event to be emitted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the event of its name")]
pub enum Fact {
    Charged(Charged),
    Refunded(Refunded),
    Declined(Declined),
    Billed(Billed),
}

impl From<Posting> for Outcome {
    fn from(posting: Posting) -> Self {
        Self {
            posting,
            facts: Vec::new(),
        }
    }
}
