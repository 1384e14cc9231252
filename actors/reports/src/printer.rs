//! The actor: a printer of invoices, of which there may be any number. Drawing and writing block, so that it runs on the pool for that.

use payments_contract::Billed;
use reports_contract::{
    Audit, FindInvoice, Invoice, InvoiceAudit, NotIssued, RenderError, RenderInvoice, Reports,
};
use skep::{Cx, StartError, capability};

use crate::archive::Archive;
use crate::settings::Settings;

/// The printer. What it issued is in the archive, and nowhere else.
#[derive(Debug)]
pub struct Printer {
    pub(crate) archive: Archive,
    pub(crate) settings: Settings,
}

#[capability(contract = Reports, stateless, execution = "blocking")]
impl Printer {
    #[start]
    async fn open(settings: Settings, _: &mut Cx<Self>) -> Result<Self, StartError> {
        Ok(Self {
            archive: Archive::new(settings.folder.clone()),
            settings,
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
        let FindInvoice { hotel, reference } = asked;
        let found = self.archive.find(&hotel, &reference).unwrap_or_else(|error| {
            tracing::error!(%hotel, %reference, %error, "the record of an invoice cannot be read");
            None
        });
        match found {
            Some(record) => Ok(record.invoice),
            None => Err(NotIssued { hotel, reference }),
        }
    }

    #[handle]
    async fn audit(&mut self, _: Audit) -> InvoiceAudit {
        self.archive.audit()
    }

    #[on]
    async fn billed(&mut self, event: Billed, cx: &mut Cx<Self>) -> Result<(), RenderError> {
        self.issue(&event.bill, cx).map(|_| ())
    }
}
