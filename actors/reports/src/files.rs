//! Invoices on the disk: there or not there, never half written.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use payments_contract::{BookingReference, HotelName};

/// Where the invoice of a booking lies, below the folder of invoices.
#[must_use]
pub fn place(hotel: &HotelName, reference: &BookingReference) -> PathBuf {
    Path::new(&hotel.slug()).join(format!("{reference}.pdf"))
}

/// Writes a file so that it has its whole content or does not exist, even when the machine stops: beside it first,
/// synced, then renamed over it.
///
/// # Errors
/// The disk's; what was there before is untouched then.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let unfinished = path.with_extension("tmp");
    let mut file = File::create(&unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    sync_folder(folder)
}

/// A rename lasts once the folder is synced.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_file_is_whole_and_nothing_lies_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("city-hotel").join("B-1.pdf");
        write(&path, b"first").unwrap();
        write(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("city-hotel"), b"in the way").unwrap();
        let path = folder.path().join(place(
            &"City Hotel".parse().unwrap(),
            &"B-1".parse().unwrap(),
        ));
        assert!(write(&path, b"x").is_err());
    }
}
