//! What an invoice says, before anything is drawn.

use hotel_vocabulary::{Money, Stay};
use payments_contract::Bill;

/// What an invoice says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// The number of the invoice.
    pub number: String,
    /// The hotel's name, in large letters.
    pub hotel: String,
    /// The hotel's address.
    pub address: Vec<String>,
    /// Who it is for: name and mail address.
    pub guest: [String; 2],
    /// Label and value of what is known of the stay.
    pub facts: Vec<(&'static str, String)>,
    /// One line for each night.
    pub lines: Vec<Line>,
    /// Label and amount below the lines; the last one is what is still due.
    pub totals: Vec<(String, Money)>,
    /// The sentence at the end.
    pub closing: String,
}

/// A night of the stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The night.
    pub day: String,
    /// What was given.
    pub text: String,
    /// Its price.
    pub amount: Money,
}

impl Sheet {
    /// Writes a bill out.
    #[must_use]
    pub fn new(bill: &Bill, address: &[String], vat_percent: u32) -> Self {
        Self {
            number: number(bill),
            hotel: bill.hotel.to_string(),
            address: address.to_vec(),
            guest: [bill.guest.name.to_string(), bill.guest.email.to_string()],
            facts: facts(bill),
            lines: lines(bill),
            totals: totals(bill, vat_percent),
            closing: closing(bill),
        }
    }
}

/// The number of the invoice of a booking: a booking has one.
#[must_use]
pub fn number(bill: &Bill) -> String {
    format!("INV-{}", bill.reference)
}

fn facts(bill: &Bill) -> Vec<(&'static str, String)> {
    vec![
        ("Invoice", number(bill)),
        ("Date", bill.on.to_string()),
        ("Booking", bill.reference.to_string()),
        ("Room", format!("Type {}", bill.room)),
        ("Arrival", bill.stay.arrival.to_string()),
        ("Departure", bill.stay.departure().to_string()),
        ("Nights", nights(&bill.stay)),
    ]
}

fn nights(stay: &Stay) -> String {
    if stay.nights == 0 {
        "day use".to_owned()
    } else {
        stay.nights.to_string()
    }
}

fn lines(bill: &Bill) -> Vec<Line> {
    let what = if bill.stay.nights == 0 {
        "Day use"
    } else {
        "Overnight stay"
    };
    let line = |day| Line {
        day: format!("{day}"),
        text: format!("{what}, room type {}", bill.room),
        amount: bill.rate,
    };
    bill.stay.taken_nights().map(line).collect()
}

fn totals(bill: &Bill, vat_percent: u32) -> Vec<(String, Money)> {
    let mut totals = vec![("Total".to_owned(), bill.total())];
    if vat_percent > 0 {
        totals.push((
            format!("including {vat_percent}% VAT"),
            included_vat(bill.total(), vat_percent),
        ));
    }
    if bill.deposit.is_positive() {
        totals.push(("Deposit paid".to_owned(), -bill.deposit));
    }
    if bill.paid.is_positive() {
        totals.push(("Paid at check-out".to_owned(), -bill.paid));
    }
    totals.push(("Balance due".to_owned(), bill.open()));
    totals
}

/// The tax within a price: `price * percent / (100 + percent)`, to the nearest cent.
fn included_vat(price: Money, percent: u32) -> Money {
    let (price, percent) = (i128::from(price.cents()), i128::from(percent));
    let cents = (2 * price * percent + 100 + percent) / (2 * (100 + percent));
    Money::from_cents(i64::try_from(cents).unwrap_or(i64::MAX))
}

fn closing(bill: &Bill) -> String {
    if bill.open().is_positive() {
        format!(
            "Please pay the balance of {} within 14 days, and mention {}.",
            bill.open(),
            number(bill)
        )
    } else {
        "Paid in full. Thank you for staying with us.".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bill;

    #[test]
    fn a_line_for_each_night_adds_up_to_the_total() {
        let sheet = Sheet::new(&bill(3), &[], 6);
        let days: Vec<&str> = sheet.lines.iter().map(|line| line.day.as_str()).collect();
        assert_eq!(days, ["2016-02-28", "2016-02-29", "2016-03-01"]);
        let sum: Money = sheet.lines.iter().map(|line| line.amount).sum();
        assert_eq!(sum, sheet.totals[0].1);
    }

    #[test]
    fn what_was_paid_leads_to_what_is_due() {
        let mut owed = bill(3);
        let paid = Sheet::new(&owed, &[], 0);
        assert_eq!(
            paid.totals.last().unwrap(),
            &("Balance due".to_owned(), Money::ZERO)
        );
        assert!(paid.closing.starts_with("Paid in full"));
        owed.paid = Money::ZERO;
        let open = Sheet::new(&owed, &[], 0);
        assert_eq!(open.totals.last().unwrap().1, owed.total() - owed.deposit);
        assert!(open.closing.contains("INV-B-000123"), "{}", open.closing);
    }

    #[test]
    fn day_use_is_one_line() {
        let sheet = Sheet::new(&bill(0), &[], 6);
        assert_eq!(sheet.lines.len(), 1);
        assert!(sheet.lines[0].text.starts_with("Day use"));
    }

    #[test]
    fn the_tax_is_the_part_of_the_price_that_the_state_gets() {
        assert_eq!(
            included_vat(Money::from_euros(106), 6),
            Money::from_euros(6)
        );
        assert_eq!(
            included_vat(Money::from_cents(100), 6),
            Money::from_cents(6)
        );
        assert_eq!(included_vat(Money::ZERO, 23), Money::ZERO);
    }
}
