//! [`Hotel`]: the hotel's own binary on a fresh store, for the chores that look at it from outside.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::step::{Failure, root, target};

/// A hotel with everything exposed, that does not outlive us.
#[derive(Debug)]
pub(crate) struct Hotel {
    process: Child,
    url: String,
}

impl Hotel {
    /// Starts what was built for `profile` on the data of `folder`, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// [`Failure`] when it does not start, or ends before it is ready.
    pub(crate) fn start(profile: &str, folder: &Path) -> Result<Self, Failure> {
        let mut command = command(profile, folder);
        let process = command.spawn().map_err(|error| Failure::Io {
            step: "start the hotel".to_owned(),
            error,
        })?;
        let mut hotel = Self {
            process,
            url: String::new(),
        };
        let output = hotel.process.stdout.take();
        let lines = output.map(|stdout| BufReader::new(stdout).lines());
        let mut lines = lines.into_iter().flatten().map_while(Result::ok);
        let ready = lines.find(|line| line.contains(" is ready after "));
        hotel.url = ready.as_deref().and_then(api).ok_or(Failure::Failed {
            step: "start the hotel".to_owned(),
            command: format!("{command:?}"),
            status: "it ended before its API was open".to_owned(),
        })?;
        Ok(hotel)
    }

    /// Where its API is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Lets it finish; the store must be free for the next start.
    pub(crate) fn end(mut self) {
        let asked = Command::new("kill").arg(self.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

impl Drop for Hotel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(profile: &str, folder: &Path) -> Command {
    let setting = |key: &str, value: &Path| format!("{key}={}", value.display());
    let invoices = "capabilities.reports.settings.folder";
    let mails = "capabilities.notifications.settings.folder";
    let mut command = Command::new(target().join(profile).join("hotel"));
    command
        .arg("run")
        .arg("--data")
        .arg(folder.join("data"))
        .args(["--set", "gateway.listen=127.0.0.1:0"])
        .args(["--set", "gateway.expose=[\"*\"]"])
        .args(["--set", &setting(invoices, &folder.join("invoices"))])
        .args(["--set", &setting(mails, &folder.join("mails"))])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

/// The address in a ready line.
fn api(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("API on ")?;
    Some(rest.split_once(". ")?.0.to_owned())
}

/// A folder that goes when it is not needed any more.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A new one below `target/<chore>`.
    ///
    /// # Errors
    ///
    /// [`Failure::Io`] if it cannot be made.
    pub(crate) fn new(chore: &str) -> Result<Self, Failure> {
        let path = root()
            .join("target")
            .join(chore)
            .join(std::process::id().to_string());
        let made = fs::create_dir_all(&path).map(|()| Self(path));
        made.map_err(|error| Failure::Io {
            step: "a folder for the data".to_owned(),
            error,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_stands_in_the_ready_line() {
        let line = "hotel is ready after 31 ms: search; state in ./data; API on http://127.0.0.1:4080. Ctrl-C stops it.";
        assert_eq!(api(line).as_deref(), Some("http://127.0.0.1:4080"));
        assert_eq!(
            api("hotel is ready after 31 ms: search. Ctrl-C stops it."),
            None
        );
    }
}
