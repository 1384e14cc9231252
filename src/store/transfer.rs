//! A store as one stream: for backups, for compaction, and to change engine or machine.
//!
//! The stream is a line of JSON (`{"skep_export":1,"application":"hotel"}`), then records, each with one
//! tag byte: `T` a tree (length u32, name), `E` an entry of that tree (lengths of key and value u32,
//! key, value), and at the end `.` with the number of entries (u64) and the CRC-32 of all bytes before
//! it (u32). Numbers are big endian.

use std::io::{BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::batch::{Batch, MAX_KEY_BYTES, MAX_VALUE_BYTES, TreeName};
use super::error::Error;
use super::port::Store;

/// The version of the stream that this build writes, and the only one it reads.
pub const EXPORT_VERSION: u32 = 1;

/// Bytes of a batch while importing.
const BATCH_BYTES: usize = 1024 * 1024;

/// Longer first lines are not headers.
const MAX_HEADER_BYTES: u64 = 4096;

/// What an export or import carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Carried {
    /// Trees, empty ones included.
    pub num_trees: u64,
    /// Entries of all trees.
    pub num_entries: u64,
    /// Bytes of keys and values: the size of what lives in the store.
    pub size_bytes: u64,
    /// Whether somebody committed during an export: then it may show a batch in part, and an export
    /// for keeps has to be made again with its writers at rest. `false` for imports.
    pub disturbed: bool,
}

#[derive(Serialize, Deserialize)]
struct Head {
    skep_export: u32,
    application: String,
}

/// Writes the store, or one of its trees, as `application`'s export.
///
/// # Errors
///
/// Those of reading the store; [`Error::DiskFull`] or [`Error::Io`] when `output` fails.
pub fn export(
    store: &dyn Store,
    application: &str,
    tree: Option<&str>,
    output: impl Write,
) -> Result<Carried, Error> {
    let commits = store.stats()?.commits;
    let mut writer = Writer {
        output: BufWriter::new(output),
        crc: crc32fast::Hasher::new(),
    };
    writer.head(application)?;
    let mut trees = store.trees()?;
    trees.retain(|name| tree.is_none_or(|only| only == name));
    let mut carried = Carried::default();
    for name in &trees {
        writer.put(b"T", &[name.as_bytes()])?;
        carried.num_trees += 1;
        for entry in store.scan(name, b"", None) {
            let (key, value) = entry?;
            writer.put(b"E", &[&key, &value])?;
            carried.num_entries += 1;
            carried.size_bytes += (key.len() + value.len()) as u64;
        }
    }
    writer.end(carried.num_entries)?;
    carried.disturbed = store.stats()?.commits != commits;
    Ok(carried)
}

/// Reads an export of `application` into a new store. The export is read to its end and checked before
/// the first byte is written; nothing of it may change meanwhile. An import that is killed leaves part
/// of the store: remove the directory and import again.
///
/// # Errors
///
/// [`Error::NotEmpty`], [`Error::Export`] when the export is cut off, damaged or another application's
/// (nothing was written); those of writing the store.
pub fn import(
    store: &dyn Store,
    application: &str,
    mut input: impl Read + Seek,
) -> Result<Carried, Error> {
    if let Some(tree) = store.trees()?.into_iter().next() {
        return Err(Error::NotEmpty { tree });
    }
    let rewind = |error| Error::io("read", Path::new("the export"), error);
    input.rewind().map_err(rewind)?;
    Reader::new(&mut input).read(application, |_| Ok(()))?;
    input.rewind().map_err(rewind)?;
    let mut batches = Batches {
        store,
        current: None,
    };
    let carried = Reader::new(&mut input).read(application, |record| batches.take(record))?;
    batches.flush()?;
    Ok(carried)
}

/// One record of the stream.
enum Record {
    Tree(TreeName),
    Entry(Vec<u8>, Vec<u8>),
}

// === impl Writer ===

struct Writer<W: Write> {
    output: BufWriter<W>,
    crc: crc32fast::Hasher,
}

impl<W: Write> Writer<W> {
    fn head(&mut self, application: &str) -> Result<(), Error> {
        let head = Head {
            skep_export: EXPORT_VERSION,
            application: application.to_owned(),
        };
        let line = serde_json::to_vec(&head).map_err(std::io::Error::from);
        let mut line = line.map_err(write_failure)?;
        line.push(b'\n');
        self.write(&line)
    }

    /// A tag, the lengths of all parts, then the parts.
    fn put(&mut self, tag: &[u8; 1], parts: &[&[u8]]) -> Result<(), Error> {
        self.write(tag)?;
        for part in parts {
            // The store's limits keep every part far below 4 GiB.
            self.write(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes())?;
        }
        parts.iter().try_for_each(|part| self.write(part))
    }

