//! Check the book against itself.

use hotel_vocabulary::{Day, HotelName, RoomType};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::Message;

/// Check the book against itself: recount every night from the reservations, and compare with rooms and counters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = BookAudit, idempotent)]
pub struct Audit {}

/// What the book of one hotel holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BookAudit {
    /// The hotel.
    pub hotel: HotelName,
    /// Reservations whose room is still kept.
    pub reserved: u64,
    /// Cancelled reservations.
    pub cancelled: u64,
    /// Reservations whose guest never came.
    pub no_shows: u64,
    /// Completed stays.
    pub checked_out: u64,
    /// Nights with more guests than rooms; empty in a sound book. At most 20 are listed.
    pub overbooked: Vec<Overbooked>,
    /// Nights whose counter differs from the recount; 0 in a sound book.
    pub miscounted_nights: u64,
    /// The greatest share of a room type that was ever taken in a night, in percent.
    pub peak_percent: u32,
}

/// A night with more guests than rooms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Overbooked {
    /// The type of the room.
    pub room: RoomType,
    /// The night.
    pub night: Day,
    /// How many rooms are taken.
    pub taken: u32,
    /// How many rooms there are.
    pub rooms: u32,
}

impl BookAudit {
    /// All reservations that were ever made.
    #[must_use]
    pub fn reservations(&self) -> u64 {
        self.reserved + self.cancelled + self.no_shows + self.checked_out
    }
}
