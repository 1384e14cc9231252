//! The actor: one printer for the invoices of all hotels. Drawing and writing block, so that it runs on the pool for that.

use payments_contract::{Billed, BookingReference, HotelName, Money};
use reports_contract::{
    Audit, FindInvoice, Invoice, InvoiceAudit, NotIssued, RenderError, RenderInvoice, Reports,
};
use skep::{Cx, StartError, Table, capability};

use crate::settings::Settings;

/// How many damaged files an audit lists.
const MAX_LISTED: usize = 20;

/// The printer: every invoice that was issued, and where the files lie.
#[derive(Debug)]
pub struct Printer {
    pub(crate) settings: Settings,
    /// By hotel and reference.
    pub(crate) invoices: Table<(String, String), Invoice>,
}

#[capability(contract = Reports, durable, execution = "blocking")]
impl Printer {
    #[start]
    async fn open(settings: Settings, cx: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            settings,
            invoices: cx.table("invoices"),
        })
    }

    #[handle]
    async fn render_invoice(
        &mut self,
        asked: RenderInvoice,
        cx: &mut Cx<Self>,
    ) -> Result<Invoice, RenderError> {
        self.issue(&asked.bill, cx)
    }

    #[handle]
    async fn find_invoice(&mut self, asked: FindInvoice) -> Result<Invoice, NotIssued> {
        self.issued(&asked.hotel, &asked.reference)
            .ok_or(NotIssued {
                hotel: asked.hotel,
                reference: asked.reference,
            })
    }

    #[handle]
    async fn audit(&mut self, _: Audit) -> InvoiceAudit {
        let mut audit = InvoiceAudit {
            invoices: 0,
            total: Money::ZERO,
            damaged: Vec::new(),
        };
        for (_, invoice) in self.invoices.iter() {
            audit.invoices += 1;
            audit.total += invoice.total;
            let file = self.settings.folder.join(&invoice.file);
            let size = std::fs::metadata(file).map_or(0, |file| file.len());
            if size != invoice.bytes && audit.damaged.len() < MAX_LISTED {
                audit.damaged.push(invoice.reference);
            }
        }
        audit
    }

    #[on]
    async fn billed(&mut self, event: Billed, cx: &mut Cx<Self>) -> Result<(), RenderError> {
        self.issue(&event.bill, cx).map(|_| ())
    }
}

impl Printer {
    pub(crate) fn issued(
        &self,
        hotel: &HotelName,
        reference: &BookingReference,
    ) -> Option<Invoice> {
        self.invoices
            .get(&(hotel.to_string(), reference.to_string()))
    }
}
