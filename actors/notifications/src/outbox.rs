//! Mails as files: there or not there, never half written; and made to last many at a time, because a disk takes as long for
//! one as for many at once.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

/// How many files are synced at the same time.
const AT_ONCE: usize = 16;

/// Writes a file so that it has its whole content or is not there, as long as the machine runs: beside it first, then
/// renamed over it. It lasts once it is [synced](sync).
///
/// # Errors
/// The disk's; what was there before is untouched then.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder_of(path))?;
    let unfinished = path.with_extension("tmp");
    fs::write(&unfinished, content)?;
    fs::rename(&unfinished, path)
}

/// Makes files last, and their names, even when the machine stops.
///
/// # Errors
/// The first of the disk's.
pub fn sync(paths: &[PathBuf]) -> io::Result<()> {
    let share = paths.len().div_ceil(AT_ONCE).max(1);
    thread::scope(|scope| {
        let syncing: Vec<_> = paths
            .chunks(share)
            .map(|paths| scope.spawn(|| paths.iter().try_for_each(|path| sync_one(path))))
            .collect();
        let synced = syncing.into_iter().map(|thread| {
            let panicked = |_| Err(io::Error::other("the thread that synced a file panicked"));
            thread.join().unwrap_or_else(panicked)
        });
        synced.collect::<io::Result<()>>()
    })?;
    let folders: BTreeSet<&Path> = paths.iter().map(|path| folder_of(path)).collect();
    // Elsewhere than on Unix a folder cannot be synced, and need not be.
    folders
        .into_iter()
        .filter(|_| cfg!(unix))
        .try_for_each(sync_one)
}

fn sync_one(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_mail_is_whole_and_nothing_lies_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("city-hotel/B-1.reserved.eml");
        write(&path, b"first").unwrap();
        write(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn any_number_of_files_is_synced_and_a_missing_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (0..40)
            .map(|n| folder.path().join(format!("{n}.eml")))
            .collect();
        for path in &paths {
            write(path, b"mail").unwrap();
        }
        sync(&paths).unwrap();
        sync(&[]).unwrap();
        fs::remove_file(&paths[17]).unwrap();
        assert_eq!(sync(&paths).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
