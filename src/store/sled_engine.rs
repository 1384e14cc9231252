//! sled 0.34.7 behind the rules that make it safe: its `flush` is no fsync, a kill during `open` can
//! brick it, and unflushed deletes can deadlock it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use parking_lot::RwLock;

use super::error::Error;
use super::port::Entry;
use super::raw::{Change, Range, Raw, RawScan, catch};

/// sled's periodic fsync, and the only caller of its garbage collection: never turn it off.
const FLUSH_EVERY_MS: u64 = 500;

/// sled as a raw engine.
pub(super) struct Sled {
    db: sled::Db,
    trees: RwLock<HashMap<String, sled::Tree>>,
    /// Our own handle to sled's one data file: sled's `flush` ends in `sync_file_range`, which persists
    /// neither the disk's cache nor the file's length.
    data: File,
    path: PathBuf,
}

impl Sled {
    /// Opens or creates sled's files in `path`, which exists. The caller holds the store's lock.
    pub(super) fn open(path: &Path, cache_bytes: u64) -> Result<Self, Error> {
        remove_unfinished_snapshots(path)?;
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(cache_bytes)
            .flush_every_ms(Some(FLUSH_EVERY_MS));
        let open = || config.open().map_err(|error| failure("open", path, error));
        let db = catch(open, |reason| damaged(path, reason))?;
        let trees = catch(|| open_trees(&db, path), |reason| damaged(path, reason))?;
        let data_path = path.join("db");
        let data = File::options().write(true).open(&data_path);
        let data = data.map_err(|source| Error::io("open", &data_path, source))?;
        Ok(Self {
            db,
            trees: RwLock::new(trees),
            data,
            path: path.to_owned(),
        })
    }

    fn tree(&self, name: &str) -> Option<sled::Tree> {
        self.trees.read().get(name).cloned()
    }

    fn tree_or_new(&self, name: &str) -> Result<sled::Tree, Error> {
        if let Some(tree) = self.tree(name) {
            return Ok(tree);
        }
        let tree = self
            .db
            .open_tree(name)
            .map_err(|error| self.failure("create a tree", error))?;
        self.trees.write().insert(name.to_owned(), tree.clone());
        Ok(tree)
    }

    fn failure(&self, doing: &'static str, error: sled::Error) -> Error {
        failure(doing, &self.path, error)
    }
}

impl Raw for Sled {
    const NAME: &'static str = "sled";
    /// Up to 17 values in a leaf, and leaves over about 131 kB go to files that are never synced.
    const CHUNK_BYTES: usize = 4096;
    /// With more unflushed batches sled was seen to deadlock.
    const MAX_UNSYNCED_BATCHES: usize = 256;
    const MAX_UNSYNCED_BYTES: usize = 4 * 1024 * 1024;

    fn apply(&self, tree: &str, changes: Vec<Change>) -> Result<(), Error> {
        let mut batch = sled::Batch::default();
        for (key, value) in changes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        let applied = self.tree_or_new(tree)?.apply_batch(batch);
        applied.map_err(|error| self.failure("write a batch", error))
    }

    fn sync(&self) -> Result<(), Error> {
        self.db
            .flush()
            .map_err(|error| self.failure("flush", error))?;
        self.data
            .sync_data()
            .map_err(|source| Error::io("sync", &self.path, source))
    }

    fn get(&self, tree: &str, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let Some(tree) = self.tree(tree) else {
            return Ok(None);
        };
        let value = tree.get(key).map_err(|error| self.failure("read", error))?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn scan(&self, tree: &str, range: &Range<'_>) -> RawScan {
        let Some(tree) = self.tree(tree) else {
            return Box::new(std::iter::empty());
        };
        let path = self.path.clone();
        Box::new(
            tree.range(range.start..range.end)
                .map(move |entry| owned(entry, &path)),
        )
    }

    fn last(&self, tree: &str, range: &Range<'_>) -> Result<Option<Entry>, Error> {
        let Some(tree) = self.tree(tree) else {
            return Ok(None);
        };
        let last = tree.range(range.start..range.end).next_back();
        last.map(|entry| owned(entry, &self.path)).transpose()
    }

    fn trees(&self) -> Vec<String> {
        self.trees.read().keys().cloned().collect()
    }

    fn size_bytes(&self) -> Result<u64, Error> {
        self.db
            .size_on_disk()
            .map_err(|error| self.failure("measure", error))
    }
}

fn owned(entry: sled::Result<(sled::IVec, sled::IVec)>, path: &Path) -> Result<Entry, Error> {
    let (key, value) = entry.map_err(|error| failure("scan", path, error))?;
    Ok((key.to_vec(), value.to_vec()))
}

fn open_trees(db: &sled::Db, path: &Path) -> Result<HashMap<String, sled::Tree>, Error> {
    let mut trees = HashMap::new();
    for name in db.tree_names() {
        // sled's own default tree is no tree of ours, and ours are all UTF-8.
        let Some(name) = std::str::from_utf8(&name)
            .ok()
            .filter(|name| !name.starts_with("__"))
        else {
            continue;
        };
        let tree = db
            .open_tree(name)
            .map_err(|error| failure("open a tree", path, error))?;
        trees.insert(name.to_owned(), tree);
    }
    Ok(trees)
}

/// A kill during recovery leaves `snap.*.generating`, which the next open would read as a snapshot and
/// fail (spacejam/sled#1527). Nothing is lost with it: recovery writes it again.
fn remove_unfinished_snapshots(path: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(path).map_err(|source| Error::io("list", path, source))?;
    for entry in entries {
        let entry = entry.map_err(|source| Error::io("list", path, source))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            let removed = fs::remove_file(entry.path());
            removed.map_err(|source| Error::io("remove", &entry.path(), source))?;
        }
    }
    Ok(())
}

fn damaged(path: &Path, reason: String) -> Error {
    Error::EngineFiles {
        engine: Sled::NAME,
        path: path.to_owned(),
        reason,
    }
}

fn failure(doing: &'static str, path: &Path, error: sled::Error) -> Error {
    match error {
        sled::Error::Io(source) if is_unreadable(&source) => damaged(path, source.to_string()),
        sled::Error::Io(source) => Error::io(doing, path, source),
        sled::Error::ReportableBug(reason) => Error::Engine {
            engine: Sled::NAME,
            doing,
            reason,
        },
        other => damaged(path, other.to_string()),
    }
}

/// Kinds of input/output error by which sled says that bytes make no sense.
fn is_unreadable(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData
    )
}

/// Whether sled's data file is still held, by threads of a store that this process just closed.
pub(super) fn is_busy(error: &Error) -> bool {
    matches!(error, Error::Io { source, .. } if source.to_string().contains("could not acquire lock"))
}
