//! Look a reservation up.

use hotel_vocabulary::BookingReference;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::Message;

use crate::Reservation;

/// Look a reservation up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Reservation, error = NotFound, idempotent)]
pub struct Find {
    /// Which reservation.
    pub reference: BookingReference,
}

/// The hotel knows no such reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("no reservation {reference}")]
pub struct NotFound {
    /// As asked for.
    pub reference: BookingReference,
}
