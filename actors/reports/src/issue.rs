//! Issue an invoice: draw it, put it into the archive, and make it known.

use hotel_vocabulary::MAX_NIGHTS;
use payments_contract::Bill;
use reports_contract::{Invoice, InvoiceIssued, RenderError};
use skep::Cx;

use crate::archive::Record;
use crate::files;
use crate::invoice::{Sheet, number, pdf};
use crate::printer::Printer;

impl Printer {
    /// Issues the invoice of a bill, unless there is one.
    ///
    /// The archive outlives a turn that is cut short: the turn that runs again for the same message finds its own invoice there,
    /// and makes it known again – under the same id, so that nobody hears of it twice.
    pub(crate) fn issue(&mut self, bill: &Bill, cx: &mut Cx<Self>) -> Result<Invoice, RenderError> {
        let found = self.archive.find(&bill.hotel, &bill.reference);
        let (record, is_new) = match found.map_err(|error| not_written(bill, &error))? {
            Some(record) => (record, false),
            None => self.draw(bill, cx)?,
        };
        let Record { invoice, issued_by } = record;
        if invoice.total != bill.total() || invoice.hotel != bill.hotel {
            return Err(RenderError::AlreadyIssued {
                number: invoice.number,
            });
        }
        let is_again = issued_by.is_some() && issued_by == cx.message_id();
        if is_new || is_again {
            cx.emit(InvoiceIssued {
                invoice: invoice.clone(),
                guest: bill.guest.clone(),
            });
        }
        Ok(invoice)
    }

    /// Draws it and puts it into the archive, which is new; or what is there, when somebody else was faster.
    fn draw(&self, bill: &Bill, cx: &Cx<Self>) -> Result<(Record, bool), RenderError> {
        if bill.stay.nights > MAX_NIGHTS {
            return Err(RenderError::TooLong {
                nights: bill.stay.nights,
                most: MAX_NIGHTS,
            });
        }
        let letterhead = self.settings.letterhead(&bill.hotel);
        let bytes = pdf(&Sheet::new(bill, letterhead, self.settings.vat_percent));
        let invoice = Invoice {
            number: number(bill),
            hotel: bill.hotel.clone(),
            reference: bill.reference.clone(),
            issued_on: bill.on,
            total: bill.total(),
            open: bill.open(),
            file: files::place(&bill.hotel, &bill.reference)
                .display()
                .to_string(),
            bytes: bytes.len() as u64,
        };
        let record = Record {
            invoice,
            issued_by: cx.message_id(),
        };
        let first = self.archive.put(&bytes, &record);
        let first = first.map_err(|error| not_written(bill, &error))?;
        Ok(first.map_or((record, true), |first| (first, false)))
    }
}

fn not_written(bill: &Bill, error: &std::io::Error) -> RenderError {
    let number = number(bill);
    tracing::error!(number, hotel = %bill.hotel, reference = %bill.reference, %error, "an invoice could not be written");
    RenderError::NotWritten { number }
}
