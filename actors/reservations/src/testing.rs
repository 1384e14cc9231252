//! A reservation like any other, for the tests of this package.

use hotel_vocabulary::{Day, Guest, Money, Party, Stay};
use reservations_contract::{Deposit, Reservation, Reserve};

pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub(crate) fn reserve(reference: &str) -> Reserve {
    Reserve {
        reference: reference.parse().unwrap(),
        guest: Guest {
            name: "Ana Silva".parse().unwrap(),
            email: "ana@example.com".parse().unwrap(),
        },
        room: "A".parse().unwrap(),
        stay: Stay {
            arrival: day("2016-02-01"),
            nights: 2,
        },
        party: Party::of_adults(2),
        rate: Money::from_euros(80),
        deposit: Deposit::None,
        booked_on: Some(day("2016-01-01")),
    }
}

pub(crate) fn reservation(reference: &str) -> Reservation {
    crate::reserve::reservation(
        reserve(reference),
        "City Hotel".parse().unwrap(),
        day("2016-01-01"),
        Money::ZERO,
    )
}
