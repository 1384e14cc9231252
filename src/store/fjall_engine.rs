//! fjall 3, tuned: one keyspace a tree, one journal for all, one `fdatasync` a group.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use parking_lot::RwLock;

use super::error::Error;
use super::port::Entry;
use super::raw::{Change, Range, Raw, RawScan, catch};

/// Small memtables keep memory low and flushes short; measured against the default of 64 MiB.
const MEMTABLE_BYTES: u64 = 8 * 1024 * 1024;
/// The least that fjall allows; the default of 512 MiB makes opening slow.
const JOURNAL_BYTES: u64 = 64 * 1024 * 1024;

/// After so many bytes the committing thread lets fjall's own threads at the journal.
const BREATH_BYTES: usize = 1024 * 1024;
/// How long it stays away from the journal then. Long enough for a woken thread to take the lock.
const BREATH: Duration = Duration::from_micros(200);
/// With longer journals, writes wait for fjall to catch up: opening reads all of them again.
const MAX_JOURNAL_BYTES: u64 = 3 * JOURNAL_BYTES;
/// How many breaths a group waits at most for that.
const MAX_BREATHS: usize = 500;

/// fjall as a raw engine.
pub(super) struct Fjall {
    db: Database,
    /// Bytes applied since the last breath.
    since_breath: AtomicUsize,
    trees: RwLock<HashMap<String, Keyspace>>,
    path: PathBuf,
}

impl Fjall {
    /// Opens or creates fjall's files in `path`, which exists. The caller holds the store's lock.
    pub(super) fn open(path: &Path, cache_bytes: u64) -> Result<Self, Error> {
        catch(
            || Self::try_open(path, cache_bytes),
            |reason| damaged(path, reason),
        )
    }

    fn try_open(path: &Path, cache_bytes: u64) -> Result<Self, Error> {
        let open = Database::builder(path)
            .cache_size(cache_bytes)
            .max_journaling_size(JOURNAL_BYTES)
            .manual_journal_persist(true)
            .open();
        let db = open.map_err(|error| failure("open", path, error))?;
        let mut trees = HashMap::new();
        for name in db.list_keyspace_names() {
            let keyspace = db.keyspace(&name, keyspace_options);
            let keyspace = keyspace.map_err(|error| failure("open a tree", path, error))?;
            trees.insert(name.to_string(), keyspace);
        }
        Ok(Self {
            db,
            since_breath: AtomicUsize::new(0),
            trees: RwLock::new(trees),
            path: path.to_owned(),
        })
    }

    fn tree(&self, name: &str) -> Option<Keyspace> {
        self.trees.read().get(name).cloned()
    }

    fn tree_or_new(&self, name: &str) -> Result<Keyspace, Error> {
        if let Some(tree) = self.tree(name) {
            return Ok(tree);
        }
        let tree = self.db.keyspace(name, keyspace_options);
        let tree = tree.map_err(|error| self.failure("create a tree", error))?;
        self.trees.write().insert(name.to_owned(), tree.clone());
        Ok(tree)
    }

    /// Lets fjall's threads turn memtables and journals over. They need the journal's lock, which a busy
    /// committer gives up only to take it again at once: without this, under load, one journal and the
    /// memtables in front of it grow without bound.
    fn breathe(&self) -> Result<(), Error> {
        if self.since_breath.load(Ordering::Relaxed) < BREATH_BYTES {
            return Ok(());
        }
        self.since_breath.store(0, Ordering::Relaxed);
        for _ in 0..MAX_BREATHS {
            std::thread::park_timeout(BREATH);
            let journals = self.db.journal_disk_space();
            if journals.map_err(|error| self.failure("measure", error))? <= MAX_JOURNAL_BYTES {
                break;
            }
        }
        Ok(())
    }

    fn failure(&self, doing: &'static str, error: fjall::Error) -> Error {
        failure(doing, &self.path, error)
    }
}

impl Raw for Fjall {
    const NAME: &'static str = "fjall";
    /// fjall copes with long values; chunks only keep single allocations of the journal in bounds.
    const CHUNK_BYTES: usize = 1024 * 1024;
    const MAX_UNSYNCED_BATCHES: usize = 4096;
    const MAX_UNSYNCED_BYTES: usize = 32 * 1024 * 1024;

    fn apply(&self, tree: &str, changes: Vec<Change>) -> Result<(), Error> {
        let keyspace = self.tree_or_new(tree)?;
        let mut batch = fjall::OwnedWriteBatch::with_capacity(self.db.clone(), changes.len());
        let mut bytes = 0;
        for (key, value) in changes {
            bytes += key.len() + value.as_ref().map_or(0, Vec::len);
            match value {
                Some(value) => batch.insert(&keyspace, key, value),
                None => batch.remove(&keyspace, key),
            }
        }
        self.since_breath.fetch_add(bytes, Ordering::Relaxed);
        batch
            .commit()
            .map_err(|error| self.failure("write a batch", error))
    }

    fn sync(&self) -> Result<(), Error> {
        let synced = self.db.persist(PersistMode::SyncData);
        synced.map_err(|error| self.failure("sync", error))?;
        self.breathe()
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
            .disk_space()
            .map_err(|error| self.failure("measure", error))
    }
}

fn keyspace_options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .max_memtable_size(MEMTABLE_BYTES)
        .manual_journal_persist(true)
}

fn owned(entry: fjall::Guard, path: &Path) -> Result<Entry, Error> {
    let (key, value) = entry
        .into_inner()
        .map_err(|error| failure("scan", path, error))?;
    Ok((key.to_vec(), value.to_vec()))
}

fn damaged(path: &Path, reason: String) -> Error {
    Error::EngineFiles {
        engine: Fjall::NAME,
        path: path.to_owned(),
        reason,
    }
}

fn failure(doing: &'static str, path: &Path, error: fjall::Error) -> Error {
    use fjall::Error as Fault;
    match error {
        Fault::Io(source) => input_output(doing, path, source),
        Fault::Storage(lsm_tree_error) => match io_source(&lsm_tree_error) {
            Some(source) => input_output(doing, path, source),
            None => damaged(path, lsm_tree_error.to_string()),
        },
        Fault::Poisoned | Fault::KeyspaceDeleted | Fault::Locked => Error::Engine {
            engine: Fjall::NAME,
            doing,
            reason: format!("{error:?}"),
        },
        other => damaged(path, other.to_string()),
    }
}

/// A missing or short file is damage, other input/output errors are the system's.
fn input_output(doing: &'static str, path: &Path, source: std::io::Error) -> Error {
    use std::io::ErrorKind::{InvalidData, NotFound, UnexpectedEof};
    match source.kind() {
        NotFound | UnexpectedEof | InvalidData => damaged(path, source.to_string()),
        _ => Error::io(doing, path, source),
    }
}

/// The system's error inside one of the tree's, which has no type that could be named here.
fn io_source(error: &(dyn std::error::Error + 'static)) -> Option<std::io::Error> {
    let source = error.source()?.downcast_ref::<std::io::Error>()?;
    let copy = source.raw_os_error().map(std::io::Error::from_raw_os_error);
    Some(copy.unwrap_or_else(|| std::io::Error::new(source.kind(), source.to_string())))
}

/// Whether fjall's files are still held, by threads of a store that this process just closed.
pub(super) fn is_busy(error: &Error) -> bool {
    matches!(error, Error::Engine { reason, .. } if reason == "Locked")
}