    fn end(&mut self, num_entries: u64) -> Result<(), Error> {
        self.write(b".")?;
        self.write(&num_entries.to_be_bytes())?;
        let checksum = self.crc.clone().finalize();
        self.write(&checksum.to_be_bytes())?;
        self.output.flush().map_err(write_failure)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.crc.update(bytes);
        self.output.write_all(bytes).map_err(write_failure)
    }
}

fn write_failure(error: std::io::Error) -> Error {
    Error::io("write", Path::new("the export"), error)
}

// === impl Reader ===

struct Reader<R: Read> {
    input: BufReader<R>,
    crc: crc32fast::Hasher,
    /// How far it has come, for messages.
    at: u64,
}

impl<R: Read> Reader<R> {
    fn new(input: R) -> Self {
        Self {
            input: BufReader::new(input),
            crc: crc32fast::Hasher::new(),
            at: 0,
        }
    }

    /// Reads the whole stream, handing each record on, and checks its end.
    fn read(
        mut self,
        application: &str,
        mut take: impl FnMut(Record) -> Result<(), Error>,
    ) -> Result<Carried, Error> {
        self.head(application)?;
        let mut carried = Carried::default();
        loop {
            match self.array::<1>()? {
                [b'T'] => {
                    take(Record::Tree(self.tree()?))?;
                    carried.num_trees += 1;
                }
                [b'E'] if carried.num_trees > 0 => {
                    let (key, value) = self.entry()?;
                    carried.num_entries += 1;
                    carried.size_bytes += (key.len() + value.len()) as u64;
                    take(Record::Entry(key, value))?;
                }
                [b'.'] => return self.end(carried),
                [other] => return Err(self.refuse(format!("`{}` is no tag", other.escape_ascii()))),
            }
        }
    }

    fn head(&mut self, application: &str) -> Result<(), Error> {
        let mut line = Vec::new();
        let read = (&mut self.input)
            .take(MAX_HEADER_BYTES)
            .read_until(b'\n', &mut line);
        read.map_err(|error| self.refuse(error.to_string()))?;
        let head: Head = serde_json::from_slice(&line).map_err(|error| {
            self.refuse(format!("it does not begin as an export does: {error}"))
        })?;
        if head.skep_export != EXPORT_VERSION {
            let found = head.skep_export;
            return Err(self.refuse(format!(
                "it has version {found}, this build reads {EXPORT_VERSION}"
            )));
        }
        if head.application != application {
            let found = head.application;
            return Err(self.refuse(format!(
                "it is of application `{found}`, not of `{application}`"
            )));
        }
        self.crc.update(&line);
        self.at = line.len() as u64;
        Ok(())
    }

    fn tree(&mut self) -> Result<TreeName, Error> {
        let length = self.length("a tree's name", MAX_KEY_BYTES)?;
        let name = String::from_utf8(self.bytes(length)?);
        let name = name.map_err(|_| self.refuse("a tree's name is not text".to_owned()))?;
        TreeName::new(&name).map_err(|error| self.refuse(error.to_string()))
    }

    fn entry(&mut self) -> Result<(Vec<u8>, Vec<u8>), Error> {
        let key = self.length("a key", MAX_KEY_BYTES)?;
        let value = self.length("a value", MAX_VALUE_BYTES)?;
        Ok((self.bytes(key)?, self.bytes(value)?))
    }

    fn end(mut self, carried: Carried) -> Result<Carried, Error> {
        let num_entries = u64::from_be_bytes(self.array()?);
        let expected = self.crc.clone().finalize();
        if u32::from_be_bytes(self.array()?) != expected {
            return Err(self.refuse("its checksum does not match".to_owned()));
        }
        if num_entries != carried.num_entries {
            let found = carried.num_entries;
            return Err(self.refuse(format!("it has {found} entries and says {num_entries}")));
        }
        match self.input.fill_buf() {
            Ok([]) => Ok(carried),
            Ok(_) => Err(self.refuse("something follows its end".to_owned())),
            Err(error) => Err(self.refuse(error.to_string())),
        }
    }

    /// A length, held against its limit before anything of that size is allocated.
    fn length(&mut self, of: &str, max: usize) -> Result<usize, Error> {
        let length = u32::from_be_bytes(self.array()?) as usize;
        if length <= max {
            return Ok(length);
        }
        Err(self.refuse(format!(
            "{of} has {length} bytes, at most {max} are allowed"
        )))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.fill(&mut bytes).map(|()| bytes)
    }

    fn bytes(&mut self, length: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; length];
        self.fill(&mut bytes).map(|()| bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.input
            .read_exact(bytes)
            .map_err(|error| match error.kind() {
                std::io::ErrorKind::UnexpectedEof => self.refuse("it is cut off".to_owned()),
                _ => self.refuse(error.to_string()),
            })?;
        self.crc.update(bytes);
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn refuse(&self, reason: String) -> Error {
        Error::Export {
            at: self.at,
            reason,
        }
    }
}

// === impl Batches ===

/// Gathers records into batches of about a megabyte.
struct Batches<'a> {
    store: &'a dyn Store,
    current: Option<Batch>,
}

