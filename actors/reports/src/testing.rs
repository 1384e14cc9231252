//! A bill like any other, for the tests of this package.

use hotel_vocabulary::{Guest, Money, Stay};
use payments_contract::Bill;

/// So many nights at 95 euros, the first one paid as a deposit, the rest at check-out.
pub(crate) fn bill(nights: u32) -> Bill {
    let stay = Stay {
        arrival: "2016-02-28".parse().unwrap(),
        nights,
    };
    let rate = Money::from_euros(95);
    Bill {
        hotel: "City Hotel".parse().unwrap(),
        reference: "B-000123".parse().unwrap(),
        guest: Guest {
            name: "João da Silva".parse().unwrap(),
            email: "joao@example.com".parse().unwrap(),
        },
        room: "A".parse().unwrap(),
        stay,
        rate,
        deposit: rate,
        paid: rate.times(stay.billed_nights() - 1),
        on: stay.departure(),
    }
}
