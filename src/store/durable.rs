//! A [`Store`] on top of a raw engine: limits, checksums, chunks, groups and their sequence.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

use super::batch::Batch;
use super::error::Error;
use super::lock::Lock;
use super::port::{Entry, Scan, Stats, Store, end_of_prefix};
use super::raw::{Change, Range, Raw, RawScan, catch};
use super::record::{self, Head, Reader, Row};
use super::watermark::Watermark;

/// A durable store: the engine, and what skep keeps beside it.
pub(super) struct Durable<R: Raw> {
    // Fields drop in this order: the engine lets go of its files before the lock opens.
    raw: R,
    trees: RwLock<HashMap<String, Arc<TreeState>>>,
    /// Held through a commit: groups do not mix.
    writer: Mutex<Writer>,
    /// The last durable group, for `stats`, which must not wait for a sync.
    commits: AtomicU64,
    path: PathBuf,
    _lock: Lock,
}

/// What only the committing thread touches.
struct Writer {
    seq: u64,
    watermark: Watermark,
}

/// What is known of a tree without asking the engine.
#[derive(Default)]
struct TreeState {
    /// Whether any value of the tree was ever in chunks; without, a put need not look for old ones.
    chunked: AtomicBool,
    /// Write: while chunks change. Read: while they are read, so that no reader sees half of each of two values.
    chunks: RwLock<()>,
}

impl<R: Raw> Durable<R> {
    /// Takes over an opened engine; refuses one that has fewer commits than were acknowledged.
    pub(super) fn open(raw: R, path: &Path, lock: Lock) -> Result<Self, Error> {
        let damaged = |reason| Error::EngineFiles {
            engine: R::NAME,
            path: path.to_owned(),
            reason,
        };
        let (trees, found) = catch(|| recover(&raw), damaged)?;
        let watermark = Watermark::open(path)?;
        let acknowledged = watermark.read()?;
        if found < acknowledged {
            return Err(Error::LostCommits {
                path: path.to_owned(),
                found,
                acknowledged,
            });
        }
        Ok(Self {
            raw,
            trees: RwLock::new(trees),
            writer: Mutex::new(Writer {
                seq: found,
                watermark,
            }),
            commits: AtomicU64::new(found),
            path: path.to_owned(),
            _lock: lock,
        })
    }

    fn tree(&self, name: &str) -> Option<Arc<TreeState>> {
        self.trees.read().get(name).cloned()
    }

    /// Calls the engine; should it panic, that is an error like any other.
    fn engine<T>(
        &self,
        doing: &'static str,
        work: impl FnOnce(&R) -> Result<T, Error>,
    ) -> Result<T, Error> {
        catch(
            || work(&self.raw),
            |reason| Error::Engine {
                engine: R::NAME,
                doing,
                reason,
            },
        )
    }

    /// Applies one batch. `seq` is what it proves: the last of a group carries the group's number, the
    /// first of a new tree the one before, so that an emptied tree is still known after reopening.
    fn apply(&self, batch: &Batch, seq: u64, is_last: bool) -> Result<(), Error> {
        let name = batch.tree().as_str();
        let known = self.tree(name);
        let state = known.clone().unwrap_or_default();
        let mut changes = Vec::with_capacity(batch.writes().len() + 1);
        let mut chunks = Vec::new();
        for (key, value) in batch.last_writes() {
            self.change(name, &state, (key, value), &mut changes, &mut chunks)?;
        }
        if is_last || known.is_none() {
            let proven = if is_last { seq } else { seq - 1 };
            let mark = record::whole(record::SEQ_KEY, &proven.to_be_bytes());
            changes.push((record::SEQ_KEY.to_vec(), Some(mark)));
        }
        let guard = (!chunks.is_empty()).then(|| {
            state.chunked.store(true, Ordering::Relaxed);
            state.chunks.write()
        });
        changes.append(&mut chunks);
        self.engine("write a batch", |raw| raw.apply(name, changes))?;
        drop(guard);
        if known.is_none() {
            self.trees.write().insert(name.to_owned(), state);
        }
        Ok(())
    }

    /// The stored changes that one write means: the row, new chunks, and old chunks to remove.
    fn change(
        &self,
        tree: &str,
        state: &TreeState,
        (key, value): (&[u8], Option<&[u8]>),
        changes: &mut Vec<Change>,
        chunks: &mut Vec<Change>,
    ) -> Result<(), Error> {
        let row_key = record::row_key(key);
        let old_chunks = self.old_chunks(tree, state, &row_key)?;
        let value = value.map(|value| {
            if value.len() <= R::CHUNK_BYTES {
                return (record::whole(&row_key, value), 0);
            }
            let head = split::<R>(key, value, chunks);
            (record::head(&row_key, head), head.num_chunks)
        });
        let new_chunks = value.as_ref().map_or(0, |(_, num)| *num);
        chunks
            .extend((new_chunks..old_chunks).map(|number| (record::chunk_key(key, number), None)));
        changes.push((row_key, value.map(|(record, _)| record)));
        Ok(())
    }

