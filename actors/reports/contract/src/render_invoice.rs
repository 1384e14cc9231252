//! Render an invoice.

use payments_contract::{Bill, BookingReference, Day, Guest, HotelName, Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::{Event, Message};

/// Render the invoice of a completed stay, unless it exists. A booking has one invoice: a bill with other content for
/// the same booking is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = Invoice, error = RenderError)]
pub struct RenderInvoice {
    /// What it shows.
    pub bill: Bill,
}

/// An invoice that was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Invoice {
    /// Its number.
    pub number: String,
    /// The hotel.
    pub hotel: HotelName,
    /// The booking.
    pub reference: BookingReference,
    /// The day of the check-out, which the invoice bears.
    pub issued_on: Day,
    /// The price of the stay, in cents.
    pub total: Money,
    /// What is still to be paid, in cents.
    pub open: Money,
    /// The file, below the folder of invoices.
    pub file: String,
    /// The size of the file.
    pub bytes: u64,
}

/// Why there is no invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum RenderError {
    /// The booking has an invoice with another total.
    #[error("invoice {number} has been issued with another total")]
    AlreadyIssued {
        /// The invoice there is.
        number: String,
    },
    /// The stay is longer than a hotel plans, so that the bill cannot be right.
    #[error("a bill over {nights} nights is refused: {most} at most")]
    TooLong {
        /// The nights of the bill.
        nights: u32,
        /// The longest stay.
        most: u32,
    },
    /// The file could not be written. Which one, and why, stands in the log.
    #[error("the file of invoice {number} could not be written")]
    NotWritten {
        /// The invoice that is missing.
        number: String,
    },
}

/// An invoice was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Event)]
pub struct InvoiceIssued {
    /// The invoice.
    pub invoice: Invoice,
    /// Who gets it.
    pub guest: Guest,
}
