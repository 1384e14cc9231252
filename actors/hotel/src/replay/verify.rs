//! Whether the capabilities agree with each other once their events have settled. Asks nobody: audits come in, checks
//! come out.

use std::fmt;

use notifications_contract::{Kind, MailAudit};
use payments_contract::LedgerAudit;
use reports_contract::InvoiceAudit;
use reservations_contract::BookAudit;
use serde::Serialize;

use super::summary::Summary;

/// What every capability says of itself.
#[derive(Debug, Clone)]
pub struct Audits {
    /// The book of each hotel.
    pub books: Vec<BookAudit>,
    /// The ledger.
    pub ledger: LedgerAudit,
    /// The invoices.
    pub invoices: InvoiceAudit,
    /// The mails.
    pub mails: MailAudit,
    /// Events that no attempt could deliver, over all capabilities.
    pub dead_letters: u64,
}

/// A promise, and whether it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was promised.
    pub promise: &'static str,
    /// Whether it holds.
    pub holds: bool,
    /// The numbers behind it.
    pub found: String,
}

/// Checks every promise.
#[must_use]
pub fn verify(audits: &Audits, summary: &Summary) -> Vec<Check> {
    let checks = [
        books(audits),
        vec![nothing_lost(audits, summary)],
        ledger(audits),
        invoices(audits),
        mails(audits),
        vec![equal(
            "every event is delivered",
            ("dead letters", audits.dead_letters),
            ("expected", 0),
        )],
    ];
    checks.concat()
}

fn books(audits: &Audits) -> Vec<Check> {
    let overbooked: usize = audits.books.iter().map(|book| book.overbooked.len()).sum();
    let miscounted: u64 = audits.books.iter().map(|book| book.miscounted_nights).sum();
    let peak = audits
        .books
        .iter()
        .map(|book| book.peak_percent)
        .max()
        .unwrap_or(0);
    vec![
        Check {
            promise: "no room is sold twice",
            holds: overbooked == 0,
            found: format!("{overbooked} overbooked nights, fullest night {peak} %"),
        },
        Check {
            promise: "the book counts right",
            holds: miscounted == 0,
            found: format!("{miscounted} nights differ from the recount"),
        },
    ]
}

fn nothing_lost(audits: &Audits, summary: &Summary) -> Check {
    let in_books: u64 = audits.books.iter().map(BookAudit::reservations).sum();
    let acknowledged = summary.total().reserved;
    Check {
        promise: "no acknowledged reservation is lost",
        holds: in_books >= acknowledged,
        found: format!("{acknowledged} acknowledged, {in_books} in the books"),
    }
}

fn ledger(audits: &Audits) -> Vec<Check> {
    let ledger = &audits.ledger;
    let (sum, unbalanced, miscounted) = (ledger.sum(), ledger.unbalanced, ledger.miscounted);
    let sound = sum.cents() == 0 && unbalanced == 0 && miscounted == 0;
    vec![
        Check {
            promise: "the ledger sums to zero",
            holds: sound,
            found: format!(
                "sum {sum} over {} postings, {unbalanced} unbalanced",
                ledger.postings
            ),
        },
        equal(
            "every completed stay is billed once",
            ("bills", ledger.bills),
            ("completed stays", checked_out(audits)),
        ),
        equal(
            "every deposit has a reservation",
            ("unconfirmed", ledger.unconfirmed),
            ("expected", 0),
        ),
    ]
}

fn invoices(audits: &Audits) -> Vec<Check> {
    let damaged = audits.invoices.damaged.len() as u64;
    vec![
        equal(
            "every completed stay has one invoice",
            ("invoices", audits.invoices.invoices),
            ("completed stays", checked_out(audits)),
        ),
        equal(
            "every invoice is whole",
            ("damaged files", damaged),
            ("expected", 0),
        ),
    ]
}

fn mails(audits: &Audits) -> Vec<Check> {
    let Audits {
        books,
        ledger,
        invoices,
        ..
    } = audits;
    let mails = |kinds: &[Kind]| kinds.iter().map(|kind| audits.mails.of(*kind)).sum::<u64>();
    let charged = mails(&[Kind::DepositCharged, Kind::StayCharged, Kind::NoShowCharged]);
    let refunded = mails(&[
        Kind::DepositRefunded,
        Kind::StayRefunded,
        Kind::NoShowRefunded,
    ]);
    let reserved = books.iter().map(BookAudit::reservations).sum();
    let cancelled = books.iter().map(|book| book.cancelled).sum();
    vec![
        equal(
            "every reservation is confirmed once",
            ("mails", mails(&[Kind::Reserved])),
            ("reservations", reserved),
        ),
        equal(
            "every cancellation is confirmed once",
            ("mails", mails(&[Kind::Cancelled])),
            ("cancellations", cancelled),
        ),
        equal(
            "every charge is told once",
            ("mails", charged),
            ("charges", ledger.charges),
        ),
        equal(
            "every refund is told once",
            ("mails", refunded),
            ("refunds", ledger.refunds),
        ),
        equal(
            "every decline is told once",
            ("mails", mails(&[Kind::Declined])),
            ("declines", ledger.declined),
        ),
        equal(
            "every invoice is told once",
            ("mails", mails(&[Kind::InvoiceIssued])),
            ("invoices", invoices.invoices),
        ),
    ]
}

