//! [`AdminFile`]: tells the commands of this machine's user where the operator's door is, and the token.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::process::Process;
use super::token::Token;
use crate::gateway::timestamp::rfc3339;

/// What the file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::gateway) struct Notice {
    /// Where the door is.
    pub(in crate::gateway) url: String,
    /// What opens it.
    pub(in crate::gateway) token: String,
    /// The process.
    pub(in crate::gateway) pid: u32,
    /// The application's name.
    pub(in crate::gateway) application: String,
    /// The application's version.
    pub(in crate::gateway) version: String,
    /// When the doors were opened.
    pub(in crate::gateway) started_at: String,
    /// Where the application's API is.
    pub(in crate::gateway) api: Option<String>,
}

/// The file, as long as its process lives: it is locked, so that a file left behind can be told from one in use.
#[derive(Debug)]
pub(in crate::gateway) struct AdminFile {
    path: PathBuf,
    token: String,
    /// Holds the lock, which the system lets go of when the process ends, however it ends.
    _lock: File,
    /// A folder that was made for nothing but this file.
    own_folder: Option<PathBuf>,
}

/// Why there is no file.
#[derive(Debug)]
pub(in crate::gateway) enum Taken {
    /// A living process has one here.
    ByAnother {
        /// Which, if the file says so.
        pid: Option<u32>,
    },
    /// It cannot be written.
    Unwritable(io::Error),
}

impl Notice {
    /// What this process tells of itself.
    pub(in crate::gateway) fn of(process: &Process, url: String, token: &Token) -> Self {
        Self {
            url,
            token: token.reveal().to_owned(),
            pid: std::process::id(),
            application: process.application.clone(),
            version: process.version.clone(),
            started_at: rfc3339(process.started_at),
            api: process.api.clone(),
        }
    }
}

impl From<io::Error> for Taken {
    fn from(error: io::Error) -> Self {
        Self::Unwritable(error)
    }
}

impl AdminFile {
    /// Writes the file, whole or not at all, for nobody but its owner to read. One that was left behind is replaced.
    pub(in crate::gateway) fn write(path: &Path, notice: &Notice) -> Result<Self, Taken> {
        if let Some(pid) = holder(path)? {
            return Err(Taken::ByAnother { pid });
        }
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let own_folder = folder.filter(|folder| !folder.exists()).map(Path::to_owned);
        if let Some(folder) = folder {
            fs::create_dir_all(folder)?;
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.{}", notice.pid, &notice.token[..8]));
        let draft = path.with_file_name(name);
        let written = write_draft(&draft, notice).and_then(|file| {
            fs::rename(&draft, path)?;
            Ok(file)
        });
        match written {
            Ok(lock) => Ok(Self {
                path: path.to_owned(),
                token: notice.token.clone(),
                _lock: lock,
                own_folder,
            }),
            Err(error) => {
                let _ = fs::remove_file(&draft);
                Err(error.into())
            }
        }
    }

    /// Where it is.
    pub(in crate::gateway) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for AdminFile {
    /// Removes the file if it is still ours, and the folder if it was made for it.
    fn drop(&mut self) {
        let is_ours = fs::read(&self.path)
            .ok()
            .and_then(|text| serde_json::from_slice::<Notice>(&text).ok())
            .is_some_and(|notice| notice.token == self.token);
        if is_ours {
            let _ = fs::remove_file(&self.path);
            if let Some(folder) = &self.own_folder {
                // Refused if something else has come into it.
                let _ = fs::remove_dir(folder);
            }
        }
    }
}

/// The living process whose file this is; its id is in the file, if it can be read.
fn holder(path: &Path) -> io::Result<Option<Option<u32>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => {
            let notice: Option<Notice> = fs::read(path)
                .ok()
                .and_then(|text| serde_json::from_slice(&text).ok());
            Ok(Some(notice.map(|notice| notice.pid)))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn write_draft(draft: &Path, notice: &Notice) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(draft)?;
    // Before it is seen under its name, so that nobody takes it for one left behind.
    file.try_lock().map_err(io::Error::from)?;
    file.write_all(serde_json::to_string_pretty(notice)?.as_bytes())?;
    file.write_all(b"\n")?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(token: &str) -> Notice {
        Notice {
            url: "http://127.0.0.1:1".to_owned(),
            token: token.repeat(8),
            pid: 7,
            application: "hotel".to_owned(),
            version: "1".to_owned(),
            started_at: String::new(),
            api: None,
        }
    }

    fn read(path: &Path) -> Notice {
        serde_json::from_slice(&fs::read(path).expect("a file")).expect("a notice")
    }

    #[test]
    fn it_is_there_as_long_as_it_is_held() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/admin.json");
        let file = AdminFile::write(&path, &notice("a")).expect("written");
        assert_eq!(read(&path), notice("a"));
        assert_eq!(
            fs::read_dir(path.parent().expect("a folder"))
                .expect("a folder")
                .count(),
            1
        );
        drop(file);
        assert!(!path.exists());
        assert!(
            !folder.path().join("deep").exists(),
            "it was made for the file"
        );
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("admin.json");
        let _file = AdminFile::write(&path, &notice("a")).expect("written");
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn one_in_use_is_left_alone_and_one_left_behind_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("admin.json");
        let first = AdminFile::write(&path, &notice("a")).expect("written");
        let second = AdminFile::write(&path, &notice("b"));
        assert!(
            matches!(second, Err(Taken::ByAnother { pid: Some(7) })),
            "{second:?}"
        );
        assert_eq!(read(&path), notice("a"));
        drop(first);
        fs::write(&path, "left behind, and torn").expect("written");
        let third = AdminFile::write(&path, &notice("c")).expect("written");
        assert_eq!(read(&path), notice("c"));
        fs::write(&path, serde_json::to_vec(&notice("d")).expect("text")).expect("written");
        drop(third);
        assert_eq!(read(&path), notice("d"), "no longer ours, so it stays");
    }
}
