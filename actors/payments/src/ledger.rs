//! The double-entry ledger: every posting takes from one account what it gives to another.
//!
//! Postings are made of transfers only, so that they sum to zero by construction; [`audit`] does not believe it and
//! adds everything up again.

use std::collections::BTreeMap;

use payments_contract::{
    Account, AccountTotal, BookingReference, Day, HotelName, LedgerAudit, Money,
};
use serde::{Deserialize, Serialize};

use crate::folio::Record;

/// Something that happened to a booking's money, as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The hotel.
    pub hotel: HotelName,
    /// The booking.
    pub reference: BookingReference,
    /// The business day.
    pub on: Day,
    /// Debits are positive, credits negative.
    pub entries: Vec<Entry>,
}

/// One side of a posting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The account.
    pub account: Account,
    /// A debit when positive, a credit when negative.
    pub amount: Money,
}

/// The running totals of all accounts.
pub type Totals = BTreeMap<Account, AccountTotal>;

impl Posting {
    /// A posting without entries.
    #[must_use]
    pub fn new(hotel: &HotelName, reference: &BookingReference, on: Day) -> Self {
        Self {
            hotel: hotel.clone(),
            reference: reference.clone(),
            on,
            entries: Vec::new(),
        }
    }

    /// Debits one account and credits another. Nothing moved leaves no entry.
    #[must_use]
    pub fn transfer(mut self, debit: Account, credit: Account, amount: Money) -> Self {
        if amount != Money::ZERO {
            self.entries.push(Entry {
                account: debit,
                amount,
            });
            self.entries.push(Entry {
                account: credit,
                amount: -amount,
            });
        }
        self
    }

    /// Debits less credits.
    #[must_use]
    pub fn sum(&self) -> Money {
        self.entries.iter().map(|entry| entry.amount).sum()
    }
}

/// Adds a posting to the running totals.
pub fn add(totals: &mut Totals, posting: &Posting) {
    for Entry { account, amount } in &posting.entries {
        let nothing = AccountTotal {
            account: *account,
            debit: Money::ZERO,
            credit: Money::ZERO,
        };
        let total = totals.entry(*account).or_insert(nothing);
        if amount.is_positive() {
            total.debit += *amount;
        } else {
            total.credit += -*amount;
        }
    }
}

/// Adds every posting up again and compares with the running totals; counts what the folios say.
pub fn audit(
    postings: impl Iterator<Item = Posting>,
    totals: Totals,
    folios: impl Iterator<Item = Record>,
    unconfirmed: u64,
) -> LedgerAudit {
    let mut recount = Totals::new();
    let (mut num_postings, mut unbalanced) = (0, 0);
    for posting in postings {
        num_postings += 1;
        unbalanced += u64::from(posting.sum() != Money::ZERO);
        add(&mut recount, &posting);
    }
    let accounts = [
        Account::Bank,
        Account::Receivable,
        Account::Deposits,
        Account::Revenue,
    ];
    let miscounted = accounts
        .iter()
        .filter(|account| totals.get(account) != recount.get(account))
        .count();
    let mut audit = LedgerAudit {
        accounts: totals.into_values().collect(),
        postings: num_postings,
        unbalanced,
        miscounted: miscounted as u64,
        charges: 0,
        refunds: 0,
        declined: 0,
        bills: 0,
        unconfirmed,
    };
    for folio in folios {
        count(&mut audit, &folio);
    }
    audit
}

fn count(audit: &mut LedgerAudit, folio: &Record) {
    audit.charges += folio.charges.len() as u64;
    audit.refunds += folio
        .charges
        .values()
        .filter(|paid| paid.refunded.is_positive())
        .count() as u64;
    audit.declined += u64::from(folio.declined);
    audit.bills += u64::from(folio.is_billed());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::day;

    const ACCOUNTS: [Account; 4] = [
        Account::Bank,
        Account::Receivable,
        Account::Deposits,
        Account::Revenue,
    ];

    fn posting(transfers: &[(usize, usize, i64)]) -> Posting {
        let empty = Posting::new(
            &"City Hotel".parse().unwrap(),
            &"B-1".parse().unwrap(),
            day("2016-02-01"),
        );
        transfers
            .iter()
            .fold(empty, |posting, &(debit, credit, cents)| {
                posting.transfer(ACCOUNTS[debit], ACCOUNTS[credit], Money::from_cents(cents))
            })
    }

    fn run(postings: Vec<Posting>, totals: Totals) -> LedgerAudit {
        audit(postings.into_iter(), totals, std::iter::empty(), 0)
    }

    #[test]
    fn a_posting_that_does_not_balance_is_found() {
        let mut torn = posting(&[(0, 1, 500)]);
        torn.entries.pop();
        let mut totals = Totals::new();
        add(&mut totals, &torn);
        let audit = run(vec![torn], totals);
        assert_eq!((audit.unbalanced, audit.miscounted), (1, 0));
        assert_eq!(audit.sum(), Money::from_euros(5));
    }

    #[test]
    fn a_total_that_lost_a_posting_is_found() {
        let audit = run(vec![posting(&[(0, 2, 500)])], Totals::new());
        assert_eq!((audit.unbalanced, audit.miscounted), (0, 2));
    }

    proptest! {
        #[test]
        fn whatever_is_transferred_the_ledger_sums_to_zero(
            postings in prop::collection::vec(prop::collection::vec((0usize..4, 0usize..4, -1_000_000i64..1_000_000), 0..5), 0..40),
        ) {
            let postings: Vec<Posting> = postings.iter().map(|transfers| posting(transfers)).collect();
            let mut totals = Totals::new();
            for posting in &postings {
                add(&mut totals, posting);
            }
            let audit = run(postings, totals);
            prop_assert_eq!(audit.sum(), Money::ZERO);
            prop_assert_eq!((audit.unbalanced, audit.miscounted), (0, 0));
        }
    }
}
