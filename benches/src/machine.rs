//! Where a benchmark runs, as far as the system tells.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// What a figure cannot be read without.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Machine {
    /// Processors that this process may use.
    pub cores: usize,
    /// The processor, as it calls itself.
    pub processor: String,
    /// The operating system and its version.
    pub system: String,
    /// The compiler.
    pub compiler: String,
    /// What others had to do when the run began: the load average of one minute.
    pub load: String,
}

/// How `cargo xtask bench` tells which compiler has built the programs.
const COMPILER: &str = "SKEP_BENCH_COMPILER";

impl Machine {
    /// Looks at this one.
    #[must_use]
    pub fn look() -> Self {
        let processors = read("/proc/cpuinfo");
        let load = read("/proc/loadavg");
        Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            processor: field(&processors, "model name").unwrap_or_else(unknown),
            system: format!(
                "{} {} {}",
                std::env::consts::OS,
                read("/proc/sys/kernel/osrelease").trim(),
                std::env::consts::ARCH
            ),
            compiler: std::env::var(COMPILER).unwrap_or_else(|_| unknown()),
            load: load
                .split_whitespace()
                .next()
                .map_or_else(unknown, str::to_owned),
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} cores, {}; {}; {}; load when it began {}",
            self.cores, self.processor, self.system, self.compiler, self.load
        )
    }
}

/// The kind of file system on which a path lies, such as `ext4`.
#[must_use]
pub fn file_system(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    mounted(&read("/proc/self/mountinfo"), &path).unwrap_or_else(unknown)
}

/// What this process has in memory, in bytes; `None` where the system does not tell.
#[must_use]
pub fn resident_bytes() -> Option<u64> {
    resident_bytes_of(std::process::id())
}

/// What a process has in memory, in bytes; `None` where the system does not tell, or the process is gone.
#[must_use]
pub fn resident_bytes_of(process: u32) -> Option<u64> {
    let kib = field(&read(&format!("/proc/{process}/status")), "VmRSS")?;
    let kib: u64 = kib.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// Lines of `mountinfo`: `… <mount point> <options> … - <kind> <source> <options>`. The longest mount point that holds the path wins, and
/// of equal ones the last, which lies above.
fn mounted(table: &str, path: &Path) -> Option<String> {
    let mounts = table.lines().filter_map(|line| {
        let point = line.split_whitespace().nth(4)?;
        let (_, kind) = line.split_once(" - ")?;
        Some((point, kind.split_whitespace().next()?))
    });
    mounts
        .filter(|(point, _)| path.starts_with(point))
        .max_by_key(|(point, _)| point.len())
        .map(|(_, kind)| kind.to_owned())
}

/// `name : value`, the first one.
fn field(text: &str, name: &str) -> Option<String> {
    let value = text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then_some(value)
    });
    value.map(|value| value.trim().to_owned())
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn unknown() -> String {
    "unknown".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_mount_tells_the_file_system() {
        let table = "22 1 254:0 / / rw - ext4 /dev/vda rw\n\
                     30 22 0:25 / /tmp rw shared:3 - tmpfs tmpfs rw\n\
                     31 22 0:26 / /tmpfiles rw - xfs /dev/vdb rw\n";
        let kind = |path: &str| mounted(table, Path::new(path));
        assert_eq!(kind("/srv/data").as_deref(), Some("ext4"));
        assert_eq!(kind("/tmp/data").as_deref(), Some("tmpfs"));
        assert_eq!(kind("/tmpfiles").as_deref(), Some("xfs"));
        assert_eq!(mounted("", Path::new("/srv")), None);
    }

    #[test]
    fn a_field_is_found_by_its_name() {
        let text = "processor\t: 0\nmodel name\t: A Processor: fast\n";
        assert_eq!(
            field(text, "model name").as_deref(),
            Some("A Processor: fast")
        );
        assert_eq!(field(text, "flags"), None);
    }
}
