//! `up` in a folder of its own, with all nodes ready.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::process::{Ran, hotel, run};

/// Ends a test that hangs; nothing else depends on it.
const PATIENCE: Duration = Duration::from_secs(600);

/// The file that splits the hotel of a test.
pub(crate) const SPLIT: &str = "split.toml";

/// What `up` printed, and what it said beside that.
const LOG: &str = "up.log";
const NOTES: &str = "up.notes";

/// What `up` started; it ends with the test, however that ends.
pub(crate) struct Up {
    pub(crate) folder: TempDir,
    process: Child,
    /// Dropped, nobody ends the process any more because it hangs.
    _patience: SyncSender<()>,
}

impl Up {
    /// The hotel as one of the files of the repository splits it, on a server of its own.
    pub(crate) fn ready(configuration: &str) -> Self {
        let folder = tempdir().expect("a folder");
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config");
        let text = fs::read_to_string(Path::new(path).join(configuration)).expect("the file");
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("a free port").to_string();
        let own = text.replace("127.0.0.1:4222", &address);
        assert_ne!(own, text, "the file names the server");
        let small = "gateway.listen = \"127.0.0.1:0\"\nruntime.arbiters = 1\n";
        fs::write(folder.path().join(SPLIT), format!("{small}{own}")).expect("a file");
        let notes = fs::File::create(folder.path().join(NOTES)).expect("a file");
        let mut process = hotel(folder.path(), &["up", "-c", SPLIT])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(notes)
            .spawn()
            .expect("the hotel starts");
        let patience = patience(Pid::from_child(&process));
        let stdout = process.stdout.take().expect("its output is piped");
        let is_up = read(stdout, folder.path().join(LOG));
        let up = Self {
            folder,
            process,
            _patience: patience,
        };
        is_up.recv().expect("it is up");
        up
    }

    /// Runs a command to its end, with the same file.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        run(self.folder.path(), &[arguments, &["-c", SPLIT]].concat())
    }

    /// The same, which must go well.
    pub(crate) fn done(&self, arguments: &[&str]) {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(0), "{ran:#?}");
    }

    /// The processes, as `ps` lists them.
    pub(crate) fn processes(&self) -> Vec<Process> {
        let listed = self.run(&["ps", "--json"]);
        let processes: Value = serde_json::from_str(&listed.stdout)
            .unwrap_or_else(|error| panic!("{error}: {listed:#?}"));
        let processes = processes.as_array().expect("a list");
        processes.iter().map(Process::read).collect()
    }

    /// Ends it as Ctrl-C does.
    pub(crate) fn interrupt(mut self) {
        kill_process(Pid::from_child(&self.process), Signal::INT).expect("it runs");
        let ended = self.process.wait().expect("it ends");
        assert_eq!(ended.code(), Some(0));
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            for file in [LOG, NOTES] {
                let said = fs::read_to_string(self.folder.path().join(file));
                eprintln!("{file}:\n{}", said.unwrap_or_default());
            }
        }
    }
}

/// One process of those.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) node: String,
    pub(crate) pid: Option<Pid>,
    pub(crate) is_ready: bool,
}

impl Process {
    fn read(one: &Value) -> Self {
        let pid = one["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok());
        Self {
            node: one["node"].as_str().expect("a name").to_owned(),
            pid: pid.and_then(Pid::from_raw),
            is_ready: one["state"] == "ready",
        }
    }

    /// Ends it without a chance to clean up.
    pub(crate) fn kill(&self) {
        let pid = self.pid.expect("it runs");
        // It may just have ended by itself.
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// Keeps what `up` prints in a file; is told when all nodes are ready.
fn read(stdout: ChildStdout, log: std::path::PathBuf) -> Receiver<()> {
    let (sender, receiver) = sync_channel(1);
    std::thread::spawn(move || {
        let mut sender = Some(sender);
        let mut said = String::new();
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            said += &line;
            said.push('\n');
            if line.contains("hotel is up")
                && let Some(sender) = sender.take()
            {
                let _ = sender.send(());
            }
            let _ = fs::write(&log, &said);
        }
    });
    receiver
}

/// Ends a process that hangs, and with it the test that waits for it.
fn patience(process: Pid) -> SyncSender<()> {
    let (sender, receiver) = sync_channel(0);
    std::thread::spawn(move || {
        if receiver.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            let _ = kill_process(process, Signal::KILL);
        }
    });
    sender
}
