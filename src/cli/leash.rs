//! [`Leash`]: what ties a process to the `up` that started it – a file in which it says that it is ready, and its standard
//! input, which ends when `up` wants it to stop, and when `up` itself has ended, however that came about.

use std::ffi::OsString;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

/// The environment variable that names the file; where it is set, standard input is the leash.
pub(super) const READY_FILE: &str = "SKEP_READY_FILE";

/// What a process says when it is ready.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ready {
    /// The process that does the work.
    pub(super) pid: u32,
    /// Where its API is.
    pub(super) api: Option<String>,
}

/// What ties this process to the `up` that started it.
#[derive(Debug)]
pub(super) struct Leash {
    file: PathBuf,
    cut: Option<oneshot::Receiver<()>>,
}

impl Leash {
    /// The leash that this environment speaks of. From now on standard input is read by it.
    pub(super) fn of(environment: &[(OsString, OsString)]) -> Option<Self> {
        let named = environment.iter().find(|(name, _)| name == READY_FILE);
        let file = named.map(|(_, file)| PathBuf::from(file))?;
        let (sender, cut) = oneshot::channel();
        // A thread of its own: nothing can interrupt such a read, and the process does not wait for this one to end.
        let watch = move || {
            let mut ignored = [0; 256];
            let mut stdin = std::io::stdin().lock();
            while stdin.read(&mut ignored).is_ok_and(|count| count > 0) {}
            let _ = sender.send(());
        };
        let watching = std::thread::Builder::new()
            .name("leash".to_owned())
            .spawn(watch);
        // Without a thread the process is stopped by signals alone.
        Some(Self {
            file,
            cut: watching.is_ok().then_some(cut),
        })
    }

    /// What ends when the leash is cut. Given out once: whoever waits for it first stops the process in good order.
    pub(super) fn take(&mut self) -> Option<oneshot::Receiver<()>> {
        self.cut.take()
    }

    /// Says that the process is ready.
    ///
    /// # Errors
    ///
    /// What the system says when the file cannot be written.
    pub(super) fn say(&self, ready: &Ready) -> std::io::Result<()> {
        let draft = self.file.with_extension("draft");
        let mut file = std::fs::File::create(&draft)?;
        file.write_all(&serde_json::to_vec(ready)?)?;
        std::fs::rename(&draft, &self.file)
    }
}

impl Ready {
    /// What a process has said in its file; `None` when it has not yet.
    pub(super) fn read(file: &Path) -> Option<Self> {
        let text = std::fs::read(file).ok()?;
        serde_json::from_slice(&text).ok()
    }
}
