//! Count the mails.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::Message;

use crate::Kind;

/// Count the mails, kind by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = MailAudit, idempotent)]
pub struct Audit {}

/// How many mails went out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailAudit {
    /// One entry for each kind that occurred.
    pub kinds: Vec<KindTotal>,
}

/// How many mails of a kind went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KindTotal {
    /// The kind.
    pub kind: Kind,
    /// How many.
    pub mails: u64,
}

impl MailAudit {
    /// How many mails of this kind went out.
    #[must_use]
    pub fn of(&self, kind: Kind) -> u64 {
        self.kinds
            .iter()
            .filter(|total| total.kind == kind)
            .map(|total| total.mails)
            .sum()
    }
}
