//! What a booking has paid, and what became of it: the rules by which charges, bills and refunds follow each other.
//!
//! Decides, and asks nobody: the bank's answers are arguments, postings and events are results. Each way in is safe to
//! take twice.

use std::collections::BTreeMap;

use payments_contract::{
    Account, Bill, Billed, Charge, ChargeError, ChargeId, Charged, Day, Declined, Folio, Guest,
    Money, Purpose, Receipt, Refund, RefundError, Refunded,
};
use reservations_contract::{Deposit, Reservation};
use serde::{Deserialize, Serialize};

use crate::ledger::Posting;

/// The highest single charge.
const MAX_CHARGE: Money = Money::from_euros(20_000_000);

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

/// How a charge that follows from an event went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Collected {
    /// Nothing was due.
    Nothing,
    /// The bank has carried it out.
    Paid(Receipt),
    /// The bank declined; the guest owes it.
    Declined {
        /// What the bank says.
        reason: String,
    },
}

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

impl Paid {
    /// How much of a deposit is neither given back nor used.
    #[must_use]
    pub fn held(&self) -> Money {
        self.receipt.amount - self.refunded - self.used
    }
}

// === impl Record: charges ===

impl Record {
    /// Decides about a charge before the bank is asked: a receipt, when it was carried out before.
    ///
    /// # Errors
    /// [`ChargeError::WrongAmount`], [`ChargeError::OtherAmount`] or [`ChargeError::GivenBack`].
    pub fn admit(&self, asked: &Charge) -> Result<Option<Receipt>, ChargeError> {
        if let Some(paid) = self.charges.get(&asked.id.purpose) {
            return repeat(paid, asked).map(Some);
        }
        let most = match asked.id.purpose {
            Purpose::Deposit => MAX_CHARGE,
            Purpose::Stay | Purpose::NoShowFee => self.open,
        };
        if asked.amount.is_positive() && asked.amount <= most {
            Ok(None)
        } else {
            Err(ChargeError::WrongAmount {
                amount: asked.amount,
                most,
            })
        }
    }

    /// Keeps a charge that somebody asked for and the bank has carried out.
    pub fn charged(&mut self, receipt: Receipt, guest: &Guest) -> Outcome {
        let id = &receipt.id;
        let owed_to = if id.purpose == Purpose::Deposit {
            Account::Deposits
        } else {
            Account::Receivable
        };
        let posting = Posting::new(&id.hotel, &id.reference, receipt.on).transfer(
            Account::Bank,
            owed_to,
            receipt.amount,
        );
        if owed_to == Account::Receivable {
            self.open = self.open - receipt.amount;
        }
        let fact = self.keep(receipt, guest);
        Outcome {
            posting,
            facts: vec![fact],
        }
    }

    fn keep(&mut self, receipt: Receipt, guest: &Guest) -> Fact {
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
}

fn repeat(paid: &Paid, asked: &Charge) -> Result<Receipt, ChargeError> {
    if paid.receipt.amount != asked.amount {
        return Err(ChargeError::OtherAmount {
            id: asked.id.clone(),
            charged: paid.receipt.amount,
        });
    }
    if paid.refunded.is_positive() {
        return Err(ChargeError::GivenBack {
            id: asked.id.clone(),
        });
    }
    Ok(paid.receipt.clone())
}

// === impl Record: refunds ===

impl Record {
    /// Decides about a refund before the bank is asked: the refund, when it was made before.
    ///
    /// # Errors
    /// [`RefundError::UnknownCharge`], [`RefundError::WrongAmount`], [`RefundError::OtherAmount`] or [`RefundError::Used`].
    pub fn admit_refund(&self, asked: &Refund) -> Result<Option<Refunded>, RefundError> {
        let charge = asked.charge.clone();
        let Some(paid) = self.charges.get(&charge.purpose) else {
            return Err(RefundError::UnknownCharge { charge });
        };
        if paid.refunded.is_positive() {
            let refunded = paid.refunded;
            let same = refunded == asked.amount;
            let again = Refunded {
                charge: charge.clone(),
                guest: paid.guest.clone(),
                amount: refunded,
                on: asked.on,
            };
            return if same {
                Ok(Some(again))
            } else {
                Err(RefundError::OtherAmount { charge, refunded })
            };
        }
        let most = paid.held();
        if most == Money::ZERO {
            return Err(RefundError::Used { charge });
        }
        if asked.amount.is_positive() && asked.amount <= most {
            Ok(None)
        } else {
            Err(RefundError::WrongAmount {
                amount: asked.amount,
                most,
            })
        }
    }

    /// Keeps a refund that the bank has carried out. Deposits are no longer owed; what was paid for a stay or a no-show
    /// is revenue lost.
    pub fn refunded(&mut self, charge: &ChargeId, amount: Money, on: Day) -> Option<Outcome> {
        let paid = self.charges.get_mut(&charge.purpose)?;
        paid.refunded = amount;
        let lost_by = if charge.purpose == Purpose::Deposit {
            Account::Deposits
        } else {
            Account::Revenue
        };
        let posting = Posting::new(&charge.hotel, &charge.reference, on).transfer(
            lost_by,
            Account::Bank,
            amount,
        );
        let refunded = Refunded {
            charge: charge.clone(),
            guest: paid.guest.clone(),
            amount,
            on,
        };
        Some(Outcome {
            posting,
            facts: vec![Fact::Refunded(refunded)],
        })
    }