impl Batches<'_> {
    fn take(&mut self, record: Record) -> Result<(), Error> {
        match record {
            Record::Tree(name) => {
                self.flush()?;
                self.current = Some(Batch::new(name));
            }
            Record::Entry(key, value) => {
                if let Some(batch) = &mut self.current {
                    batch.put(key, value);
                    if batch.bytes() >= BATCH_BYTES {
                        let next = Batch::new(batch.tree().clone());
                        self.flush()?;
                        self.current = Some(next);
                    }
                }
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.current
            .take()
            .map_or(Ok(()), |batch| self.store.commit(&[batch]))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::store::conformance::{entries, tree};
    use crate::store::{MAX_VALUE_BYTES, MemoryStore};

    fn full_store() -> MemoryStore {
        let store = MemoryStore::new();
        for name in ["guests", "rooms"] {
            let mut batch = Batch::new(tree(name));
            (0..300_u32).for_each(|n| batch.put(n.to_be_bytes(), vec![n as u8; n as usize * 40]));
            batch.put("", "");
            store.commit(&[batch]).unwrap();
        }
        store
    }

    fn exported(store: &dyn Store) -> Vec<u8> {
        let mut bytes = Vec::new();
        export(store, "hotel", None, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn an_import_equals_what_was_exported() {
        let original = full_store();
        let mut bytes = Vec::new();
        let out = export(&original, "hotel", None, &mut bytes).unwrap();
        let copy = MemoryStore::new();
        assert_eq!(import(&copy, "hotel", Cursor::new(&bytes)).unwrap(), out);
        assert_eq!(
            (out.num_trees, out.num_entries, out.disturbed),
            (2, 602, false)
        );
        for name in ["guests", "rooms"] {
            assert_eq!(
                entries(&copy, name, b"", None),
                entries(&original, name, b"", None)
            );
        }
        assert_eq!(exported(&copy), bytes);
    }

    #[test]
    fn one_tree_can_be_exported_alone() {
        let mut bytes = Vec::new();
        export(&full_store(), "hotel", Some("rooms"), &mut bytes).unwrap();
        let copy = MemoryStore::new();
        import(&copy, "hotel", Cursor::new(&bytes)).unwrap();
        assert_eq!(copy.trees().unwrap(), ["rooms"]);
    }

    #[test]
    fn an_export_cut_off_anywhere_is_refused_and_nothing_written() {
        let bytes = exported(&full_store());
        let lengths = (0..bytes.len())
            .step_by(9973)
            .chain(bytes.len() - 14..bytes.len());
        for length in lengths {
            let copy = MemoryStore::new();
            let refused = import(&copy, "hotel", Cursor::new(&bytes[..length]));
            assert!(
                matches!(refused, Err(Error::Export { .. })),
                "{length}: {refused:?}"
            );
            assert_eq!(copy.trees().unwrap(), Vec::<String>::new());
        }
    }

    #[test]
    fn a_flipped_byte_anywhere_is_refused_and_nothing_written() {
        let bytes = exported(&full_store());
        for at in (0..bytes.len()).step_by(4999).chain(0..60) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x20;
            let copy = MemoryStore::new();
            let refused = import(&copy, "hotel", Cursor::new(flipped));
            assert!(
                matches!(refused, Err(Error::Export { .. })),
                "{at}: {refused:?}"
            );
            assert_eq!(copy.trees().unwrap(), Vec::<String>::new());
        }
    }

    #[test]
    fn only_a_new_store_takes_an_import() {
        let store = full_store();
        let refused = import(&store, "hotel", Cursor::new(exported(&store)));
        assert!(matches!(refused, Err(Error::NotEmpty { tree }) if tree == "guests"));
    }

    #[test]
    fn another_applications_export_is_refused() {
        let refused = import(
            &MemoryStore::new(),
            "marketplace",
            Cursor::new(exported(&full_store())),
        );
        assert!(matches!(refused, Err(Error::Export { reason, .. }) if reason.contains("`hotel`")));
    }

    #[test]
    fn a_length_over_its_limit_allocates_nothing() {
        let mut bytes =
            b"{\"skep_export\":1,\"application\":\"hotel\"}\nT\0\0\0\x01tE\0\0\0\x01".to_vec();
        bytes.extend((MAX_VALUE_BYTES as u32 + 1).to_be_bytes());
        let refused = import(&MemoryStore::new(), "hotel", Cursor::new(bytes));
        assert!(
            matches!(refused, Err(Error::Export { reason, .. }) if reason.starts_with("a value has"))
        );
    }
}
