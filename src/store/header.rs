//! `skep.json`: whose store this is, in which format, by which engine. Written once, read at every open.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::clock;
use super::error::Error;

/// Larger than any header: what is longer is not one.
const MAX_HEADER_BYTES: u64 = 16 * 1024;

/// The header as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) application: String,
    pub(super) format_version: u32,
    pub(super) engine: String,
    /// Seconds since 1970 at which the store was created.
    pub(super) created: u64,
    /// CRC-32 of the other fields: a flipped byte must not pass for another application's name.
    check: String,
}

impl Header {
    /// The header of a store that is created now.
    pub(super) fn new(application: &str, format_version: u32, engine: &str) -> Self {
        let created = clock::unix_seconds();
        let check = check(application, format_version, engine, created);
        Self {
            application: application.to_owned(),
            format_version,
            engine: engine.to_owned(),
            created,
            check,
        }
    }

    /// Where a store keeps its header.
    pub(super) fn path(store: &Path) -> PathBuf {
        store.join("skep.json")
    }

    /// Reads and checks a header; `None` when there is none.
    pub(super) fn read(store: &Path) -> Result<Option<Self>, Error> {
        let path = Self::path(store);
        let text = match read_bounded(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::io("read", &path, source)),
        };
        let header = Self::parse(&text).map_err(|reason| Error::Header { path, reason })?;
        Ok(Some(header))
    }

    fn parse(text: &[u8]) -> Result<Self, String> {
        if text.len() as u64 > MAX_HEADER_BYTES {
            return Err("it is far too long".to_owned());
        }
        let header: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let expected = check(
            &header.application,
            header.format_version,
            &header.engine,
            header.created,
        );
        if header.check == expected {
            Ok(header)
        } else {
            Err("its checksum does not match".to_owned())
        }
    }

    /// Writes the header so that it is there wholly or not at all, also after a power loss.
    pub(super) fn write(&self, store: &Path) -> Result<(), Error> {
        let path = Self::path(store);
        self.write_files(store, &path)
            .map_err(|source| Error::io("write", &path, source))
    }

    fn write_files(&self, store: &Path, path: &Path) -> io::Result<()> {
        let unfinished = store.join("skep.json.tmp");
        let mut file = File::create(&unfinished)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        File::open(store)?.sync_all()
    }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    io::Read::read_to_end(
        &mut io::Read::take(File::open(path)?, MAX_HEADER_BYTES + 1),
        &mut text,
    )?;
    Ok(text)
}

fn check(application: &str, format_version: u32, engine: &str, created: u64) -> String {
    let text = format!("{application}\n{format_version}\n{engine}\n{created}");
    format!("{:08x}", crc32fast::hash(text.as_bytes()))
}
