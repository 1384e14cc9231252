//! Check the invoices.

use payments_contract::{BookingReference, Money};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use skep::Message;

/// Check the invoices: is every file there, with the size it was written with?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Message)]
#[message(reply = InvoiceAudit, idempotent)]
pub struct Audit {}

/// What was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InvoiceAudit {
    /// Invoices that were issued.
    pub invoices: u64,
    /// The sum of their totals, in cents.
    pub total: Money,
    /// Bookings whose file is gone or has another size; empty when all is well. At most 20 are listed.
    pub damaged: Vec<BookingReference>,
}
