//! Look up what a booking has paid.

use hotel_vocabulary::{BookingReference, HotelName, Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::Message;

use crate::Receipt;

/// Look up what a booking has paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Folio, error = UnknownFolio, idempotent)]
pub struct FindFolio {
    /// The hotel.
    pub hotel: HotelName,
    /// The booking.
    pub reference: BookingReference,
}

/// What a booking has paid and got back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Folio {
    /// Every charge, by purpose.
    pub charges: Vec<Receipt>,
    /// What was given back, in cents.
    pub refunded: Money,
    /// What the guest owes, in cents.
    pub open: Money,
}

/// The booking has never paid anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("no payments for {reference} of {hotel}")]
pub struct UnknownFolio {
    /// As asked for.
    pub hotel: HotelName,
    /// As asked for.
    pub reference: BookingReference,
}
