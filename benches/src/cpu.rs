//! Time that processes have had a processor, as the system counts it: what work costs, however many processes share it.

use std::time::Duration;

/// The time that some processes have worked, summed: user and system time, of all their threads, also of those that have ended.
///
/// Where the system keeps a schedule of each thread, to the nanosecond; the time of threads that have ended is counted in hundredths of a
/// second, as everything is elsewhere: between two readings there should be a second or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CpuTime(Duration);

impl CpuTime {
    /// Reads it of processes, by their numbers; children are not counted with their parents. `None` where the system does not tell, or
    /// one of them is gone.
    #[must_use]
    pub fn of(processes: &[u32]) -> Option<Self> {
        let times = processes.iter().map(|process| time(*process));
        times.sum::<Option<Duration>>().map(Self)
    }

    /// Since an earlier reading of the same processes.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// The coarse count lacks less than a hundredth of a second, the fine one what has ended: the greater one is nearer to the truth.
fn time(process: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let per_second = rustix::param::clock_ticks_per_second();
    let coarse = Duration::from_nanos(worked(&stat)? * 1_000_000_000 / per_second);
    Some(scheduled(process).unwrap_or_default().max(coarse))
}

/// What the threads that live have had: the first number of each one's schedule, in nanoseconds.
fn scheduled(process: u32) -> Option<Duration> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).ok()?;
    let nanos = threads.flatten().filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Some(Duration::from_nanos(nanos.sum()))
}

/// User and system time, the 14th and 15th field. The second is the name in parentheses, in which there may be anything.
fn worked(stat: &str) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_read_behind_a_name_that_looks_like_fields() {
        let stat = "7 (a) 1 (b c) S 1 7 7 0 -1 4194560 90 0 0 0 250 31 8 9 20 0 4 0 100 0 0";
        assert_eq!(worked(stat), Some(281));
        assert_eq!(worked("7 (a) S 1"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn work_takes_time_and_a_process_that_is_not_there_has_none() {
        let own = std::process::id();
        let before = CpuTime::of(&[own]).unwrap();
        let worked = || CpuTime::of(&[own]).unwrap().since(before);
        while worked().is_zero() {
            std::hint::black_box((0..10_000u64).sum::<u64>());
        }
        assert_eq!(CpuTime::of(&[own, u32::MAX]), None);
    }
}
