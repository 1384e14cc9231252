//! Check a guest out.

use hotel_vocabulary::{BookingReference, Day};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Event, Message};

use crate::{CloseError, Reservation};

/// Check a guest out. What the deposit did not cover is charged, and an invoice is issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Reservation, error = CloseError)]
pub struct CheckOut {
    /// Which reservation.
    pub reference: BookingReference,
    /// The day of the check-out, not before the arrival; today when absent.
    #[serde(default)]
    pub on: Option<Day>,
}

/// A guest has left: the stay is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
pub struct CheckedOut {
    /// The reservation, as it ended.
    pub reservation: Reservation,
}
