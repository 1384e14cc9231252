//! `startup`: how fast the hotel is ready with all its doors open, and how much memory it takes when it has nothing to do.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::step::{Failure, Step, now, root};

/// Starts that are measured, besides the first one, which makes up the demo's bookings.
const STARTS: usize = 15;
/// How long it is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(3);

/// One start.
struct Start {
    /// From the process's beginning to its ready line.
    ready: Duration,
    /// Resident memory after a while without work, in KiB; none where the system does not tell.
    resident_kib: Option<u64>,
}

/// Builds the hotel, starts it again and again, and prints a table.
///
/// # Errors
///
/// [`Failure`] when it cannot be built or does not get ready.
pub(crate) fn run() -> Result<(), Failure> {
    Step::cargo("build the hotel", "build --release --locked -p hotel").run()?;
    let folder = Folder::new().map_err(|error| io("a folder for the data", error))?;
    let first = start(&folder.0, false)?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(start(&folder.0, false)?);
    }
    let idle = start(&folder.0, true)?;
    println!("\n{}", table(&first, &mut starts, &idle));
    Ok(())
}

fn table(first: &Start, starts: &mut [Start], idle: &Start) -> String {
    starts.sort_by_key(|start| start.ready);
    let ms = |start: &Start| start.ready.as_secs_f64() * 1000.0;
    let mut table = String::from("the hotel, one process, gateway and operator's door open\n");
    let _ = writeln!(
        table,
        "  ready, first start (makes up bookings)  {:>7.1} ms",
        ms(first)
    );
    if let [least, .., most] = &*starts {
        let median = &starts[starts.len() / 2];
        let _ = writeln!(
            table,
            "  ready, {} later starts, median         {:>7.1} ms   ({:.1} to {:.1})",
            starts.len(),
            ms(median),
            ms(least),
            ms(most)
        );
    }
    match idle.resident_kib {
        Some(kib) => {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a process has less than 2^52 KiB"
            )]
            let mib = kib as f64 / 1024.0;
            let _ = writeln!(
                table,
                "  resident memory after {} s idle          {mib:>7.1} MiB",
                IDLE.as_secs()
            );
        }
        None => table.push_str("  resident memory: this system does not tell\n"),
    }
    table.push_str("bars: ready below 50 ms, resident memory below 25 MB (23.8 MiB)");
    table
}

/// Starts the hotel on the data of `folder`, and ends it when it has been looked at.
fn start(folder: &Path, look_at_memory: bool) -> Result<Start, Failure> {
    let data = folder.join("data");
    let setting = |key: &str, value: &Path| format!("{key}={}", value.display());
    let mut command = Command::new(root().join("target/release/hotel"));
    command
        .arg("run")
        .arg("--data")
        .arg(&data)
        .args(["--set", "gateway.listen=127.0.0.1:0"])
        .args(["--set", "gateway.expose=[\"*\"]"])
        .arg("--set")
        .arg(setting(
            "capabilities.reports.settings.folder",
            &folder.join("invoices"),
        ))
        .arg("--set")
        .arg(setting(
            "capabilities.notifications.settings.folder",
            &folder.join("mails"),
        ))
        .current_dir(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let begin = now();
    let child = command
        .spawn()
        .map_err(|error| io("start the hotel", error))?;
    let mut process = Process(child);
    let lines = process
        .0
        .stdout
        .take()
        .map(|stdout| BufReader::new(stdout).lines());
    let is_ready = |line: &String| line.contains(" is ready after ");
    let ready = lines
        .into_iter()
        .flatten()
        .map_while(Result::ok)
        .find(is_ready)
        .map(|_| begin.elapsed());
    let Some(ready) = ready else {
        return Err(Failure::Failed {
            step: "start the hotel".to_owned(),
            command: format!("{command:?}"),
            status: "it ended before it was ready".to_owned(),
        });
    };
    let resident_kib = look_at_memory
        .then(|| {
            leave_alone();
            resident_kib(process.0.id())
        })
        .flatten();
    process.end();
    Ok(Start {
        ready,
        resident_kib,
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "a process that has been left alone is what is measured: nothing is waited for"
)]
fn leave_alone() {
    thread::sleep(IDLE);
}

fn resident_kib(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A process that does not outlive us.
struct Process(Child);

impl Process {
    /// Lets it finish; the store must be free for the next start.
    fn end(mut self) {
        let asked = Command::new("kill").arg(self.0.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A folder that goes when it is not needed any more.
struct Folder(PathBuf);

impl Folder {
    fn new() -> std::io::Result<Self> {
        let path = root()
            .join("target/startup")
            .join(std::process::id().to_string());
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn io(step: &str, error: std::io::Error) -> Failure {
    Failure::Io {
        step: step.to_owned(),
        error,
    }
}
