//! Look an invoice up.

use payments_contract::{BookingReference, HotelName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::Message;

use crate::Invoice;

/// Look an invoice up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Invoice, error = NotIssued, idempotent)]
pub struct FindInvoice {
    /// The hotel.
    pub hotel: HotelName,
    /// The booking.
    pub reference: BookingReference,
}

/// The booking has no invoice (yet).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("no invoice for {reference} of {hotel}")]
pub struct NotIssued {
    /// As asked for.
    pub hotel: HotelName,
    /// As asked for.
    pub reference: BookingReference,
}
