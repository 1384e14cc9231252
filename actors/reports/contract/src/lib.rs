//! What may be said to the reports.
//!
//! Invoices are issued when payments bill a completed stay; asking for one by hand is for repairs.

mod audit;
mod find_invoice;
mod render_invoice;

pub use audit::{Audit, InvoiceAudit};
pub use find_invoice::{FindInvoice, NotIssued};
pub use payments_contract::{Bill, BookingReference, Day, Guest, HotelName, Money};
pub use render_invoice::{Invoice, InvoiceIssued, RenderError, RenderInvoice};

skep::contract! {
    /// Invoices as PDF files, one for each completed stay.
    pub Reports v1 {
        RenderInvoice, FindInvoice, Audit;
        emits InvoiceIssued
    }
}
