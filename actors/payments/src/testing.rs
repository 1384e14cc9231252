//! A receipt and a reservation like any other, for the tests of this package.

use payments_contract::{Charge, ChargeId, Day, Guest, Money, Party, Purpose, Receipt, Stay};
use reservations_contract::{Deposit, Reservation, Status};

use crate::folio::Collected;

pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub(crate) fn guest() -> Guest {
    Guest {
        name: "Ana Silva".parse().unwrap(),
        email: "ana@example.com".parse().unwrap(),
    }
}

pub(crate) fn receipt(reference: &str, euros: i32) -> Receipt {
    let (hotel, reference) = ("City Hotel".parse().unwrap(), reference.parse().unwrap());
    let id = ChargeId {
        hotel,
        reference,
        purpose: Purpose::Deposit,
    };
    Receipt {
        id,
        amount: Money::from_euros(euros),
        on: day("2016-01-01"),
        bank_number: "SB-1".to_owned(),
    }
}

pub(crate) fn deposit_receipt(euros: i32) -> Receipt {
    receipt("B-1", euros)
}

pub(crate) fn charge(purpose: Purpose, euros: i32) -> Charge {
    let id = ChargeId {
        purpose,
        ..deposit_receipt(euros).id
    };
    Charge {
        id,
        guest: guest(),
        amount: Money::from_euros(euros),
        on: day("2016-01-01"),
    }
}

/// How collecting an amount goes with a bank that pays, or declines.
pub(crate) fn collected(purpose: Purpose, euros: i32, pays: bool) -> Collected {
    let mut receipt = deposit_receipt(euros);
    receipt.id.purpose = purpose;
    match (euros, pays) {
        (0, _) => Collected::Nothing,
        (_, true) => Collected::Paid(receipt),
        (_, false) => Collected::Declined {
            amount: receipt.amount,
            reason: "limit exceeded".to_owned(),
        },
    }
}

/// Two nights at 80 euros.
pub(crate) fn reservation(deposit: Deposit, deposit_euros: i32) -> Reservation {
    Reservation {
        reference: "B-1".parse().unwrap(),
        hotel: "City Hotel".parse().unwrap(),
        guest: guest(),
        room: "A".parse().unwrap(),
        stay: Stay {
            arrival: day("2016-02-01"),
            nights: 2,
        },
        party: Party::of_adults(2),
        rate: Money::from_euros(80),
        deposit,
        deposit_paid: Money::from_euros(deposit_euros),
        booked_on: day("2016-01-01"),
        status: Status::CheckedOut {
            on: day("2016-02-03"),
        },
    }
}
