//! Bookings that nobody made, for a first look and for sample files: the same seed gives the same bookings, on every
//! machine and with every version of every library.

use std::fmt::Debug;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use hotel_vocabulary::{Day, Guest, Money, Party, Stay};
use reservations_contract::Deposit;
use siphasher::sip::SipHasher13;

use crate::replay::{Booking, Ending};

/// A hotel's name, and its room types with the price of a night in euros; the frequent ones stand more than once.
type Hotel = (&'static str, &'static [(&'static str, i32)]);

const HOTELS: [Hotel; 3] = [
    (
        "Resort Hotel",
        &[
            ("A", 75),
            ("A", 78),
            ("A", 70),
            ("D", 95),
            ("D", 99),
            ("E", 105),
            ("G", 150),
        ],
    ),
    (
        "City Hotel",
        &[
            ("A", 90),
            ("A", 85),
            ("A", 95),
            ("D", 115),
            ("E", 140),
            ("F", 170),
        ],
    ),
    ("City Hotel", &[("A", 88), ("A", 92), ("D", 120)]),
];

const FIRST_NAMES: [&str; 8] = [
    "Ana", "João", "Maria", "Tomás", "Inês", "Emma", "Luca", "Zoë",
];
const LAST_NAMES: [&str; 8] = [
    "Silva", "Santos", "Ferreira", "Costa", "Müller", "Dubois", "Rossi", "Smith",
];

/// How many days before and after the middle guests arrive.
const SPREAD_DAYS: i32 = 45;

/// So many bookings with arrivals around `middle`.
#[must_use]
pub fn bookings(seed: u64, count: u64, middle: Day) -> Vec<Booking> {
    (1..=count)
        .map(|line| booking(seed, line, middle))
        .collect()
}

/// The booking of a line, with an arrival around `middle`.
#[must_use]
pub fn booking(seed: u64, line: u64, middle: Day) -> Booking {
    let dice = Dice { seed, line };
    let (hotel, rooms) = dice.pick("hotel", &HOTELS);
    let (room, euros) = *dice.pick("room", rooms);
    let arrival = middle.plus_days(dice.roll("arrival", 2 * SPREAD_DAYS + 1) - SPREAD_DAYS);
    let stay = Stay {
        arrival,
        nights: *dice.pick("nights", &[1, 1, 2, 2, 2, 3, 3, 4, 5, 7, 7, 0]),
    };
    let booked_on = arrival.plus_days(-dice.lead_time());
    let ending = dice.ending();
    Booking {
        line,
        reference: made(&format!("B-{line:06}-demo")),
        guest: dice.guest(),
        hotel: made(hotel),
        room: made(room),
        stay,
        party: dice.party(),
        rate: Money::from_euros(euros) + Money::from_cents(i64::from(dice.roll("rate", 40)) * 50),
        deposit: dice.deposit(),
        booked_on,
        ending,
        ended_on: dice.ended_on(ending, booked_on, &stay),
    }
}

fn made<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("what is made up here is well-formed")
}

/// Answers questions about a line: the same question gets the same answer.
struct Dice {
    seed: u64,
    line: u64,
}

impl Dice {
    /// A number from 0 to below `sides`.
    fn roll(&self, question: &str, sides: i32) -> i32 {
        let mut hasher = SipHasher13::new_with_keys(self.seed, self.line);
        question.hash(&mut hasher);
        let sides = u64::try_from(sides.max(1)).unwrap_or(1);
        i32::try_from(hasher.finish() % sides).unwrap_or(0)
    }

    fn pick<'c, T>(&self, question: &str, choices: &'c [T]) -> &'c T {
        let sides = i32::try_from(choices.len()).unwrap_or(1);
        &choices[usize::try_from(self.roll(question, sides)).unwrap_or(0)]
    }

    /// Days from booking to arrival: many come soon, few plan half a year ahead.
    fn lead_time(&self) -> i32 {
        self.roll("lead time", 180) * self.roll("patience", 101) / 100
    }

    fn guest(&self) -> Guest {
        let (first, last) = (
            self.pick("first name", &FIRST_NAMES),
            self.pick("last name", &LAST_NAMES),
        );
        Guest {
            name: made(&format!("{first} {last}")),
            email: made(&format!("guest-{:06}@example.com", self.line)),
        }
    }

    fn party(&self) -> Party {
        let adults = *self.pick("adults", &[1, 2, 2, 2, 3]);
        Party {
            adults,
            children: *self.pick("children", &[0, 0, 0, 0, 1, 2]),
            babies: 0,
        }
    }

    fn deposit(&self) -> Deposit {
        match self.roll("deposit", 20) {
            0..=2 => Deposit::NonRefundable,
            3..=5 => Deposit::Refundable,
            _ => Deposit::None,
        }
    }

    fn ending(&self) -> Ending {
        match self.roll("ending", 20) {
            0..=5 => Ending::Cancelled,
            6 => Ending::NoShow,
            _ => Ending::CheckedOut,
        }
    }

    fn ended_on(&self, ending: Ending, booked_on: Day, stay: &Stay) -> Day {
        match ending {
            Ending::CheckedOut => stay.departure(),
            Ending::NoShow => stay.arrival,
            Ending::Cancelled => {
                let days = booked_on.days_until(stay.arrival) + 1;
                booked_on.plus_days(self.roll("cancelled after", days))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use hotel_vocabulary::HotelName;

    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_bookings_and_another_seed_others() {
        let middle: Day = "2026-05-01".parse().unwrap();
        assert_eq!(bookings(7, 20, middle), bookings(7, 20, middle));
        assert_ne!(bookings(7, 20, middle), bookings(8, 20, middle));
    }

    #[test]
    fn a_handful_of_bookings_has_every_ending_and_both_hotels() {
        let made = bookings(1, 40, "2026-05-01".parse().unwrap());
        let endings: std::collections::BTreeSet<Ending> =
            made.iter().map(|booking| booking.ending).collect();
        let hotels: std::collections::BTreeSet<&HotelName> =
            made.iter().map(|booking| &booking.hotel).collect();
        assert_eq!((endings.len(), hotels.len()), (3, 2));
        assert!(
            made.iter()
                .all(|booking| booking.booked_on <= booking.ended_on && booking.party.size() > 0)
        );
    }
}