    /// How many chunks the present value of a row has.
    fn old_chunks(&self, tree: &str, state: &TreeState, row_key: &[u8]) -> Result<u32, Error> {
        if !state.chunked.load(Ordering::Relaxed) {
            return Ok(0);
        }
        let Some(old) = self.engine("read", |raw| raw.get(tree, row_key))? else {
            return Ok(0);
        };
        let reader = Reader {
            tree,
            stored_key: row_key,
        };
        Ok(match reader.row(old)? {
            Row::Whole(_) => 0,
            Row::Chunked(head) => head.num_chunks,
        })
    }

    /// The value behind a record, wherever it is. `None` when its row went away meanwhile.
    fn value(
        &self,
        tree: &str,
        stored_key: &[u8],
        record: Vec<u8>,
    ) -> Result<Option<Vec<u8>>, Error> {
        let reader = Reader { tree, stored_key };
        match reader.row(record)? {
            Row::Whole(value) => Ok(Some(value)),
            Row::Chunked(_) => self.chunked_value(tree, &reader),
        }
    }

    /// Reads the row again, now with its chunks held still, and puts the value together.
    fn chunked_value(&self, tree: &str, reader: &Reader<'_>) -> Result<Option<Vec<u8>>, Error> {
        let state = self.tree(tree).unwrap_or_default();
        let _still = state.chunks.read();
        let Some(record) = self.engine("read", |raw| raw.get(tree, reader.stored_key))? else {
            return Ok(None);
        };
        match reader.row(record)? {
            Row::Whole(value) => Ok(Some(value)),
            Row::Chunked(head) => self.join(tree, reader, head).map(Some),
        }
    }

    fn join(&self, tree: &str, reader: &Reader<'_>, head: Head) -> Result<Vec<u8>, Error> {
        let mut value = Vec::new();
        for number in 0..head.num_chunks {
            let stored_key = record::chunk_key(record::key_of(reader.stored_key), number);
            let chunk = self.engine("read", |raw| raw.get(tree, &stored_key))?;
            let chunk = chunk.ok_or_else(|| reader.corrupt("a chunk of it is missing"))?;
            value.extend(
                Reader {
                    tree,
                    stored_key: &stored_key,
                }
                .piece(chunk)?,
            );
        }
        if value.len() as u64 == head.bytes && crc32fast::hash(&value) == head.checksum {
            return Ok(value);
        }
        Err(reader.corrupt("its chunks do not belong together"))
    }

    /// Applies a group and syncs, in between too when the engine must not let more pile up.
    fn commit_group(&self, group: &[&Batch], seq: u64) -> Result<(), Error> {
        let (mut batches, mut bytes) = (0, 0);
        for (index, batch) in group.iter().enumerate() {
            if batches >= R::MAX_UNSYNCED_BATCHES
                || (batches > 0 && bytes + batch.bytes() > R::MAX_UNSYNCED_BYTES)
            {
                self.engine("sync", R::sync)?;
                (batches, bytes) = (0, 0);
            }
            self.apply(batch, seq, index + 1 == group.len())?;
            batches += 1;
            bytes += batch.bytes();
        }
        self.engine("sync", R::sync)
    }
}

impl<R: Raw> Store for Durable<R> {
    fn commit(&self, group: &[Batch]) -> Result<(), Error> {
        group.iter().try_for_each(Batch::check)?;
        let group: Vec<&Batch> = group.iter().filter(|batch| !batch.is_empty()).collect();
        if group.is_empty() {
            return Ok(());
        }
        let mut writer = self.writer.lock();
        let seq = writer.seq + 1;
        self.commit_group(&group, seq)?;
        writer.seq = seq;
        self.commits.store(seq, Ordering::Relaxed);
        writer.watermark.write(seq)
    }

    fn get(&self, tree: &str, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let stored_key = record::row_key(key);
        match self.engine("read", |raw| raw.get(tree, &stored_key))? {
            Some(record) => self.value(tree, &stored_key, record),
            None => Ok(None),
        }
    }

