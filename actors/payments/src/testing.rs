//! A receipt and a reservation like any other, for the tests of this package.

use payments_contract::{ChargeId, Day, Guest, Money, Party, Purpose, Receipt, Stay};
use reservations_contract::{Deposit, Reservation, Status};

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
