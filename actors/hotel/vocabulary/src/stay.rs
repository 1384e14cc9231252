//! When a guest stays.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Day;

/// No stay is longer than a year and a day.
pub const MAX_NIGHTS: u32 = 366;

/// An arrival and a number of nights. No nights at all is day use: it takes the room on the day of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stay {
    /// The day of arrival.
    pub arrival: Day,
    /// How many nights; 0 is day use.
    pub nights: u32,
}

impl Stay {
    /// The day of departure; the day of arrival for day use.
    #[must_use]
    pub fn departure(&self) -> Day {
        self.arrival
            .plus_days(i32::try_from(self.nights).unwrap_or(i32::MAX))
    }

    /// How many nights are paid and take a room: day use counts as one.
    #[must_use]
    pub fn billed_nights(&self) -> u32 {
        self.nights.max(1)
    }

    /// The nights that take a room, first to last; at most [`MAX_NIGHTS`].
    pub fn taken_nights(&self) -> impl Iterator<Item = Day> + use<> {
        let arrival = self.arrival;
        (0i32..)
            .take(self.billed_nights().min(MAX_NIGHTS) as usize)
            .map(move |night| arrival.plus_days(night))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stay(nights: u32) -> Stay {
        Stay {
            arrival: "2016-02-28".parse().unwrap(),
            nights,
        }
    }

    #[test]
    fn the_day_of_departure_is_not_a_night() {
        let nights: Vec<String> = stay(2)
            .taken_nights()
            .map(|night| night.to_string())
            .collect();
        assert_eq!(nights, ["2016-02-28", "2016-02-29"]);
        assert_eq!(stay(2).departure().to_string(), "2016-03-01");
    }

    #[test]
    fn day_use_takes_the_room_on_the_day_of_arrival() {
        assert_eq!(
            stay(0).taken_nights().collect::<Vec<_>>(),
            [stay(0).arrival]
        );
        assert_eq!(stay(0).departure(), stay(0).arrival);
        assert_eq!(stay(0).billed_nights(), 1);
    }

    #[test]
    fn an_absurd_number_of_nights_neither_hangs_nor_panics() {
        assert_eq!(stay(u32::MAX).taken_nights().count(), MAX_NIGHTS as usize);
        assert!(stay(u32::MAX).departure() > stay(0).arrival);
    }
}
