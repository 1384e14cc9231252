//! Issue an invoice: draw it, write its file, and only then say that it exists.

use hotel_vocabulary::MAX_NIGHTS;
use payments_contract::Bill;
use reports_contract::{Invoice, InvoiceIssued, RenderError};
use skep::Cx;

use crate::files;
use crate::invoice::{Sheet, number, pdf};
use crate::printer::Printer;

impl Printer {
    /// Issues the invoice of a bill, unless there is one. A turn that is run again after its file was written writes the
    /// same bytes to the same place.
    pub(crate) fn issue(&mut self, bill: &Bill, cx: &mut Cx<Self>) -> Result<Invoice, RenderError> {
        if let Some(issued) = self.issued(&bill.hotel, &bill.reference) {
            return if issued.total == bill.total() {
                Ok(issued)
            } else {
                Err(RenderError::AlreadyIssued {
                    number: issued.number,
                })
            };
        }
        if bill.stay.nights > MAX_NIGHTS {
            return Err(RenderError::TooLong {
                nights: bill.stay.nights,
                most: MAX_NIGHTS,
            });
        }
        let invoice = self.draw(bill)?;
        self.invoices.insert(
            &(bill.hotel.to_string(), bill.reference.to_string()),
            &invoice,
        );
        cx.emit(InvoiceIssued {
            invoice: invoice.clone(),
            guest: bill.guest.clone(),
        });
        Ok(invoice)
    }

    fn draw(&self, bill: &Bill) -> Result<Invoice, RenderError> {
        let letterhead = self.settings.letterhead(&bill.hotel);
        let bytes = pdf(&Sheet::new(bill, letterhead, self.settings.vat_percent));
        let place = files::place(&bill.hotel, &bill.reference);
        let path = self.settings.folder.join(&place);
        files::write(&path, &bytes).map_err(|error| {
            tracing::error!(path = %path.display(), %error, "an invoice could not be written");
            RenderError::NotWritten {
                number: number(bill),
            }
        })?;
        Ok(Invoice {
            number: number(bill),
            hotel: bill.hotel.clone(),
            reference: bill.reference.clone(),
            issued_on: bill.on,
            total: bill.total(),
            open: bill.open(),
            file: place.display().to_string(),
            bytes: bytes.len() as u64,
        })
    }
}
