//! A reservation as everyone sees it, and the states it goes through.

use std::fmt;

use hotel_vocabulary::{BookingReference, Day, Guest, HotelName, Money, Party, RoomType, Stay};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A room that is kept for a guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reservation {
    /// Unique within the hotel.
    pub reference: BookingReference,
    /// The hotel that keeps the room.
    pub hotel: HotelName,
    /// Who booked.
    pub guest: Guest,
    /// The type of the room.
    pub room: RoomType,
    /// When the guest stays.
    pub stay: Stay,
    /// How many come.
    pub party: Party,
    /// The price of one night, in cents.
    pub rate: Money,
    /// What was agreed about a deposit.
    pub deposit: Deposit,
    /// What was paid as a deposit when the room was reserved, in cents.
    pub deposit_paid: Money,
    /// The day of the booking.
    pub booked_on: Day,
    /// Where it stands.
    pub status: Status,
}

/// What was agreed about a deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Deposit {
    /// Nothing is paid before check-out.
    None,
    /// A part is paid at once, and given back when the guest cancels.
    Refundable,
    /// The whole stay is paid at once, and kept.
    NonRefundable,
}

/// Where a reservation stands. Every reservation begins as reserved and ends in exactly one of the other states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The room is kept.
    Reserved,
    /// The guest cancelled.
    Cancelled {
        /// The day of the cancellation.
        on: Day,
    },
    /// The guest never came.
    NoShow {
        /// The day this was recorded.
        on: Day,
    },
    /// The guest came and left.
    CheckedOut {
        /// The day of the check-out.
        on: Day,
    },
}

/// Why a reservation cannot be cancelled, recorded as a no-show, or checked out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum CloseError {
    /// The hotel knows no such reservation.
    #[error("no reservation {reference}")]
    UnknownReference {
        /// As asked for.
        reference: BookingReference,
    },
    /// The reservation has already ended, in another way or on another day.
    #[error("reservation {reference} is already {status}")]
    WrongState {
        /// The reservation.
        reference: BookingReference,
        /// Where it stands.
        status: Status,
    },
    /// The day is too early for this: before the booking, or before the arrival.
    #[error("{on} is too early: {earliest} at the soonest")]
    TooEarly {
        /// The day that was given.
        on: Day,
        /// The first day on which it is possible.
        earliest: Day,
    },
}

impl Reservation {
    /// The price of the whole stay.
    #[must_use]
    pub fn total(&self) -> Money {
        self.rate.times(self.stay.billed_nights())
    }

    /// The nights for which this reservation takes a room, first to last.
    ///
    /// A guest who leaves early gives the remaining nights back, but for the first one; who cancels or never comes
    /// gives back all of them.
    pub fn taken_nights(&self) -> impl Iterator<Item = Day> + use<> {
        let arrival = self.stay.arrival;
        let status = self.status;
        self.stay
            .taken_nights()
            .take_while(move |night| match status {
                Status::Reserved => true,
                Status::Cancelled { .. } | Status::NoShow { .. } => false,
                Status::CheckedOut { on } => *night < on || *night == arrival,
            })
    }
}

impl Status {
    /// The state in one word, for tables and counts.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Cancelled { .. } => "cancelled",
            Self::NoShow { .. } => "no-show",
            Self::CheckedOut { .. } => "checked out",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reserved => f.write_str(self.word()),
            Self::Cancelled { on } | Self::NoShow { on } | Self::CheckedOut { on } => {
                write!(f, "{} on {on}", self.word())
            }
        }
    }
}