    /// What the guest gets back when the booking is cancelled, or when no reservation followed the deposit.
    #[must_use]
    pub fn held_deposit(&self) -> Money {
        self.charges
            .get(&Purpose::Deposit)
            .map_or(Money::ZERO, Paid::held)
    }
}

// === impl Record: the end of a booking ===

impl Record {
    /// What is left to pay at check-out.
    #[must_use]
    pub fn due_for_stay(&self, reservation: &Reservation) -> Money {
        reservation.total() - self.held_deposit().min(reservation.total())
    }

    /// What a guest pays who never came: the first night, unless there is a deposit to keep.
    #[must_use]
    pub fn due_for_no_show(&self, reservation: &Reservation) -> Money {
        if self.held_deposit().is_positive() {
            Money::ZERO
        } else {
            reservation.rate
        }
    }

    /// Bills a completed stay: the deposit is used up, the rest was collected or is owed.
    pub fn bill(&mut self, reservation: &Reservation, on: Day, collected: Collected) -> Outcome {
        let total = reservation.total();
        let deposit = self.use_deposit(total);
        let posting = Posting::new(&reservation.hotel, &reservation.reference, on)
            .transfer(Account::Receivable, Account::Revenue, total)
            .transfer(Account::Deposits, Account::Receivable, deposit);
        self.end = Some(End::Billed);
        let mut outcome = self.collect(
            reservation,
            Purpose::Stay,
            total - deposit,
            on,
            posting,
            collected,
        );
        let paid = total - deposit - self.open;
        let bill = bill_of(reservation, deposit, paid, on);
        outcome.facts.push(Fact::Billed(Billed { bill }));
        outcome
    }

    /// Books a no-show: a deposit is kept; without one the first night was collected or is owed.
    pub fn no_show(&mut self, reservation: &Reservation, on: Day, collected: Collected) -> Outcome {
        let fee = self.due_for_no_show(reservation);
        let kept = self.use_deposit(self.held_deposit());
        let posting = Posting::new(&reservation.hotel, &reservation.reference, on)
            .transfer(Account::Deposits, Account::Revenue, kept)
            .transfer(Account::Receivable, Account::Revenue, fee);
        self.end = Some(End::NoShow);
        self.collect(reservation, Purpose::NoShowFee, fee, on, posting, collected)
    }

    /// Books a cancellation. A deposit that is not refundable is kept; a refundable one has been given back by the bank.
    pub fn cancel(&mut self, reservation: &Reservation, on: Day) -> Outcome {
        self.end = Some(End::Cancelled);
        let held = self.held_deposit();
        if let Some(given_back) = self
            .refundable(reservation)
            .and_then(|id| self.refunded(&id, held, on))
        {
            return given_back;
        }
        let kept = self.use_deposit(held);
        let posting = Posting::new(&reservation.hotel, &reservation.reference, on);
        Outcome {
            posting: posting.transfer(Account::Deposits, Account::Revenue, kept),
            facts: Vec::new(),
        }
    }

    /// The deposit that a cancellation gives back, if there is one.
    #[must_use]
    pub fn refundable(&self, reservation: &Reservation) -> Option<ChargeId> {
        let wanted =
            reservation.deposit == Deposit::Refundable && self.held_deposit().is_positive();
        wanted.then(|| charge_id(reservation, Purpose::Deposit))
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

    /// Turns up to `most` of the held deposit into revenue, and says how much.
    fn use_deposit(&mut self, most: Money) -> Money {
        let Some(deposit) = self.charges.get_mut(&Purpose::Deposit) else {
            return Money::ZERO;
        };
        let used = deposit.held().min(most);
        deposit.used += used;
        used
    }

    fn collect(
        &mut self,
        reservation: &Reservation,
        purpose: Purpose,
        due: Money,
        on: Day,
        posting: Posting,
        collected: Collected,
    ) -> Outcome {
        match collected {
            Collected::Nothing => Outcome {
                posting,
                facts: Vec::new(),
            },
            Collected::Paid(receipt) => {
                let posting = posting.transfer(Account::Bank, Account::Receivable, receipt.amount);
                Outcome {
                    posting,
                    facts: vec![self.keep(receipt, &reservation.guest)],
                }
            }
            Collected::Declined { reason } => {
                self.open = due;
                self.declined = true;
                let id = charge_id(reservation, purpose);
                let declined = Declined {
                    id,
                    guest: reservation.guest.clone(),
                    amount: due,
                    on,
                    reason,
                };
                Outcome {
                    posting,
                    facts: vec![Fact::Declined(declined)],
                }
            }
        }
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

fn bill_of(reservation: &Reservation, deposit: Money, paid: Money, on: Day) -> Bill {
    Bill {
        hotel: reservation.hotel.clone(),
        reference: reservation.reference.clone(),
        guest: reservation.guest.clone(),
        room: reservation.room.clone(),
        stay: reservation.stay,
        rate: reservation.rate,
        deposit,
        paid,
        on,
    }
}
