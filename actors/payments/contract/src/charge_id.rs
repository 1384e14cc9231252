//! The id of a charge, made from what it is for, so that the same charge asked for twice is one charge.

use hotel_vocabulary::{BookingReference, HotelName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Purpose;

/// The id of a charge: a booking of a hotel, and what is paid for. A booking pays once for each purpose.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct ChargeId {
    /// The hotel.
    pub hotel: HotelName,
    /// The booking.
    pub reference: BookingReference,
    /// What is paid for.
    pub purpose: Purpose,
}

impl std::fmt::Display for ChargeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.hotel, self.reference, self.purpose)
    }
}
