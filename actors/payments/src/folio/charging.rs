//! Charges that somebody asks for.

use payments_contract::{Account, Charge, ChargeError, Guest, Money, Purpose, Receipt};

use super::{End, Outcome, Paid, Record};
use crate::ledger::Posting;

/// The highest single charge.
const MAX_CHARGE: Money = Money::from_euros(20_000_000);

impl Record {
    /// Decides about a charge before the bank is asked: a receipt, when it was carried out before.
    ///
    /// # Errors
    /// [`ChargeError::WrongAmount`], [`ChargeError::OtherAmount`] or [`ChargeError::GivenBack`].
    pub fn admit(&self, asked: &Charge) -> Result<Option<Receipt>, ChargeError> {
        if let Some(paid) = self.charges.get(&asked.id.purpose) {
            return repeat(paid, asked).map(Some);
        }
        let most = match (asked.id.purpose, self.end) {
            (Purpose::Deposit, None) => MAX_CHARGE,
            (Purpose::Stay, Some(End::Billed)) | (Purpose::NoShowFee, Some(End::NoShow)) => {
                self.open
            }
            _ => Money::ZERO,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folio::Collected;
    use crate::testing::{charge, day, deposit_receipt, guest, reservation};
    use reservations_contract::Deposit;

    #[test]
    fn the_same_charge_again_is_answered_with_the_first_receipt() {
        let mut record = Record::default();
        assert_eq!(record.admit(&charge(Purpose::Deposit, 48)), Ok(None));
        record.charged(deposit_receipt(48), &guest());
        assert_eq!(
            record.admit(&charge(Purpose::Deposit, 48)),
            Ok(Some(deposit_receipt(48)))
        );
        let other = record.admit(&charge(Purpose::Deposit, 49));
        assert!(
            matches!(other, Err(ChargeError::OtherAmount { .. })),
            "{other:?}"
        );
    }

    #[test]
    fn what_was_given_back_is_not_taken_again() {
        let mut record = Record::default();
        record.charged(deposit_receipt(48), &guest());
        record.refunded(
            &deposit_receipt(48).id,
            Money::from_euros(48),
            day("2016-01-02"),
        );
        let again = record.admit(&charge(Purpose::Deposit, 48));
        assert!(
            matches!(again, Err(ChargeError::GivenBack { .. })),
            "{again:?}"
        );
    }

    #[test]
    fn nothing_and_too_much_cannot_be_charged() {
        for euros in [0, -5, 20_000_001] {
            let refused = Record::default().admit(&charge(Purpose::Deposit, euros));
            assert!(
                matches!(refused, Err(ChargeError::WrongAmount { .. })),
                "{euros}"
            );
        }
    }

    #[test]
    fn an_open_bill_can_be_paid_later_but_not_overpaid() {
        let mut record = Record::default();
        assert!(
            record.admit(&charge(Purpose::Stay, 160)).is_err(),
            "nothing is owed yet"
        );
        let declined = Collected::Declined {
            amount: Money::from_euros(160),
            reason: "no".to_owned(),
        };
        record.bill(&reservation(Deposit::None, 0), day("2016-02-03"), declined);
        assert!(record.admit(&charge(Purpose::Stay, 161)).is_err());
        assert_eq!(record.admit(&charge(Purpose::Stay, 160)), Ok(None));
        let mut receipt = deposit_receipt(160);
        receipt.id.purpose = Purpose::Stay;
        let outcome = record.charged(receipt, &guest());
        assert_eq!(
            (outcome.posting.sum(), record.open),
            (Money::ZERO, Money::ZERO)
        );
    }
}
