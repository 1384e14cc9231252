//! The bill of a completed stay.

use hotel_vocabulary::{BookingReference, Day, Guest, HotelName, Money, RoomType, Stay};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::Event;

/// The bill of a completed stay: everything that an invoice shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bill {
    /// The hotel.
    pub hotel: HotelName,
    /// The booking.
    pub reference: BookingReference,
    /// Who stayed.
    pub guest: Guest,
    /// The type of the room.
    pub room: RoomType,
    /// When; day use is billed as one night.
    pub stay: Stay,
    /// The price of one night, in cents.
    pub rate: Money,
    /// What was paid before the stay, in cents.
    pub deposit: Money,
    /// What was paid at check-out, in cents.
    pub paid: Money,
    /// The day of the check-out.
    pub on: Day,
}

/// A completed stay was billed. Comes once for each check-out, whether or not something was left to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
pub struct Billed {
    /// The bill.
    pub bill: Bill,
}

impl Bill {
    /// The price of the whole stay.
    #[must_use]
    pub fn total(&self) -> Money {
        self.rate.times(self.stay.billed_nights())
    }

    /// What the guest still owes, because the bank declined; nothing as a rule.
    #[must_use]
    pub fn open(&self) -> Money {
        self.total() - self.deposit - self.paid
    }
}
