//! Events like any other, for the tests of this package.

use hotel_vocabulary::{Day, Guest, Money, Party, Stay};
use payments_contract::{ChargeId, Charged, Declined, Purpose, Receipt, Refunded};
use reports_contract::{Invoice, InvoiceIssued};
use reservations_contract::{Deposit, Reservation, Status};

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn guest() -> Guest {
    Guest {
        name: "Ana Silva".parse().unwrap(),
        email: "ana@example.com".parse().unwrap(),
    }
}

fn id(purpose: Purpose) -> ChargeId {
    ChargeId {
        hotel: "City Hotel".parse().unwrap(),
        reference: "B-000123".parse().unwrap(),
        purpose,
    }
}

pub(crate) fn reservation() -> Reservation {
    Reservation {
        reference: "B-000123".parse().unwrap(),
        hotel: "City Hotel".parse().unwrap(),
        guest: guest(),
        room: "A".parse().unwrap(),
        stay: Stay {
            arrival: day("2016-02-01"),
            nights: 2,
        },
        party: Party::of_adults(2),
        rate: Money::from_euros(80),
        deposit: Deposit::Refundable,
        deposit_paid: Money::from_euros(48),
        booked_on: day("2016-01-01"),
        status: Status::Reserved,
    }
}

pub(crate) fn charged(purpose: Purpose) -> Charged {
    let amount = Money::from_euros(48);
    let receipt = Receipt {
        id: id(purpose),
        amount,
        on: day("2016-01-01"),
        bank_number: "SB-1".to_owned(),
    };
    Charged {
        receipt,
        guest: guest(),
    }
}

pub(crate) fn refunded(purpose: Purpose) -> Refunded {
    Refunded {
        charge: id(purpose),
        guest: guest(),
        amount: Money::from_euros(48),
        on: day("2016-01-02"),
    }
}

pub(crate) fn declined() -> Declined {
    let (id, amount) = (id(Purpose::Stay), Money::from_euros(112));
    Declined {
        id,
        guest: guest(),
        amount,
        on: day("2016-02-03"),
        reason: "limit exceeded".to_owned(),
    }
}

pub(crate) fn invoice_issued() -> InvoiceIssued {
    let invoice = Invoice {
        number: "INV-B-000123".to_owned(),
        hotel: "City Hotel".parse().unwrap(),
        reference: "B-000123".parse().unwrap(),
        issued_on: day("2016-02-03"),
        total: Money::from_euros(160),
        open: Money::ZERO,
        file: "city-hotel/B-000123.pdf".to_owned(),
        bytes: 4_096,
    };
    InvoiceIssued {
        invoice,
        guest: guest(),
    }
}
