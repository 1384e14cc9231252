//! Reserve a room.

use hotel_vocabulary::{BookingReference, Day, Guest, HotelName, Money, Party, RoomType, Stay};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Event, Message};

use crate::{Deposit, Reservation};

/// Reserve a room for some nights.
///
/// The reference is the guest's: the same reservation sent again is answered with the reservation that was made.
/// A deposit is charged before the answer, or nothing is reserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Reservation, error = ReserveError)]
pub struct Reserve {
    /// Unique within the hotel.
    pub reference: BookingReference,
    /// Who books.
    pub guest: Guest,
    /// The type of the room.
    pub room: RoomType,
    /// When the guest stays.
    pub stay: Stay,
    /// How many come.
    pub party: Party,
    /// The price of one night, in cents; 0 is a free stay.
    pub rate: Money,
    /// What is agreed about a deposit.
    pub deposit: Deposit,
    /// The day of the booking; today when absent.
    #[serde(default)]
    pub booked_on: Option<Day>,
}

/// Why a room was not reserved. Nothing was booked and, unless it says otherwise, nothing charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ReserveError {
    /// No such hotel is configured.
    #[error("no hotel `{hotel}`")]
    UnknownHotel {
        /// As asked for.
        hotel: HotelName,
        /// The hotels there are.
        known: Vec<HotelName>,
    },
    /// The hotel has no such room type.
    #[error("no room type {room}")]
    UnknownRoomType {
        /// As asked for.
        room: RoomType,
        /// The room types there are.
        known: Vec<RoomType>,
    },
    /// Every room of this type is taken in one of the nights.
    #[error("no {room} room is free in the night of {night}")]
    Full {
        /// The type of the room.
        room: RoomType,
        /// The first night without a free room.
        night: Day,
    },
    /// The stay is longer than a hotel plans.
    #[error("{nights} nights are too many: {most} at most")]
    TooLong {
        /// As asked for.
        nights: u32,
        /// The longest stay.
        most: u32,
    },
    /// The guest would arrive before the day of the booking.
    #[error("arrival on {arrival} lies before the booking on {booked_on}")]
    ArrivalInThePast {
        /// As asked for.
        arrival: Day,
        /// The day of the booking.
        booked_on: Day,
    },
    /// Nobody comes, or more people than any room holds.
    #[error("a party of {size} cannot be lodged: 1 to {most} can")]
    WrongPartySize {
        /// As asked for, babies included.
        size: u32,
        /// The largest party.
        most: u32,
    },
    /// The rate is negative or absurdly high.
    #[error("a rate of {rate} a night is out of range: 0 to {most}")]
    WrongRate {
        /// As asked for, in cents.
        rate: Money,
        /// The highest rate, in cents.
        most: Money,
    },
    /// The reference belongs to a reservation with other content.
    #[error("reference {reference} belongs to another reservation")]
    ReferenceTaken {
        /// As given.
        reference: BookingReference,
    },
    /// The bank refused the deposit, and would again.
    #[error("the deposit was declined: {reason}")]
    PaymentDeclined {
        /// What the bank says.
        reason: String,
    },
    /// The deposit could not be charged now. Try again with the same reference: it is charged once at most, and given
    /// back when no reservation follows.
    #[error("the deposit cannot be charged now: {reason}")]
    PaymentUnavailable {
        /// What stood in the way.
        reason: String,
    },
}

/// A room was reserved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
pub struct Reserved {
    /// The new reservation.
    pub reservation: Reservation,
}
