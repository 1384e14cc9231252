//! Cancel a reservation.

use hotel_vocabulary::{BookingReference, Day};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Event, Message};

use crate::{CloseError, Reservation};

/// Cancel a reservation. The room is free again; a refundable deposit is given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Reservation, error = CloseError)]
pub struct Cancel {
    /// Which reservation.
    pub reference: BookingReference,
    /// The day of the cancellation; today when absent.
    #[serde(default)]
    pub on: Option<Day>,
}

/// A reservation was cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
pub struct Cancelled {
    /// The reservation, as it ended.
    pub reservation: Reservation,
}
