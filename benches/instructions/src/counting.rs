//! Runs this program under callgrind and reads what it has counted.

use std::process::{Command, Stdio};

use crate::paths::Way;

/// Instructions of one operation: the difference of two runs, of which one goes the way twice as often, so that what starting and
/// ending cost falls out.
///
/// # Errors
///
/// In words: valgrind cannot be started, or did not count.
pub(crate) fn instructions_each(way: Way) -> Result<u64, String> {
    let once = count(way, way.times())?;
    let twice = count(way, 2 * way.times())?;
    Ok(twice.saturating_sub(once) / way.times())
}

/// The compiler that is there now, as it calls itself.
pub(crate) fn compiler() -> String {
    let told = Command::new("rustc").arg("--version").output();
    told.map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

/// All instructions of one run, of all its threads.
fn count(way: Way, times: u64) -> Result<u64, String> {
    let program = std::env::current_exe().map_err(|error| format!("where am I? {error}"))?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args(["run", way.name(), &times.to_string()])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("valgrind does not start: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let name = way.name();
        return Err(format!(
            "`{name}` failed under valgrind ({}):\n{said}",
            output.status
        ));
    }
    collected(&said).ok_or_else(|| format!("valgrind has not said what it collected:\n{said}"))
}

/// `==1234== Collected : 5678`
fn collected(said: &str) -> Option<u64> {
    let counted = said.lines().rev().find_map(|line| {
        let (_, counted) = line.split_once("Collected :")?;
        Some(counted.trim())
    });
    counted?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_stands_in_what_callgrind_says_at_the_end() {
        let said = "==7== For interactive control\n==7== Events    : Ir\n==7== Collected : 123456\n==7== \n==7== I   refs:      123,456\n";
        assert_eq!(collected(said), Some(123_456));
        assert_eq!(collected("==7== killed\n"), None);
    }
}
