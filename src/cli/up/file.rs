//! [`UpFile`]: tells the commands of this machine's user which `up` runs on a folder, and keeps a second one away.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::session::Session;
use crate::config::StoreSettings;

/// What the file says.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::cli) struct Notice {
    /// The process of `up`.
    pub(in crate::cli) pid: u32,
    /// The address at which it takes orders.
    door: String,
    /// What every order has to show.
    token: String,
}

/// The folder of an application, held by one `up`.
#[derive(Debug)]
pub(in crate::cli) struct UpFile {
    path: PathBuf,
    /// Holds the lock, which the system lets go of when the process ends, however it ends.
    _lock: File,
}

fn path_in(store: &Path) -> PathBuf {
    store.join("up.json")
}

impl Notice {
    /// The notice of the `up` that runs with the session's configuration.
    pub(in crate::cli) fn of(session: &Session) -> Result<Self, Failure> {
        let store: StoreSettings = session
            .config()?
            .section("store")
            .map_err(|problems| Failure::new(Exit::Config, problems.to_string()))?;
        Self::find(session.application(), &store.path)
    }

    /// Where orders are taken.
    pub(super) fn address(&self) -> &str {
        &self.door
    }

    /// What every order has to show.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// The notice of the `up` that runs on this folder.
    pub(super) fn find(application: &str, store: &Path) -> Result<Self, Failure> {
        let path = path_in(store);
        let shown = path.display();
        let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Failure::new(
                Exit::Unavailable,
                format!("no `up` runs here (no {shown}); start one with `{application} up -c <file>`, or point to its folder with --data or -c"),
            ),
            ErrorKind::PermissionDenied => Failure::new(
                Exit::NoPermission,
                format!("{shown} cannot be read: only the user who started `up` may give it orders"),
            ),
            _ => Failure::new(Exit::Io, format!("{shown} cannot be read: {error}")),
        })?;
        let notice: Self = serde_json::from_str(&text).map_err(|error| {
            Failure::new(
                Exit::Data,
                format!("{shown} is not the file of a running `up`: {error}"),
            )
        })?;
        if !is_held(store) {
            return Err(Failure::new(
                Exit::Unavailable,
                format!(
                    "no `up` runs here: process {} left {shown} behind; the next `up` replaces it",
                    notice.pid
                ),
            ));
        }
        Ok(notice)
    }
}

impl std::fmt::Debug for Notice {
    /// Without the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notice")
            .field("pid", &self.pid)
            .field("door", &self.door)
            .finish_non_exhaustive()
    }
}

fn lock_file(store: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    options.open(store.join("up.lock"))
}

/// Whether a living `up` holds the folder.
fn is_held(store: &Path) -> bool {
    let lock = lock_file(store).map(|file| file.try_lock());
    matches!(lock, Ok(Err(TryLockError::WouldBlock)))
}

impl UpFile {
    /// Takes the folder; made when it is missing.
    pub(in crate::cli) fn take(store: &Path) -> Result<Self, Failure> {
        let unusable = |error: std::io::Error| {
            Failure::new(
                Exit::Io,
                format!("{} cannot be used: {error}", store.display()),
            )
        };
        fs::create_dir_all(store).map_err(unusable)?;
        let lock = lock_file(store).map_err(unusable)?;
        let path = path_in(store);
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                let text = fs::read_to_string(&path).ok();
                let notice = text.and_then(|text| serde_json::from_str::<Notice>(&text).ok());
                let by = notice.map_or_else(String::new, |one| format!(" (process {})", one.pid));
                Err(Failure::new(
                    Exit::Busy,
                    format!(
                        "another `up`{by} runs on {}; `ps` shows what it does",
                        store.display()
                    ),
                ))
            }
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    /// Writes where orders are taken, for nobody but the owner to read.
    pub(super) fn tell(&self, door: String, token: String) -> std::io::Result<()> {
        let notice = Notice {
            pid: std::process::id(),
            door,
            token,
        };
        let draft = self.path.with_extension("draft");
        // One that a process left behind might be anybody's to read.
        let _ = fs::remove_file(&draft);
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(&draft)?;
        file.write_all(&serde_json::to_vec_pretty(&notice)?)?;
        fs::rename(&draft, &self.path)
    }
}

impl Drop for UpFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_owner_whose_notice_goes_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = folder.path().join("data");
        let none = Notice::find("hotel", &store).expect_err("nobody");
        assert_eq!(none.exit(), Exit::Unavailable);
        let first = UpFile::take(&store).expect("free");
        first
            .tell("127.0.0.1:1".to_owned(), "secret".to_owned())
            .expect("written");
        let second = UpFile::take(&store).expect_err("taken");
        assert_eq!(second.exit(), Exit::Busy);
        assert!(second.message().contains(&std::process::id().to_string()));
        let notice = Notice::find("hotel", &store).expect("a notice");
        assert_eq!(notice.token, "secret");
        assert!(!format!("{notice:?}").contains("secret"));
        drop(first);
        assert!(!store.join("up.json").exists());
        drop(UpFile::take(&store).expect("free again"));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_the_notice() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let file = UpFile::take(folder.path()).expect("free");
        file.tell(String::new(), String::new()).expect("written");
        let mode = fs::metadata(folder.path().join("up.json"))
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn what_was_left_behind_is_told_from_what_runs() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = UpFile::take(folder.path()).expect("free");
        file.tell("127.0.0.1:1".to_owned(), "secret".to_owned())
            .expect("written");
        let left = fs::read(folder.path().join("up.json")).expect("a notice");
        drop(file);
        fs::write(folder.path().join("up.json"), left).expect("left behind");
        let gone = Notice::find("hotel", folder.path()).expect_err("nobody");
        assert_eq!(gone.exit(), Exit::Unavailable);
        assert!(gone.message().contains("left"), "{}", gone.message());
    }
}
