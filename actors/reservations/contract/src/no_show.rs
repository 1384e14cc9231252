//! Record that a guest never came.

use hotel_vocabulary::{BookingReference, Day};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Event, Message};

use crate::{CloseError, Reservation};

/// Record that a guest never came. The room is free again; without a deposit the first night is charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Reservation, error = CloseError)]
pub struct NoShow {
    /// Which reservation.
    pub reference: BookingReference,
    /// The day on which this is recorded, not before the arrival; today when absent.
    #[serde(default)]
    pub on: Option<Day>,
}

/// A guest never came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
pub struct NoShowRecorded {
    /// The reservation, as it ended.
    pub reservation: Reservation,
}
