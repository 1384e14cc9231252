//! Ask which rooms are free.

use hotel_vocabulary::{HotelName, Money, RoomType, Stay};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::Message;

/// Ask which rooms are free for a whole stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = FreeRooms, error = AvailabilityError, idempotent)]
pub struct Availability {
    /// When the guest would stay.
    pub stay: Stay,
}

/// The rooms that are free in every night of the stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FreeRooms {
    /// The hotel that answers.
    pub hotel: HotelName,
    /// One entry for each room type with a free room, by room type.
    pub rooms: Vec<RoomOffer>,
}

/// A room type with a free room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RoomOffer {
    /// The type of the room.
    pub room: RoomType,
    /// How many rooms are free in the fullest night; at least 1.
    pub free: u32,
    /// How many people sleep in it.
    pub sleeps: u32,
    /// The list price of one night, in cents.
    pub rate: Money,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum AvailabilityError {
    /// No such hotel is configured.
    #[error("no hotel `{hotel}`")]
    UnknownHotel {
        /// As asked for.
        hotel: HotelName,
        /// The hotels there are.
        known: Vec<HotelName>,
    },
    /// The stay is longer than a hotel plans.
    #[error("{nights} nights are too many: {most} at most")]
    TooLong {
        /// As asked for.
        nights: u32,
        /// The longest stay.
        most: u32,
    },
}