fn checked_out(audits: &Audits) -> u64 {
    audits.books.iter().map(|book| book.checked_out).sum()
}

fn equal(promise: &'static str, left: (&str, u64), right: (&str, u64)) -> Check {
    Check {
        promise,
        holds: left.1 == right.1,
        found: format!("{} {}, {} {}", left.1, left.0, right.1, right.0),
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.holds { "ok    " } else { "BROKEN" };
        write!(f, "{mark} {:38} {}", self.promise, self.found)
    }
}

#[cfg(test)]
mod tests {
    use hotel_vocabulary::{HotelName, Money};
    use notifications_contract::KindTotal;
    use payments_contract::{Account, AccountTotal};
    use reservations_contract::Overbooked;

    use super::*;
    use crate::replay::Happened;

    /// Two stays, one with a deposit; one cancellation with a refund.
    fn sound() -> (Audits, Summary) {
        let hotel: HotelName = "City Hotel".parse().unwrap();
        let book = BookAudit {
            hotel: hotel.clone(),
            reserved: 0,
            cancelled: 1,
            no_shows: 0,
            checked_out: 2,
            overbooked: Vec::new(),
            miscounted_nights: 0,
            peak_percent: 80,
        };
        let side = |account, debit, credit| AccountTotal {
            account,
            debit: Money::from_euros(debit),
            credit: Money::from_euros(credit),
        };
        let accounts = vec![side(Account::Bank, 320, 48), side(Account::Revenue, 0, 272)];
        let ledger = LedgerAudit {
            accounts,
            postings: 5,
            unbalanced: 0,
            miscounted: 0,
            charges: 3,
            refunds: 1,
            declined: 0,
            bills: 2,
            unconfirmed: 0,
        };
        let mail = |kind, mails| KindTotal { kind, mails };
        let kinds = vec![
            mail(Kind::Reserved, 3),
            mail(Kind::Cancelled, 1),
            mail(Kind::DepositCharged, 1),
            mail(Kind::StayCharged, 2),
            mail(Kind::DepositRefunded, 1),
            mail(Kind::InvoiceIssued, 2),
        ];
        let invoices = InvoiceAudit {
            invoices: 2,
            total: Money::from_euros(272),
            damaged: Vec::new(),
        };
        let mut summary = Summary::default();
        (0..3).for_each(|_| summary.count(&hotel, &Happened::Reserved));
        (
            Audits {
                books: vec![book],
                ledger,
                invoices,
                mails: MailAudit { kinds },
                dead_letters: 0,
            },
            summary,
        )
    }

    fn broken(change: impl FnOnce(&mut Audits)) -> Vec<&'static str> {
        let (mut audits, summary) = sound();
        change(&mut audits);
        let checks = verify(&audits, &summary);
        checks
            .iter()
            .filter(|check| !check.holds)
            .map(|check| check.promise)
            .collect()
    }

    #[test]
    fn a_sound_hotel_keeps_every_promise() {
        assert_eq!(broken(|_| {}), Vec::<&str>::new());
    }

    #[test]
    fn each_broken_promise_is_named() {
        let night = Overbooked {
            room: "A".parse().unwrap(),
            night: "2016-02-01".parse().unwrap(),
            taken: 2,
            rooms: 1,
        };
        assert_eq!(
            broken(|audits| audits.books[0].overbooked.push(night)),
            ["no room is sold twice"]
        );
        assert_eq!(
            broken(|audits| audits.books[0].miscounted_nights = 1),
            ["the book counts right"]
        );
        assert_eq!(
            broken(|audits| audits.ledger.accounts[0].debit = Money::ZERO),
            ["the ledger sums to zero"]
        );
        assert_eq!(
            broken(|audits| audits.ledger.unbalanced = 1),
            ["the ledger sums to zero"]
        );
        assert_eq!(
            broken(|audits| audits.ledger.bills = 1),
            ["every completed stay is billed once"]
        );
        assert_eq!(
            broken(|audits| audits.ledger.unconfirmed = 1),
            ["every deposit has a reservation"]
        );
        assert_eq!(
            broken(|audits| audits.dead_letters = 1),
            ["every event is delivered"]
        );
        assert_eq!(
            broken(|audits| audits.invoices.damaged.push("B-1".parse().unwrap())),
            ["every invoice is whole"]
        );
        assert_eq!(
            broken(|audits| audits.mails.kinds[0].mails = 4),
            ["every reservation is confirmed once"]
        );
        assert_eq!(
            broken(|audits| audits.mails.kinds[3].mails = 1),
            ["every charge is told once"]
        );
    }

    #[test]
    fn a_missing_invoice_breaks_the_promise_about_it_and_about_its_mail() {
        let promises = broken(|audits| audits.invoices.invoices = 1);
        assert_eq!(
            promises,
            [
                "every completed stay has one invoice",
                "every invoice is told once"
            ]
        );
    }

    #[test]
    fn a_reservation_that_vanished_is_missed() {
        let promises = broken(|audits| audits.books[0].cancelled = 0);
        assert!(
            promises.contains(&"no acknowledged reservation is lost"),
            "{promises:?}"
        );
    }
}
