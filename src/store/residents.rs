//! Which capabilities keep their state in a store, in a small file beside it: so that it can be seen without opening the store, which
//! another process may have open.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::error::Error;
use super::header::Header;

/// The file's name, beside `skep.json`.
const FILE: &str = "skep.residents";

/// Notes that these capabilities keep their state in the store of this folder, besides those that do already.
///
/// # Errors
///
/// [`Error::Io`] when the file cannot be written.
pub fn move_in<'n>(folder: &Path, names: impl IntoIterator<Item = &'n str>) -> Result<(), Error> {
    let known = read(folder)?.unwrap_or_default();
    let mut all = known.clone();
    all.extend(names.into_iter().map(str::to_owned));
    if all == known {
        return Ok(());
    }
    write(folder, &all)
}

/// Notes that nobody keeps state yet in a store that is about to be made: before it has a header, so that no process that looks at it in
/// between takes it for one of before there were such notes.
///
/// # Errors
///
/// As [`move_in`].
pub fn begin(folder: &Path) -> Result<(), Error> {
    write(folder, &BTreeSet::new())
}

/// Notes that a capability keeps its state somewhere else now.
///
/// # Errors
///
/// As [`move_in`].
pub fn move_out(folder: &Path, name: &str) -> Result<(), Error> {
    let mut known = read(folder)?.unwrap_or_default();
    if known.remove(name) {
        write(folder, &known)?;
    }
    Ok(())
}

/// Whether a capability keeps its state in the store of this folder. A store without such a file is one of before there were any.
///
/// # Errors
///
/// [`Error::Io`] when the file cannot be read.
pub fn lives_in(folder: &Path, name: &str) -> Result<bool, Error> {
    match read(folder)? {
        Some(known) => Ok(known.contains(name)),
        None => Ok(Header::path(folder).exists()),
    }
}

/// The folder, of `root` and those in it, in whose store a capability keeps its state; `None` when there is none but `own`.
///
/// # Errors
///
/// As [`lives_in`].
pub fn find(root: &Path, own: &Path, name: &str) -> Result<Option<PathBuf>, Error> {
    if lives_in(own, name)? {
        return Ok(None);
    }
    for folder in folders(root) {
        if folder != own && lives_in(&folder, name)? {
            return Ok(Some(folder));
        }
    }
    Ok(None)
}

/// A folder and the folders in it, in the order of their names.
pub fn folders(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut folders: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders.insert(0, root.to_owned());
    folders
}

fn read(folder: &Path) -> Result<Option<BTreeSet<String>>, Error> {
    let path = folder.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text.lines().map(str::to_owned).collect())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", &path, error)),
    }
}

/// Wholly or not at all, also after a power loss.
fn write(folder: &Path, names: &BTreeSet<String>) -> Result<(), Error> {
    let path = folder.join(FILE);
    let unfinished = folder.join("skep.residents.tmp");
    let written = || -> io::Result<()> {
        let mut file = File::create(&unfinished)?;
        for name in names {
            writeln!(file, "{name}")?;
        }
        file.sync_all()?;
        fs::rename(&unfinished, &path)?;
        File::open(folder)?.sync_all()
    };
    written().map_err(|error| Error::io("write", &path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_is_found_where_it_was_noted_and_nowhere_else() {
        let root = tempfile::tempdir().unwrap();
        let [whole, node] = [root.path().to_owned(), root.path().join("payments")];
        fs::create_dir(&node).unwrap();
        assert_eq!(
            find(&whole, &node, "payments").unwrap(),
            None,
            "nowhere yet"
        );
        move_in(&whole, ["payments", "reports"]).unwrap();
        assert_eq!(
            find(&whole, &node, "payments").unwrap(),
            Some(whole.clone())
        );
        assert_eq!(
            find(&whole, &whole, "payments").unwrap(),
            None,
            "it is at home"
        );
        move_in(&node, ["payments"]).unwrap();
        move_out(&whole, "payments").unwrap();
        assert_eq!(find(&whole, &node, "payments").unwrap(), None);
        assert_eq!(find(&whole, &whole, "payments").unwrap(), Some(node));
        assert!(lives_in(&whole, "reports").unwrap());
    }

    #[test]
    fn a_store_that_is_being_made_has_nothing() {
        let root = tempfile::tempdir().unwrap();
        begin(root.path()).unwrap();
        Header::new("hotel", 1, "sled").write(root.path()).unwrap();
        assert!(!lives_in(root.path(), "payments").unwrap());
    }

    #[test]
    fn a_store_of_before_has_everything() {
        let root = tempfile::tempdir().unwrap();
        Header::new("hotel", 1, "sled").write(root.path()).unwrap();
        assert!(lives_in(root.path(), "payments").unwrap());
    }
}
