//! Charges that are given back.

use payments_contract::{Account, ChargeId, Day, Money, Purpose, Refund, RefundError, Refunded};

use super::{Fact, Outcome, Paid, Record};
use crate::ledger::Posting;

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
            return repeat(paid, asked).map(Some);
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
}

fn repeat(paid: &Paid, asked: &Refund) -> Result<Refunded, RefundError> {
    let (charge, refunded) = (asked.charge.clone(), paid.refunded);
    if refunded != asked.amount {
        return Err(RefundError::OtherAmount { charge, refunded });
    }
    Ok(Refunded {
        charge,
        guest: paid.guest.clone(),
        amount: refunded,
        on: asked.on,
    })
}

#[cfg(test)]
mod tests {
    use reservations_contract::Deposit;

    use super::*;
    use crate::folio::Collected;
    use crate::testing::{day, deposit_receipt, guest, reservation};

    fn refund(euros: i32) -> Refund {
        let amount = Money::from_euros(euros);
        Refund {
            charge: deposit_receipt(0).id,
            amount,
            on: day("2016-01-05"),
        }
    }

    fn paid(euros: i32) -> Record {
        let mut record = Record::default();
        record.charged(deposit_receipt(euros), &guest());
        record
    }

    #[test]
    fn a_refund_is_made_once() {
        let mut record = paid(48);
        assert_eq!(record.admit_refund(&refund(48)), Ok(None));
        let outcome = record
            .refunded(&refund(48).charge, Money::from_euros(48), day("2016-01-05"))
            .unwrap();
        assert_eq!(outcome.posting.sum(), Money::ZERO);
        let again = record.admit_refund(&refund(48)).unwrap().unwrap();
        assert_eq!(outcome.facts, [Fact::Refunded(again)]);
        assert!(matches!(
            record.admit_refund(&refund(1)),
            Err(RefundError::OtherAmount { .. })
        ));
    }

    #[test]
    fn no_more_is_given_back_than_was_paid() {
        for euros in [0, -1, 49] {
            let refused = paid(48).admit_refund(&refund(euros));
            assert!(
                matches!(refused, Err(RefundError::WrongAmount { .. })),
                "{euros}"
            );
        }
        let nothing_paid = Record::default().admit_refund(&refund(1));
        assert!(matches!(
            nothing_paid,
            Err(RefundError::UnknownCharge { .. })
        ));
    }

    #[test]
    fn a_deposit_that_paid_for_a_stay_is_used() {
        let mut record = paid(160);
        record.bill(
            &reservation(Deposit::NonRefundable, 160),
            day("2016-02-03"),
            Collected::Nothing,
        );
        let refused = record.admit_refund(&refund(160));
        assert!(
            matches!(refused, Err(RefundError::Used { .. })),
            "{refused:?}"
        );
    }
}
