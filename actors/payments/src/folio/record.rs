//! The money of one booking, as it is stored.

use std::collections::BTreeMap;

use payments_contract::{ChargeId, Charged, Folio, Guest, Money, Purpose, Receipt};
use reservations_contract::Reservation;
use serde::{Deserialize, Serialize};

use super::Fact;

/// What a booking has paid, as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The charges that the bank has carried out.
    pub charges: BTreeMap<Purpose, Paid>,
    /// How the booking ended, once it has.
    pub end: Option<End>,
    /// What the guest owes.
    pub open: Money,
    /// Whether the bank has declined a charge at the end of the booking.
    pub declined: bool,
}

/// A charge that was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// What the bank has carried out.
    pub receipt: Receipt,
    /// Who paid.
    pub guest: Guest,
    /// How much was given back.
    pub refunded: Money,
    /// How much of a deposit has become revenue.
    pub used: Money,
}

/// How a booking ended, as far as its money goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The guest stayed, and was billed.
    Billed,
    /// The guest cancelled.
    Cancelled,
    /// The guest never came.
    NoShow,
}

impl Paid {
    /// How much of a deposit is neither given back nor used.
    #[must_use]
    pub fn held(&self) -> Money {
        self.receipt.amount - self.refunded - self.used
    }
}

impl Record {
    /// What the guest gets back when the booking is cancelled, or when no reservation followed the deposit.
    #[must_use]
    pub fn held_deposit(&self) -> Money {
        self.charges
            .get(&Purpose::Deposit)
            .map_or(Money::ZERO, Paid::held)
    }

    /// Whether the stay was billed.
    #[must_use]
    pub fn is_billed(&self) -> bool {
        self.end == Some(End::Billed)
    }

    /// The folio as others see it.
    #[must_use]
    pub fn show(&self) -> Folio {
        let charges = self
            .charges
            .values()
            .map(|paid| paid.receipt.clone())
            .collect();
        let refunded = self.charges.values().map(|paid| paid.refunded).sum();
        Folio {
            charges,
            refunded,
            open: self.open,
        }
    }

    /// Keeps a charge that the bank has carried out.
    pub(super) fn keep(&mut self, receipt: Receipt, guest: &Guest) -> Fact {
        let paid = Paid {
            receipt: receipt.clone(),
            guest: guest.clone(),
            refunded: Money::ZERO,
            used: Money::ZERO,
        };
        self.charges.insert(receipt.id.purpose, paid);
        Fact::Charged(Charged {
            receipt,
            guest: guest.clone(),
        })
    }

    /// Turns up to `most` of the held deposit into revenue, and says how much.
    pub(super) fn use_deposit(&mut self, most: Money) -> Money {
        let Some(deposit) = self.charges.get_mut(&Purpose::Deposit) else {
            return Money::ZERO;
        };
        let used = deposit.held().min(most);
        deposit.used += used;
        used
    }
}

/// The id of a reservation's charge.
#[must_use]
pub fn charge_id(reservation: &Reservation, purpose: Purpose) -> ChargeId {
    ChargeId {
        hotel: reservation.hotel.clone(),
        reference: reservation.reference.clone(),
        purpose,
    }
}
