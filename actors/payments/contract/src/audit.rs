//! Check the ledger.

use hotel_vocabulary::Money;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::Message;

/// Check the ledger: add every posting up again, and compare with the running totals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = LedgerAudit, idempotent)]
pub struct Audit {}

/// An account of the ledger.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// Money at the bank.
    Bank,
    /// What guests owe the hotel.
    Receivable,
    /// What the hotel owes guests until they have stayed.
    Deposits,
    /// What the hotels have earned.
    Revenue,
}

/// What the ledger holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerAudit {
    /// Both sides of every account.
    pub accounts: Vec<AccountTotal>,
    /// Postings in the ledger.
    pub postings: u64,
    /// Postings whose entries do not sum to zero; 0 in a sound ledger.
    pub unbalanced: u64,
    /// Accounts whose running total differs from the sum of their entries; 0 in a sound ledger.
    pub miscounted: u64,
    /// Charges that the bank has carried out.
    pub charges: u64,
    /// Charges that were given back.
    pub refunds: u64,
    /// Charges at check-out or no-show that the bank declined.
    pub declined: u64,
    /// Completed stays that were billed.
    pub bills: u64,
    /// Deposits that wait for their reservation to be confirmed.
    pub unconfirmed: u64,
}

/// Both sides of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountTotal {
    /// The account.
    pub account: Account,
    /// The sum of its debits, in cents.
    pub debit: Money,
    /// The sum of its credits, in cents.
    pub credit: Money,
}

impl LedgerAudit {
    /// Debits less credits over all accounts: nothing, in a sound ledger.
    #[must_use]
    pub fn sum(&self) -> Money {
        self.accounts
            .iter()
            .map(|total| total.debit - total.credit)
            .sum()
    }

    /// Debits less credits of one account.
    #[must_use]
    pub fn balance(&self, account: Account) -> Money {
        let of_account = self
            .accounts
            .iter()
            .filter(|total| total.account == account);
        of_account.map(|total| total.debit - total.credit).sum()
    }
}
