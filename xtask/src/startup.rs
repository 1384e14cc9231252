//! `startup`: how fast the hotel is ready with all its doors open, and how much memory it takes when it has nothing to do.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::hotel::{Folder, Hotel};
use crate::step::{Failure, Step, now};

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
    let folder = Folder::new("startup")?;
    let first = start(folder.path(), false)?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(start(folder.path(), false)?);
    }
    let idle = start(folder.path(), true)?;
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
    let begin = now();
    let hotel = Hotel::start("release", folder)?;
    let ready = begin.elapsed();
    let resident_kib = look_at_memory
        .then(|| {
            leave_alone();
            resident_kib(hotel.id())
        })
        .flatten();
    hotel.end();
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
