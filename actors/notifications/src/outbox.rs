//! Mails as files: there or not there, never half written.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

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
    // A rename lasts once the folder is synced.
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
    fn the_same_mail_twice_is_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("city-hotel").join("B-1.reserved.eml");
        write(&path, b"mail").unwrap();
        write(&path, b"mail").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"mail");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
