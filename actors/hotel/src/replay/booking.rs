//! A booking as history knows it: made on one day, ended on another.

use hotel_vocabulary::{BookingReference, Day, Guest, HotelName, Money, Party, RoomType, Stay};
use reservations_contract::{Deposit, Reserve};

/// A booking and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// The line of the file, counted as editors do; the heading is line 1.
    pub line: u64,
    /// Unique to this line of this file.
    pub reference: BookingReference,
    /// Who booked. Files name nobody: the guest is called after the line.
    pub guest: Guest,
    /// The hotel.
    pub hotel: HotelName,
    /// The room type that was booked.
    pub room: RoomType,
    /// When the guest was to stay.
    pub stay: Stay,
    /// How many were to come.
    pub party: Party,
    /// The price of one night.
    pub rate: Money,
    /// What was agreed about a deposit.
    pub deposit: Deposit,
    /// The day of the booking.
    pub booked_on: Day,
    /// How it ended.
    pub ending: Ending,
    /// The day it ended.
    pub ended_on: Day,
}

/// How a booking ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// The guest cancelled.
    Cancelled,
    /// The guest never came.
    NoShow,
    /// The guest came and left.
    CheckedOut,
}

impl Booking {
    /// The reservation that the guest asked for.
    #[must_use]
    pub fn reserve(&self) -> Reserve {
        Reserve {
            reference: self.reference.clone(),
            guest: self.guest.clone(),
            room: self.room.clone(),
            stay: self.stay,
            party: self.party,
            rate: self.rate,
            deposit: self.deposit,
            booked_on: Some(self.booked_on),
        }
    }
}
