//! Invoices on the disk: there or not there, never half written, never written by two at a time.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use payments_contract::{BookingReference, HotelName};

/// The folder of what is locked, below the folder of invoices. No hotel's folder begins with a dot.
const LOCKS: &str = ".locks";
/// How many invoices can be written at once, by all processes together.
const NUM_LOCKS: u32 = 64;

/// Where the invoice of a booking lies, below the folder of invoices.
#[must_use]
pub fn place(hotel: &HotelName, reference: &BookingReference) -> PathBuf {
    Path::new(&hotel.slug()).join(format!("{reference}.pdf"))
}

/// Writes a file so that it has its whole content or does not exist, even when the machine stops: beside it first,
/// synced, then renamed over it. Whoever writes holds the [`lock`] of its place.
///
/// # Errors
/// The disk's; what was there before is untouched then.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    let unfinished = path.with_extension("tmp");
    let mut file = File::create(&unfinished)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    sync_folder(folder)
}

/// Waits until no other process, and no other actor of this one, writes what lies at this place. It is free again when what
/// this returns is dropped, or the process ends in whatever way.
///
/// # Errors
/// The disk's.
pub fn lock(folder: &Path, place: &Path) -> io::Result<File> {
    let locks = folder.join(LOCKS);
    make_folder(&locks)?;
    // FNV: the same for every process, whatever it was built with.
    let hash = place
        .to_string_lossy()
        .bytes()
        .fold(0x811c_9dc5, |hash: u32, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
    let name = format!("{:02}", hash % NUM_LOCKS);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(locks.join(name))?;
    file.lock()?;
    Ok(file)
}

fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    folder.parent().map_or(Ok(()), sync_folder)
}

/// A rename lasts once the folder is synced.
fn sync_folder(folder: &Path) -> io::Result<()> {
    // The parent of a relative folder has an empty name.
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn city() -> PathBuf {
        place(&"City Hotel".parse().unwrap(), &"B-1".parse().unwrap())
    }

    #[test]
    fn a_written_file_is_whole_and_nothing_lies_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(city());
        write(&path, b"first").unwrap();
        write(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_process_left_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(city());
        write(&path, b"first").unwrap();
        fs::write(path.with_extension("tmp"), b"half of the second, and lon").unwrap();
        write(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("city-hotel"), b"in the way").unwrap();
        assert!(write(&folder.path().join(city()), b"x").is_err());
    }

    #[test]
    fn a_place_is_locked_until_it_is_let_go() {
        let folder = tempfile::tempdir().unwrap();
        let locked = lock(folder.path(), &city()).unwrap();
        let locks = fs::read_dir(folder.path().join(LOCKS)).unwrap();
        let name = locks.last().unwrap().unwrap().path();
        let other = File::options().write(true).open(name).unwrap();
        assert!(other.try_lock().is_err());
        drop(locked);
        assert!(other.try_lock().is_ok());
    }
}
