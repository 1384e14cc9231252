//! [`Hotel`]: the hotel's own binary, with a fresh store, on any free port.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A hotel that runs as long as this lives.
#[derive(Debug)]
pub(crate) struct Hotel {
    /// Where its API is.
    pub(crate) url: String,
    process: Child,
    _folder: TempDir,
}

impl Hotel {
    /// Starts it with these settings besides, and waits until it is ready.
    pub(crate) fn start(settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(binary());
        command
            .current_dir(folder.path())
            .args(["run", "--set", "gateway.listen=127.0.0.1:0"])
            .stdout(Stdio::piped());
        for setting in settings {
            command.args(["--set", setting]);
        }
        let mut process = command
            .spawn()
            .expect("`cargo xtask browser-test` builds the hotel");
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        let url = output
            .lines()
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("API on ")?.1.split_once(". ")?.0.to_owned()));
        Self {
            url: url.unwrap_or_else(|| {
                let _ = process.kill();
                panic!("the hotel ended before it was ready")
            }),
            process,
            _folder: folder,
        }
    }
}

/// Beside this test's own: both were built for the same profile.
fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("this is a program");
    let profile = own
        .ancestors()
        .nth(2)
        .expect("it is in a folder of a profile");
    profile.join("hotel")
}

impl Drop for Hotel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
