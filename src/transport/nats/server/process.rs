//! [`ServerProcess`]: a nats-server that this process has started, and that ends with it.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::error::ServerError;
use super::find::ServerBinary;

/// How often a server that starts or stops is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// Looks until a start is given up: 30 seconds.
const LOOKS: u32 = 6000;

/// The largest message that it takes, in bytes: as large as it does without a warning.
const PAYLOAD_MAX: usize = 8 * 1024 * 1024;

/// The name of every server of ours, by which its clients know that what it confirms is on its disk.
pub(in crate::transport::nats) const SYNCING: &str = "skep-syncs-always";

/// How a nats-server runs.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    folder: PathBuf,
    port: u16,
    extra: String,
    starter: Vec<OsString>,
}

impl ServerOptions {
    /// A server that keeps everything in this folder – streams, log, configuration – and listens on a free loopback port.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            port: 0,
            extra: String::new(),
            starter: Vec::new(),
        }
    }

    /// Which loopback port; 0 is any free one. Default: 0.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Further lines of the server's own configuration, such as users and permissions.
    #[must_use]
    pub fn extra(mut self, lines: &str) -> Self {
        self.extra.push_str(lines);
        self.extra.push('\n');
        self
    }

    /// Started by this program with these arguments and, behind them, the server's own command line: it becomes the server.
    #[cfg(feature = "cli")]
    #[must_use]
    pub(crate) fn through(mut self, starter: Vec<OsString>) -> Self {
        self.starter = starter;
        self
    }

    /// The command line of a server.
    fn command(&self, binary: &ServerBinary) -> Command {
        let Some((starter, leading)) = self.starter.split_first() else {
            return Command::new(binary.path());
        };
        let mut command = Command::new(starter);
        command.args(leading).arg(binary.path());
        command
    }

    /// What is acknowledged is on the disk, and a peer that hangs is noticed within half a minute: the server's own defaults
    /// are two minutes for either.
    fn text(&self) -> String {
        let port = if self.port == 0 {
            "-1".to_owned()
        } else {
            self.port.to_string()
        };
        let quoted = |path: PathBuf| serde_json::Value::from(path.to_string_lossy()).to_string();
        let mut text = String::new();
        let _ = writeln!(text, "listen: \"127.0.0.1:{port}\"");
        let _ = writeln!(text, "ports_file_dir: {}", quoted(self.folder.clone()));
        let _ = writeln!(text, "log_file: {}", quoted(self.folder.join("server.log")));
        let _ = writeln!(text, "server_name: {SYNCING}");
        let _ = writeln!(text, "ping_interval: \"10s\"");
        let _ = writeln!(text, "max_payload: {PAYLOAD_MAX}");
        let store = quoted(self.folder.join("streams"));
        let _ = writeln!(
            text,
            "jetstream {{ store_dir: {store}, sync_interval: always }}"
        );
        text.push_str(&self.extra);
        text
    }
}

/// A nats-server that this process has started on the loopback interface. Dropped, it is killed.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    binary: ServerBinary,
    options: ServerOptions,
}

impl ServerProcess {
    /// Starts a server and waits until it answers. Blocks for some milliseconds.
    ///
    /// # Errors
    ///
    /// [`ServerError::Ended`] when it cannot be started or ends again, with the last line of its log.
    pub fn start(binary: &ServerBinary, options: ServerOptions) -> Result<Self, ServerError> {
        let ended = |error: io::Error| ServerError::Ended {
            reason: error.to_string(),
        };
        fs::create_dir_all(&options.folder).map_err(ended)?;
        let file = options.folder.join("server.conf");
        fs::write(&file, options.text()).map_err(ended)?;
        let child = options
            .command(binary)
            .arg("--config")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(ended)?;
        let mut server = Self {
            child,
            binary: binary.clone(),
            options,
        };
        // A restarted server is found where it was.
        server.options.port = server.await_port()?;
        Ok(server)
    }

    /// Where clients connect.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.options.port)
    }

    /// The number of its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its folder: streams, log and configuration.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.options.folder
    }

    /// Kills it at once, as a crash would. More than once does nothing.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(self.ports_file());
    }

    /// How it has ended, in words that follow its name; `None` while it runs.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok().flatten()?;
        Some(format!("ended with {status}: {}", self.last_words()))
    }

    /// Starts it again after [`kill`](Self::kill), on the same port and with what it kept. Blocks as `start` does.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn restart(&mut self) -> Result<(), ServerError> {
        self.kill();
        let (binary, options) = (self.binary.clone(), self.options.clone());
        *self = Self::start(&binary, options)?;
        Ok(())
    }

    /// The server writes the port that it got into a file of its own when it is ready for clients.
    fn await_port(&mut self) -> Result<u16, ServerError> {
        let file = self.ports_file();
        for _ in 0..LOOKS {
            if let Some(port) = fs::read(&file).ok().and_then(|text| client_port(&text)) {
                return Ok(port);
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                let reason = format!("it ended with {status}: {}", self.last_words());
                return Err(ServerError::Ended { reason });
            }
            #[allow(
                clippy::disallowed_methods,
                reason = "another process tells in a file that it is ready"
            )]
            thread::sleep(LOOK);
        }
        let reason = format!("it is not ready after 30 seconds: {}", self.last_words());
        Err(ServerError::Ended { reason })
    }

    fn ports_file(&self) -> PathBuf {
        let program = self.binary.path().file_stem().unwrap_or_default();
        let name = format!("{}_{}.ports", program.to_string_lossy(), self.pid());
        self.options.folder.join(name)
    }

    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.options.folder.join("server.log"));
        let log = log.unwrap_or_default();
        let last = log.trim().lines().last();
        last.unwrap_or("it has no log").to_owned()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The port of the first address for clients: `{"nats":["nats://127.0.0.1:4222"]}`. A file that is half written has none.
fn client_port(text: &[u8]) -> Option<u16> {
    let ports: serde_json::Value = serde_json::from_slice(text).ok()?;
    let url = ports.get("nats")?.get(0)?.as_str()?;
    url.rsplit(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::super::find_server;
    use super::*;

    fn connects(server: &ServerProcess) -> bool {
        TcpStream::connect(("127.0.0.1", server.options.port)).is_ok()
    }

    #[test]
    fn a_server_starts_dies_and_comes_back_where_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = find_server(&mut |_| ()).expect("a server");
        let options = ServerOptions::in_folder(folder.path());
        let mut server = ServerProcess::start(&binary, options).expect("it starts");
        assert!(connects(&server));
        let (url, pid) = (server.url(), server.pid());
        server.kill();
        assert!(!connects(&server));
        server.restart().expect("it starts again");
        assert!(connects(&server));
        assert_eq!(server.url(), url);
        assert_ne!(server.pid(), pid);
    }

    #[test]
    fn a_server_that_cannot_run_says_why() {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = find_server(&mut |_| ()).expect("a server");
        let options = ServerOptions::in_folder(folder.path()).extra("no_such_setting: 1");
        let error = ServerProcess::start(&binary, options).expect_err("it does not start");
        assert!(error.to_string().contains("it ended with"), "{error}");
    }
}
