//! [`Archive`]: the folder of invoices, which is all that the printer knows. Any number of printers work on one folder.
//!
//! An invoice is `<hotel>/<reference>.pdf`, and the [`Record`] beside it, `<hotel>/<reference>.json`, which is written after it and
//! makes it one.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use payments_contract::{BookingReference, HotelName, Money};
use reports_contract::{Invoice, InvoiceAudit};
use serde::{Deserialize, Serialize};
use skep::MessageId;

use crate::files;

/// How many damaged files an audit lists.
const MAX_LISTED: usize = 20;

/// What makes a file an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The invoice.
    #[serde(flatten)]
    pub invoice: Invoice,
    /// The message whose turn issued it: if that turn runs again, it makes the invoice known again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_by: Option<MessageId>,
}

/// The folder of invoices.
#[derive(Debug, Clone)]
pub struct Archive {
    folder: PathBuf,
}

impl Archive {
    /// The archive in this folder, which is made when something is put there.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The invoice of a booking, if there is one.
    ///
    /// # Errors
    /// The disk's; also for a record that is not readable.
    pub fn find(
        &self,
        hotel: &HotelName,
        reference: &BookingReference,
    ) -> io::Result<Option<Record>> {
        let record = read(&self.record(&files::place(hotel, reference)))?;
        // Two hotels may have one folder: their names differ in more than letters and digits.
        Ok(record.filter(|record| record.invoice.hotel == *hotel))
    }

    /// Puts an invoice there, unless the booking has one: then that one is returned, and nothing has changed.
    ///
    /// # Errors
    /// The disk's; there is no invoice then that was not there before.
    pub fn put(&self, pdf: &[u8], record: &Record) -> io::Result<Option<Record>> {
        let place = Path::new(&record.invoice.file);
        let _lock = files::lock(&self.folder, place)?;
        let beside = self.record(place);
        let first = read(&beside)?;
        if first.is_none() {
            files::write(&self.folder.join(place), pdf)?;
            files::write(&beside, &serde_json::to_vec(record)?)?;
        }
        Ok(first)
    }

    fn record(&self, place: &Path) -> PathBuf {
        self.folder.join(place).with_extension("json")
    }

    /// Whether every invoice is there, as it was written.
    #[must_use]
    pub fn audit(&self) -> InvoiceAudit {
        let mut audit = InvoiceAudit {
            invoices: 0,
            total: Money::ZERO,
            damaged: Vec::new(),
        };
        for hotel in entries(&self.folder) {
            if !hotel.starts_with('.') {
                self.audit_hotel(&hotel, &mut audit);
            }
        }
        audit
    }

    fn audit_hotel(&self, hotel: &str, audit: &mut InvoiceAudit) {
        let files = entries(&self.folder.join(hotel));
        let stems: BTreeSet<&str> = files.iter().filter_map(|file| stem(file)).collect();
        for stem in stems {
            let place = Path::new(hotel).join(format!("{stem}.pdf"));
            let is_whole = match self.settled(&place) {
                Ok(Some(Record { invoice, .. })) => {
                    audit.invoices += 1;
                    audit.total += invoice.total;
                    let size = fs::metadata(self.folder.join(&place));
                    size.is_ok_and(|file| file.len() == invoice.bytes)
                }
                Ok(None) => false,
                Err(error) => {
                    tracing::error!(place = %place.display(), %error, "the record of an invoice cannot be read");
                    false
                }
            };
            if !is_whole
                && audit.damaged.len() < MAX_LISTED
                && let Ok(reference) = stem.parse()
            {
                audit.damaged.push(reference);
            }
        }
    }

    /// The record of this place; if there is none, not before nobody is writing it.
    fn settled(&self, place: &Path) -> io::Result<Option<Record>> {
        let beside = self.record(place);
        if let Some(record) = read(&beside)? {
            return Ok(Some(record));
        }
        let _lock = files::lock(&self.folder, place)?;
        read(&beside)
    }
}

/// The name of an invoice or a record without what says which of them it is.
fn stem(file: &str) -> Option<&str> {
    file.strip_suffix(".pdf")
        .or_else(|| file.strip_suffix(".json"))
}

fn read(path: &Path) -> io::Result<Option<Record>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The names in a folder; none when it is not there.
fn entries(folder: &Path) -> Vec<String> {
    let listed = fs::read_dir(folder).and_then(|entries| {
        let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.collect::<io::Result<Vec<_>>>()
    });
    match listed {
        Ok(names) => names,
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::error!(folder = %folder.display(), %error, "invoices cannot be listed");
            }
            Vec::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::testing::bill;

    fn record(total: i32) -> Record {
        let bill = bill(2);
        let place = files::place(&bill.hotel, &bill.reference);
        Record {
            invoice: Invoice {
                number: "1".to_owned(),
                hotel: bill.hotel.clone(),
                reference: bill.reference.clone(),
                issued_on: bill.on,
                total: Money::from_euros(total),
                open: Money::ZERO,
                file: place.display().to_string(),
                bytes: 5,
            },
            issued_by: None,
        }
    }

    #[test]
    fn of_two_at_once_one_is_first_and_its_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..20 {
            let archive = Archive::new(folder.path().join(round.to_string()));
            let put = |total| {
                let record = record(total);
                let first = archive.put(format!("{total:05}").as_bytes(), &record);
                first.unwrap().map(Box::new).ok_or(Box::new(record))
            };
            let both = thread::scope(|scope| {
                let one = scope.spawn(|| put(7));
                [put(8), one.join().unwrap()]
            });
            let ([Ok(told), Err(first)] | [Err(first), Ok(told)]) = both else {
                panic!("one of them is first: {both:?}");
            };
            assert_eq!(told, first, "the other one is told of it");
            let file = fs::read(archive.folder.join(&first.invoice.file)).unwrap();
            assert_eq!(
                file,
                format!("{:05}", first.invoice.total.cents() / 100).as_bytes()
            );
            assert_eq!(
                (archive.audit().invoices, archive.audit().damaged.len()),
                (1, 0)
            );
        }
    }

    #[test]
    fn a_file_without_its_record_is_no_invoice_until_it_is_issued_again() {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::new(folder.path().to_owned());
        let record = record(7);
        let path = folder.path().join(&record.invoice.file);
        files::write(&path, b"00007").unwrap();
        let audit = archive.audit();
        assert_eq!(
            (audit.invoices, audit.damaged),
            (0, vec![record.invoice.reference.clone()])
        );
        archive.put(b"00007", &record).unwrap();
        let audit = archive.audit();
        assert_eq!((audit.invoices, audit.damaged.len()), (1, 0));
    }

    #[test]
    fn a_record_without_its_file_is_damaged_and_so_is_one_that_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::new(folder.path().to_owned());
        let record = record(7);
        archive.put(b"00007", &record).unwrap();
        let path = folder.path().join(&record.invoice.file);
        fs::remove_file(&path).unwrap();
        let audit = archive.audit();
        assert_eq!((audit.invoices, audit.damaged.len()), (1, 1));
        fs::write(path.with_extension("json"), b"{").unwrap();
        let audit = archive.audit();
        assert_eq!((audit.invoices, audit.damaged.len()), (0, 1));
    }
}
