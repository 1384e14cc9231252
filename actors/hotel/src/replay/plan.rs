//! The order in which bookings happened.

use std::collections::BTreeMap;

use hotel_vocabulary::{BookingReference, Day, HotelName};
use reservations_contract::Reserve;

use super::booking::{Booking, Ending};

/// Something that happens to a booking on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The day.
    pub on: Day,
    /// The line of the booking.
    pub line: u64,
    /// What happens.
    pub action: Action,
}

/// What happens to a booking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The guest reserves.
    Reserve(Box<Reserve>),
    /// The booking ends.
    End {
        /// Which booking.
        reference: BookingReference,
        /// How.
        ending: Ending,
    },
}

/// The steps of each hotel, by day, then by line; a booking is made before it ends. What lies after `until` has not
/// happened yet.
#[must_use]
pub fn plan(bookings: &[Booking], until: Option<Day>) -> BTreeMap<HotelName, Vec<Step>> {
    let mut hotels: BTreeMap<HotelName, Vec<Step>> = BTreeMap::new();
    for booking in bookings {
        let happened = steps(booking)
            .into_iter()
            .filter(|step| until.is_none_or(|until| step.on <= until));
        hotels
            .entry(booking.hotel.clone())
            .or_default()
            .extend(happened);
    }
    for steps in hotels.values_mut() {
        // Stable: the steps of one booking on one day keep their order.
        steps.sort_by_key(|step| (step.on, step.line));
    }
    hotels
}

fn steps(booking: &Booking) -> [Step; 2] {
    let end = Action::End {
        reference: booking.reference.clone(),
        ending: booking.ending,
    };
    let reserve = Action::Reserve(Box::new(booking.reserve()));
    [
        Step {
            on: booking.booked_on,
            line: booking.line,
            action: reserve,
        },
        Step {
            on: booking.ended_on,
            line: booking.line,
            action: end,
        },
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::demo;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn booking(line: u64, booked_on: &str, ended_on: &str) -> Booking {
        let like = demo::booking(1, line, day("2016-01-01"));
        let (booked_on, ended_on) = (day(booked_on), day(ended_on));
        Booking {
            hotel: "City Hotel".parse().unwrap(),
            booked_on,
            ended_on,
            ..like
        }
    }

    fn told(steps: &[Step]) -> Vec<(u64, bool)> {
        steps
            .iter()
            .map(|step| (step.line, matches!(step.action, Action::Reserve(_))))
            .collect()
    }

    #[test]
    fn steps_are_in_the_order_of_days_then_of_lines() {
        let bookings = [
            booking(2, "2016-01-05", "2016-01-09"),
            booking(3, "2016-01-01", "2016-01-05"),
            booking(4, "2016-01-09", "2016-01-09"),
        ];
        let hotels = plan(&bookings, None);
        let steps = &hotels[&bookings[0].hotel];
        assert_eq!(
            told(steps),
            [
                (3, true),
                (2, true),
                (3, false),
                (2, false),
                (4, true),
                (4, false)
            ]
        );
    }

    #[test]
    fn what_has_not_happened_yet_is_left_out() {
        let bookings = [booking(2, "2016-01-05", "2016-01-09")];
        let hotels = plan(&bookings, Some(day("2016-01-06")));
        assert_eq!(told(&hotels[&bookings[0].hotel]), [(2, true)]);
    }

    proptest! {
        #[test]
        fn every_booking_is_made_before_it_ends(seed in any::<u64>(), count in 1u64..60) {
            let bookings: Vec<Booking> = (0..count).map(|line| demo::booking(seed, line, day("2016-06-01"))).collect();
            let hotels = plan(&bookings, None);
            prop_assert_eq!(hotels.values().map(Vec::len).sum::<usize>(), 2 * bookings.len());
            for steps in hotels.values() {
                let mut open = std::collections::BTreeSet::new();
                for step in steps {
                    match step.action {
                        Action::Reserve(_) => prop_assert!(open.insert(step.line)),
                        Action::End { .. } => prop_assert!(open.remove(&step.line)),
                    }
                }
            }
        }
    }
}
