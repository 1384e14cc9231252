//! How far commits were acknowledged: one number in `skep.seq`, written after each sync.
//!
//! It is written without a sync of its own and therefore never runs ahead of the engine, but after a
//! `kill -9` it is exact. An engine that opens with fewer commits has lost some: fjall, for one, cuts
//! a journal off at the first damaged byte without a word.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::error::Error;

/// The number (u64) and its CRC-32 (u32), big endian.
const BYTES: usize = 12;

/// The file `skep.seq` of an open store.
pub(super) struct Watermark {
    file: File,
    path: PathBuf,
}

impl Watermark {
    /// Opens or creates the file.
    pub(super) fn open(store: &Path) -> Result<Self, Error> {
        let path = store.join("skep.seq");
        let mut options = File::options();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let file = file.map_err(|source| Error::io("open", &path, source))?;
        Ok(Self { file, path })
    }

    /// The last number written; 0 for a new file.
    pub(super) fn read(&self) -> Result<u64, Error> {
        let mut bytes = [0; BYTES + 1];
        let length = self.file.read_at(&mut bytes, 0);
        let length = length.map_err(|source| Error::io("read", &self.path, source))?;
        // A power loss may leave the file empty, or zeroed: it was never synced.
        if bytes[..length].iter().all(|byte| *byte == 0) {
            return Ok(0);
        }
        let (number, checksum) = bytes[..length].split_at(length.min(8));
        if length == BYTES && crc32fast::hash(number).to_be_bytes() == *checksum {
            let number = number.try_into().map(u64::from_be_bytes);
            return Ok(number.unwrap_or_default());
        }
        let reason = "its checksum does not match".to_owned();
        Err(Error::Header {
            path: self.path.clone(),
            reason,
        })
    }

    /// Writes a number. One small write: a killed process leaves the old number or the new one.
    pub(super) fn write(&self, number: u64) -> Result<(), Error> {
        let mut bytes = [0; BYTES];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        bytes[8..].copy_from_slice(&crc32fast::hash(&number.to_be_bytes()).to_be_bytes());
        let written = self.file.write_all_at(&bytes, 0);
        written.map_err(|source| Error::io("write", &self.path, source))
    }
}
