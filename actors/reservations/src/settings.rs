//! The section `[capabilities.reservations.settings]`: which rooms each hotel has.

use std::collections::BTreeMap;

use hotel_vocabulary::{HotelName, Money, RoomType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which rooms each hotel has, and how much of a stay a deposit is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The rooms of each hotel, by room type. Default: the two hotels of the public data set, a resort and a city hotel.
    pub hotels: BTreeMap<HotelName, Inventory>,
    /// How much of a stay is paid as a refundable deposit, in percent, 0 to 100. Default: 30.
    #[schemars(range(max = 100))]
    pub refundable_deposit_percent: Percent,
}

/// The rooms of one hotel, by room type.
pub type Inventory = BTreeMap<RoomType, Rooms>;

/// The rooms of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rooms {
    /// How many there are.
    pub rooms: u32,
    /// How many people sleep in one. Default: 2.
    #[serde(default = "two")]
    pub sleeps: u32,
    /// The list price of one night, in cents; what the search offers.
    pub rate_cents: Money,
}

/// A share of 0 to 100 percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u32", into = "u32")]
pub struct Percent(u32);

/// The share is more than the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} percent is more than the whole: 0 to 100 can be set")]
pub struct MoreThanAll(u32);

impl Percent {
    /// This share of an amount, to the nearest cent.
    #[must_use]
    pub fn of(self, amount: Money) -> Money {
        amount.percent(self.0)
    }
}

impl TryFrom<u32> for Percent {
    type Error = MoreThanAll;

    fn try_from(percent: u32) -> Result<Self, MoreThanAll> {
        if percent <= 100 {
            Ok(Self(percent))
        } else {
            Err(MoreThanAll(percent))
        }
    }
}

impl From<Percent> for u32 {
    fn from(percent: Percent) -> Self {
        percent.0
    }
}

impl Default for Settings {
    fn default() -> Self {
        let hotels = DEFAULT_HOTELS
            .iter()
            .filter_map(|(name, rooms)| Some((name.parse().ok()?, inventory(rooms))));
        Self {
            hotels: hotels.collect(),
            refundable_deposit_percent: Percent(30),
        }
    }
}

/// Room type, number of rooms, people who sleep in one, euros a night.
type Row = (&'static str, u32, u32, i32);

/// Sized after the public data set: the real bookings mostly fit, in high season some are refused as full.
const DEFAULT_HOTELS: [(&str, &[Row]); 2] = [
    (
        "Resort Hotel",
        &[
            ("A", 115, 2, 75),
            ("B", 4, 2, 85),
            ("C", 10, 4, 120),
            ("D", 45, 2, 95),
            ("E", 28, 3, 105),
            ("F", 10, 3, 125),
            ("G", 15, 4, 150),
            ("H", 7, 5, 170),
            ("L", 1, 2, 110),
        ],
    ),
    (
        "City Hotel",
        &[
            ("A", 250, 2, 90),
            ("B", 20, 2, 85),
            ("C", 4, 3, 95),
            ("D", 70, 2, 115),
            ("E", 20, 3, 140),
            ("F", 20, 4, 170),
            ("G", 8, 4, 185),
        ],
    ),
];

fn inventory(rows: &[Row]) -> Inventory {
    let rooms = rows.iter().filter_map(|&(room, rooms, sleeps, euros)| {
        Some((
            room.parse().ok()?,
            Rooms {
                rooms,
                sleeps,
                rate_cents: Money::from_euros(euros),
            },
        ))
    });
    rooms.collect()
}

fn two() -> u32 {
    2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_has_every_room_of_both_hotels() {
        let settings: Settings = toml::from_str("").unwrap();
        assert_eq!(settings.hotels.len(), DEFAULT_HOTELS.len());
        for (hotel, rows) in DEFAULT_HOTELS {
            assert_eq!(
                settings.hotels[&hotel.parse::<HotelName>().unwrap()].len(),
                rows.len(),
                "{hotel}"
            );
        }
    }

    #[test]
    fn hotels_are_read_with_their_rooms() {
        let text = r#"
            refundable_deposit_percent = 50
            [hotels."Grand Hotel"]
            A = { rooms = 2, rate_cents = 8900 }
            B = { rooms = 1, sleeps = 4, rate_cents = 15000 }
        "#;
        let settings: Settings = toml::from_str(text).unwrap();
        let rooms = &settings.hotels[&"Grand Hotel".parse::<HotelName>().unwrap()];
        let sleeps: Vec<u32> = rooms.values().map(|rooms| rooms.sleeps).collect();
        assert_eq!(sleeps, [2, 4]);
        assert_eq!(
            settings
                .refundable_deposit_percent
                .of(Money::from_euros(10)),
            Money::from_euros(5)
        );
    }

    #[test]
    fn unknown_keys_and_impossible_shares_are_refused() {
        for text in [
            "rooms = 3",
            "refundable_deposit_percent = 101",
            "[hotels.X]\nA = { rooms = 1 }",
        ] {
            assert!(toml::from_str::<Settings>(text).is_err(), "{text}");
        }
    }
}