    fn scan(&self, tree: &str, prefix: &[u8], from: Option<&[u8]>) -> Scan<'_> {
        let start = record::row_key(from.map_or(prefix, |from| from.max(prefix)));
        let end = rows_end(prefix);
        if start >= end {
            return Box::new(std::iter::empty());
        }
        let range = Range {
            start: &start,
            end: &end,
        };
        match self.engine("scan", |raw| Ok(raw.scan(tree, &range))) {
            Ok(raw) => Box::new(Rows {
                store: self,
                tree: tree.to_owned(),
                raw: Some(raw),
            }),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }

    fn last(&self, tree: &str, prefix: &[u8]) -> Result<Option<Entry>, Error> {
        let start = record::row_key(prefix);
        let mut end = rows_end(prefix);
        // A row may vanish between finding it and reading its chunks: then look before it.
        while let Some((stored_key, record)) = self.engine("read", |raw| {
            raw.last(
                tree,
                &Range {
                    start: &start,
                    end: &end,
                },
            )
        })? {
            if let Some(value) = self.value(tree, &stored_key, record)? {
                return Ok(Some((record::key_of(&stored_key).to_vec(), value)));
            }
            end = stored_key;
        }
        Ok(None)
    }

    fn trees(&self) -> Result<Vec<String>, Error> {
        let mut names: Vec<_> = self.trees.read().keys().cloned().collect();
        names.sort();
        Ok(names)
    }

    fn stats(&self) -> Result<Stats, Error> {
        Ok(Stats {
            engine: R::NAME,
            num_trees: self.trees.read().len(),
            size_bytes: self.engine("measure its files", R::size_bytes)?,
            commits: self.commits.load(Ordering::Relaxed),
        })
    }

    fn engine(&self) -> &'static str {
        R::NAME
    }
}

impl<R: Raw> std::fmt::Debug for Durable<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Durable")
            .field("engine", &R::NAME)
            .field("path", &self.path)
            .finish()
    }
}

/// Rows as the application knows them; ends after the first error.
struct Rows<'a, R: Raw> {
    store: &'a Durable<R>,
    tree: String,
    raw: Option<RawScan>,
}

impl<R: Raw> Rows<'_, R> {
    fn step(&mut self) -> Result<Option<Entry>, Error> {
        let Some(raw) = &mut self.raw else {
            return Ok(None);
        };
        while let Some(entry) = self.store.engine("scan", |_| raw.next().transpose())? {
            let (stored_key, record) = entry;
            if let Some(value) = self.store.value(&self.tree, &stored_key, record)? {
                return Ok(Some((record::key_of(&stored_key).to_vec(), value)));
            }
        }
        Ok(None)
    }
}

impl<R: Raw> Iterator for Rows<'_, R> {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step().transpose();
        if !matches!(step, Some(Ok(_))) {
            self.raw = None;
        }
        step
    }
}

/// The first stored key after all rows that begin with `prefix`.
fn rows_end(prefix: &[u8]) -> Vec<u8> {
    end_of_prefix(prefix).map_or_else(|| record::ROWS_END.to_vec(), |end| record::row_key(&end))
}

/// Cuts a value into chunks.
fn split<R: Raw>(key: &[u8], value: &[u8], chunks: &mut Vec<Change>) -> Head {
    let mut num_chunks = 0;
    for chunk in value.chunks(R::CHUNK_BYTES) {
        let stored_key = record::chunk_key(key, num_chunks);
        let piece = record::piece(&stored_key, chunk);
        chunks.push((stored_key, Some(piece)));
        num_chunks += 1;
    }
    Head {
        bytes: value.len() as u64,
        num_chunks,
        checksum: crc32fast::hash(value),
    }
}

/// Looks at every tree of a freshly opened engine: has it chunks, and what was its last commit?
fn recover<R: Raw>(raw: &R) -> Result<(HashMap<String, Arc<TreeState>>, u64), Error> {
    let mut trees = HashMap::new();
    let mut last_seq = 0;
    for tree in raw.trees() {
        // An engine makes a tree before its first batch: a kill between the two leaves nothing to show.
        let Some(mark) = raw.get(&tree, record::SEQ_KEY)? else {
            continue;
        };
        let reader = Reader {
            tree: &tree,
            stored_key: record::SEQ_KEY,
        };
        last_seq = last_seq.max(reader.seq(mark)?);
        let chunks = Range {
            start: record::ROWS_END,
            end: record::CHUNKS_END,
        };
        let chunked = AtomicBool::new(raw.last(&tree, &chunks)?.is_some());
        trees.insert(
            tree,
            Arc::new(TreeState {
                chunked,
                ..TreeState::default()
            }),
        );
    }
    Ok((trees, last_seq))
}
