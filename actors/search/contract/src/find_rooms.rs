//! Find rooms over all hotels.

use hotel_vocabulary::{Day, HotelName, Money, RoomType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::Message;

/// Find rooms that are free for a whole stay, over all hotels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Offers, error = SearchError, idempotent)]
pub struct FindRooms {
    /// The day of arrival.
    pub arrival: Day,
    /// How many nights; 0 is day use.
    pub nights: u32,
    /// How many people sleep in the room.
    pub guests: u32,
    /// The highest price of one night, in cents; no limit when absent.
    #[serde(default)]
    pub max_price: Option<Money>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Offers {
    /// The offers, cheapest first.
    pub offers: Vec<Offer>,
    /// The hotels that did not answer. When there are some, the offers are not all there are.
    pub unanswered: Vec<Unanswered>,
}

/// A room type of a hotel that is free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Offer {
    /// The hotel.
    pub hotel: HotelName,
    /// The type of the room.
    pub room: RoomType,
    /// How many people sleep in it.
    pub sleeps: u32,
    /// How many such rooms are free.
    pub free: u32,
    /// The price of one night, in cents.
    pub rate: Money,
    /// The price of the stay, in cents.
    pub total: Money,
}

/// A hotel that did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unanswered {
    /// The hotel.
    pub hotel: HotelName,
    /// What stood in the way.
    pub reason: String,
}

/// Why nothing was searched, or nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum SearchError {
    /// The stay is longer than hotels plan.
    #[error("{nights} nights are too many: {most} at most")]
    TooLong {
        /// As asked for.
        nights: u32,
        /// The longest stay.
        most: u32,
    },
    /// Nobody comes, or more people than any room holds.
    #[error("a party of {guests} cannot be lodged: 1 to {most} can")]
    WrongPartySize {
        /// As asked for.
        guests: u32,
        /// The largest party.
        most: u32,
    },
    /// The highest price is nothing or negative.
    #[error("no room costs {max_price} or less")]
    WrongPrice {
        /// As asked for, in cents.
        max_price: Money,
    },
    /// Not one hotel answered.
    #[error("no hotel answers")]
    NoHotelAnswers {
        /// What stood in the way, hotel by hotel.
        unanswered: Vec<Unanswered>,
    },
}
