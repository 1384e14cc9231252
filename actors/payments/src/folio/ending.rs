//! The end of a booking: billed, cancelled, or a guest who never came.

use payments_contract::{Account, Bill, Billed, ChargeId, Day, Declined, Money, Purpose, Receipt};
use reservations_contract::{Deposit, Reservation};

use super::{End, Fact, Outcome, Record, charge_id};
use crate::ledger::Posting;

/// How a charge that follows from an event went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Collected {
    /// Nothing was due.
    Nothing,
    /// The bank has carried it out.
    Paid(Receipt),
    /// The bank declined; the guest owes it.
    Declined {
        /// What was due.
        amount: Money,
        /// What the bank says.
        reason: String,
    },
}

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
        let mut outcome = self.collect(reservation, Purpose::Stay, posting, collected);
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
        self.collect(reservation, Purpose::NoShowFee, posting, collected)
    }

    /// Books a cancellation. A refundable deposit has been given back by the bank; any other is kept.
    pub fn cancel(&mut self, reservation: &Reservation, on: Day) -> Outcome {
        self.end = Some(End::Cancelled);
        if let Some(given_back) = self
            .refundable(reservation)
            .and_then(|id| self.refunded(&id, self.held_deposit(), on))
        {
            return given_back;
        }
        let kept = self.use_deposit(self.held_deposit());
        let posting = Posting::new(&reservation.hotel, &reservation.reference, on);
        posting
            .transfer(Account::Deposits, Account::Revenue, kept)
            .into()
    }

    /// The deposit that a cancellation gives back, if there is one. A charge is given back once: of a deposit that was
    /// refunded in part before, the rest is kept.
    #[must_use]
    pub fn refundable(&self, reservation: &Reservation) -> Option<ChargeId> {
        let deposit = self.charges.get(&Purpose::Deposit)?;
        let wanted = reservation.deposit == Deposit::Refundable && deposit.refunded == Money::ZERO;
        (wanted && deposit.held().is_positive()).then(|| charge_id(reservation, Purpose::Deposit))
    }

    fn collect(
        &mut self,
        reservation: &Reservation,
        purpose: Purpose,
        posting: Posting,
        collected: Collected,
    ) -> Outcome {
        match collected {
            Collected::Nothing => posting.into(),
            Collected::Paid(receipt) => {
                let posting = posting.transfer(Account::Bank, Account::Receivable, receipt.amount);
                let fact = self.keep(receipt, &reservation.guest);
                Outcome {
                    posting,
                    facts: vec![fact],
                }
            }
            Collected::Declined { amount, reason } => {
                self.open = amount;
                self.declined = true;
                let (id, guest) = (charge_id(reservation, purpose), reservation.guest.clone());
                let fact = Fact::Declined(Declined {
                    id,
                    guest,
                    amount,
                    on: posting.on,
                    reason,
                });
                Outcome {
                    posting,
                    facts: vec![fact],
                }
            }
        }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::{Totals, add};
    use crate::testing::{collected, day, deposit_receipt, guest, reservation};

    /// A record with a deposit, and the ledger so far.
    fn opened(euros: i32) -> (Record, Totals) {
        let (mut record, mut totals) = (Record::default(), Totals::new());
        if euros > 0 {
            add(
                &mut totals,
                &record.charged(deposit_receipt(euros), &guest()).posting,
            );
        }
        (record, totals)
    }

    fn balances(totals: &Totals) -> [i64; 4] {
        [
            Account::Bank,
            Account::Receivable,
            Account::Deposits,
            Account::Revenue,
        ]
        .map(|account| {
            totals
                .get(&account)
                .map_or(0, |total| (total.debit - total.credit).cents() / 100)
        })
    }

    fn names(outcome: &Outcome) -> Vec<&'static str> {
        let name = |fact: &Fact| match fact {
            Fact::Charged(_) => "charged",
            Fact::Refunded(_) => "refunded",
            Fact::Declined(_) => "declined",
            Fact::Billed(_) => "billed",
        };
        outcome.facts.iter().map(name).collect()
    }

    #[test]
    fn a_stay_without_deposit_is_charged_and_billed_at_check_out() {
        let (mut record, mut totals) = opened(0);
        let stay = reservation(Deposit::None, 0);
        let outcome = record.bill(
            &stay,
            day("2016-02-03"),
            collected(Purpose::Stay, 160, true),
        );
        add(&mut totals, &outcome.posting);
        assert_eq!(names(&outcome), ["charged", "billed"]);
        assert_eq!(balances(&totals), [160, 0, 0, -160]);
    }

    #[test]
    fn a_deposit_is_used_first_and_the_rest_collected() {
        let (mut record, mut totals) = opened(48);
        let stay = reservation(Deposit::Refundable, 48);
        assert_eq!(record.due_for_stay(&stay), Money::from_euros(112));
        let outcome = record.bill(
            &stay,
            day("2016-02-03"),
            collected(Purpose::Stay, 112, true),
        );
        add(&mut totals, &outcome.posting);
        assert_eq!(balances(&totals), [160, 0, 0, -160]);
        assert_eq!(record.held_deposit(), Money::ZERO);
    }

    #[test]
    fn a_prepaid_stay_is_billed_without_a_further_charge() {
        let (mut record, mut totals) = opened(160);
        let stay = reservation(Deposit::NonRefundable, 160);
        assert_eq!(record.due_for_stay(&stay), Money::ZERO);
        let outcome = record.bill(&stay, day("2016-02-03"), Collected::Nothing);
        add(&mut totals, &outcome.posting);
        assert_eq!(names(&outcome), ["billed"]);
        assert_eq!(balances(&totals), [160, 0, 0, -160]);
    }

    #[test]
    fn a_declined_guest_owes_and_the_bill_says_so() {
        let (mut record, mut totals) = opened(0);
        let stay = reservation(Deposit::None, 0);
        let outcome = record.bill(
            &stay,
            day("2016-02-03"),
            collected(Purpose::Stay, 160, false),
        );
        add(&mut totals, &outcome.posting);
        let Some(Fact::Billed(Billed { bill })) = outcome.facts.last() else {
            panic!("no bill")
        };
        assert_eq!(
            (bill.paid, bill.open()),
            (Money::ZERO, Money::from_euros(160))
        );
        assert_eq!(names(&outcome), ["declined", "billed"]);
        assert_eq!(balances(&totals), [0, 160, 0, -160]);
        assert_eq!(record.open, Money::from_euros(160));
    }

    #[test]
    fn a_cancellation_gives_back_what_is_refundable_and_keeps_the_rest() {
        let (mut record, mut totals) = opened(48);
        let outcome = record.cancel(&reservation(Deposit::Refundable, 48), day("2016-01-20"));
        add(&mut totals, &outcome.posting);
        assert_eq!(
            (names(&outcome), balances(&totals)),
            (vec!["refunded"], [0, 0, 0, 0])
        );

        let (mut record, mut totals) = opened(160);
        let outcome = record.cancel(&reservation(Deposit::NonRefundable, 160), day("2016-01-20"));
        add(&mut totals, &outcome.posting);
        assert_eq!(
            (names(&outcome), balances(&totals)),
            (vec![], [160, 0, 0, -160])
        );
    }

    #[test]
    fn a_guest_who_never_came_pays_the_first_night_or_loses_the_deposit() {
        let (mut record, mut totals) = opened(0);
        let missed = reservation(Deposit::None, 0);
        assert_eq!(record.due_for_no_show(&missed), Money::from_euros(80));
        let fee = collected(Purpose::NoShowFee, 80, true);
        add(
            &mut totals,
            &record.no_show(&missed, day("2016-02-01"), fee).posting,
        );
        assert_eq!(balances(&totals), [80, 0, 0, -80]);

        let (mut record, mut totals) = opened(48);
        let missed = reservation(Deposit::Refundable, 48);
        assert_eq!(record.due_for_no_show(&missed), Money::ZERO);
        let outcome = record.no_show(&missed, day("2016-02-01"), Collected::Nothing);
        add(&mut totals, &outcome.posting);
        assert_eq!(
            (names(&outcome), balances(&totals)),
            (vec![], [48, 0, 0, -48])
        );
    }

    proptest! {
        #[test]
        fn the_accounts_say_what_the_folio_says(
            deposit in 0i32..200, kind in 0usize..3, end in 0usize..3, pays in any::<bool>(),
        ) {
            let deposit_kind = [Deposit::None, Deposit::Refundable, Deposit::NonRefundable][kind];
            let (mut record, mut totals) = opened(deposit);
            let reservation = reservation(deposit_kind, deposit);
            let on = day("2016-02-03");
            let euros = |amount: Money| i32::try_from(amount.cents() / 100).unwrap();
            let outcome = match end {
                0 => {
                    let due = euros(record.due_for_stay(&reservation));
                    record.bill(&reservation, on, collected(Purpose::Stay, due, pays))
                }
                1 => {
                    let due = euros(record.due_for_no_show(&reservation));
                    record.no_show(&reservation, on, collected(Purpose::NoShowFee, due, pays))
                }
                _ => record.cancel(&reservation, on),
            };
            prop_assert_eq!(outcome.posting.sum(), Money::ZERO);
            add(&mut totals, &outcome.posting);
            let [bank, receivable, deposits, revenue] = balances(&totals);
            prop_assert_eq!(bank + receivable + deposits + revenue, 0);
            prop_assert_eq!(receivable, i64::from(euros(record.open)));
            prop_assert_eq!(-deposits, i64::from(euros(record.held_deposit())));
        }
    }
}
