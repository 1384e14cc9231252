//! One process per store: an operating system lock on `skep.lock`, which also names its holder.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use super::error::Error;

/// The held lock; let go when dropped, or by the system when the process dies.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock without waiting. Writes nothing: a store that is refused stays as it was.
    pub(super) fn take(store: &Path) -> Result<Self, Error> {
        let path = store.join("skep.lock");
        let mut options = File::options();
        let file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        let mut file = file.map_err(|source| Error::Unwritable {
            path: path.clone(),
            source,
        })?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked {
                path: store.to_owned(),
                pid: read_pid(&mut file),
            }),
            Err(TryLockError::Error(source)) => Err(Error::io("lock", &path, source)),
        }
    }

    /// Writes the holder's process id, for the message of whoever comes second.
    pub(super) fn sign(&mut self, store: &Path) -> Result<(), Error> {
        let pid = format!("{}\n", std::process::id());
        self.write(&pid)
            .map_err(|source| Error::io("write", &store.join("skep.lock"), source))
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())
    }
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
