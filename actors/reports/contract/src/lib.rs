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

#[cfg(test)]
mod tests {
    use skep::Contract;

    use super::*;

    #[test]
    fn the_names_on_the_wire_stay_what_they_are() {
        let described = Reports::describe();
        let messages: Vec<&str> = described
            .messages
            .iter()
            .map(|message| message.name.as_str())
            .collect();
        let events: Vec<&str> = described
            .events
            .iter()
            .map(|event| event.name.as_str())
            .collect();
        assert_eq!(messages, ["render_invoice", "find_invoice", "audit"]);
        assert_eq!(events, ["invoice_issued"]);
        assert_eq!(
            (described.name.as_str(), described.version, Reports::KEY),
            ("reports", 1, None)
        );
    }
}
