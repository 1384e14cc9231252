//! Give a charge back.

use hotel_vocabulary::{Day, Guest, Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Event, Message};

use crate::ChargeId;

/// Give a charge back, whole or in part. A charge is refunded once: the same refund asked for again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Refunded, error = RefundError)]
pub struct Refund {
    /// The charge to give back.
    pub charge: ChargeId,
    /// How much, in cents; more than 0, at most what was charged.
    pub amount: Money,
    /// The business day.
    pub on: Day,
}

/// A guest got money back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
pub struct Refunded {
    /// The charge that was given back.
    pub charge: ChargeId,
    /// Who got it.
    pub guest: Guest,
    /// How much, in cents.
    pub amount: Money,
    /// The business day.
    pub on: Day,
}

/// Why nothing was given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum RefundError {
    /// There is no such charge.
    #[error("no charge {charge}")]
    UnknownCharge {
        /// As asked for.
        charge: ChargeId,
    },
    /// The amount is nothing, negative or more than was charged.
    #[error("{amount} cannot be given back: more than nothing and at most {most} can")]
    WrongAmount {
        /// As asked for, in cents.
        amount: Money,
        /// What was charged, in cents.
        most: Money,
    },
    /// Another amount has already been given back.
    #[error("{charge} was already given back: {refunded}")]
    OtherAmount {
        /// The charge.
        charge: ChargeId,
        /// What was given back, in cents.
        refunded: Money,
    },
    /// The deposit has become revenue since: the guest stayed, never came, or may not have it back.
    #[error("the deposit {charge} has been used")]
    Used {
        /// The charge.
        charge: ChargeId,
    },
    /// The bank does not answer now; the same refund may be tried again.
    #[error("the bank does not answer")]
    BankUnavailable,
}
