//! What the system knows of this process. Only Linux tells; elsewhere there is nothing.

use std::fs;

/// Ticks of a second in `/proc/self/stat`: what Linux shows to programs does not depend on its own clock (`USER_HZ`).
const TICKS_A_SECOND: f64 = 100.0;

/// What the system knows of this process.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Process {
    pub(super) resident_bytes: Option<f64>,
    pub(super) cpu_seconds: Option<f64>,
    pub(super) open_fds: Option<f64>,
    pub(super) threads: Option<f64>,
    /// Since 1970.
    pub(super) start_seconds: Option<f64>,
}

impl Process {
    pub(super) fn read() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let system = fs::read_to_string("/proc/stat").unwrap_or_default();
        Self {
            resident_bytes: entry(&status, "VmRSS:").map(|kibibytes| kibibytes * 1024.0),
            cpu_seconds: field(&stat, 14)
                .zip(field(&stat, 15))
                .map(|(user, system)| (user + system) / TICKS_A_SECOND),
            open_fds: open_fds(),
            threads: entry(&status, "Threads:"),
            start_seconds: entry(&system, "btime")
                .zip(field(&stat, 22))
                .map(|(boot, since)| boot + since / TICKS_A_SECOND),
        }
    }
}

/// The number after a name at the beginning of a line.
fn entry(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// A field of `/proc/self/stat`, counted from 1. The second is the program's name in brackets, which may hold anything.
fn field(stat: &str, number: usize) -> Option<f64> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(number - 3)?.parse().ok()
}

fn open_fds() -> Option<f64> {
    let open = u32::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()?;
    // One of them is the folder that is being read.
    Some(f64::from(open.saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_hides_no_field() {
        let stat = "12 (a) b ( c) S 1 2 3 4 5 6 7 8 9 10 150 50 0";
        assert_eq!(
            (field(stat, 14), field(stat, 15)),
            (Some(150.0), Some(50.0))
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_is_known() {
        let process = Process::read();
        assert!(process.resident_bytes.is_some_and(|bytes| bytes > 1e5));
        assert!(process.threads.is_some_and(|threads| threads >= 1.0));
        assert!(process.open_fds.is_some_and(|fds| fds >= 2.0));
        assert!(process.start_seconds.is_some_and(|at| at > 1e9));
        assert!(process.cpu_seconds.is_some());
    }
}
