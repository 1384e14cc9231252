//! Charge a guest.

use std::fmt;

use hotel_vocabulary::{Day, Guest, Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Event, Message};

use crate::ChargeId;

/// Charge a guest. The same charge asked for again is answered with the first receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Receipt, error = ChargeError)]
pub struct Charge {
    /// Which booking pays, and what for.
    pub id: ChargeId,
    /// Who pays.
    pub guest: Guest,
    /// How much, in cents; more than 0.
    pub amount: Money,
    /// The business day.
    pub on: Day,
}

/// What is paid for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A deposit: the hotel owes it until the guest has stayed.
    Deposit,
    /// What the deposit did not cover of a completed stay.
    Stay,
    /// The first night of a guest who never came.
    NoShowFee,
}

/// A charge that the bank has carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// The charge.
    pub id: ChargeId,
    /// How much, in cents.
    pub amount: Money,
    /// The business day.
    pub on: Day,
    /// The bank's own number of the transaction.
    pub bank_number: String,
}

/// Why nothing was charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ChargeError {
    /// The bank refuses, and would again.
    #[error("declined: {reason}")]
    Declined {
        /// What the bank says.
        reason: String,
    },
    /// The bank does not answer now; the same charge may be tried again.
    #[error("the bank does not answer")]
    BankUnavailable,
    /// The amount is nothing, negative or absurdly high.
    #[error("{amount} cannot be charged: more than nothing and at most {most} can")]
    WrongAmount {
        /// As asked for, in cents.
        amount: Money,
        /// The highest amount, in cents.
        most: Money,
    },
    /// This booking has already been charged another amount for this purpose.
    #[error("{id} has already been charged {charged}")]
    OtherAmount {
        /// The charge.
        id: ChargeId,
        /// What was charged, in cents.
        charged: Money,
    },
    /// The charge has been given back since; it is not taken twice.
    #[error("{id} was charged and given back")]
    GivenBack {
        /// The charge.
        id: ChargeId,
    },
}

/// A guest was charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
pub struct Charged {
    /// What the bank carried out.
    pub receipt: Receipt,
    /// Who paid.
    pub guest: Guest,
}

/// The bank refused a charge that followed from an event; the guest owes the amount. A refused deposit is told to
/// whoever asked for it instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
pub struct Declined {
    /// The charge that was not carried out.
    pub id: ChargeId,
    /// Who owes.
    pub guest: Guest,
    /// How much, in cents.
    pub amount: Money,
    /// The business day.
    pub on: Day,
    /// What the bank says.
    pub reason: String,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Deposit => "deposit",
            Self::Stay => "stay",
            Self::NoShowFee => "no-show-fee",
        })
    }
}
