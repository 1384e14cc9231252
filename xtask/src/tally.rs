//! Counts tests in the output of `cargo test`, line by line as it streams by.

use std::fmt;

/// Tests counted so far. Displays as `N passed, N failed`, the last line that a machine reads.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) num_passed: u64,
    pub(crate) num_failed: u64,
}

impl Tally {
    /// Counts a line like `test result: ok. 5 passed; 0 failed; 0 ignored; …`; other lines count nothing.
    pub(crate) fn count(&mut self, line: &str) {
        let Some(summary) = line.trim_start().strip_prefix("test result: ") else {
            return;
        };
        let number_before = |label: &str| {
            let (before, _) = summary.split_once(label)?;
            before
                .rsplit(|c: char| !c.is_ascii_digit())
                .next()?
                .parse::<u64>()
                .ok()
        };
        self.num_passed += number_before(" passed").unwrap_or(0);
        self.num_failed += number_before(" failed").unwrap_or(0);
    }

    /// Counts a chore that failed. A build that broke or a binary that died names no test, and the last line must not
    /// read as a success then; where tests did fail, they are what is counted.
    pub(crate) fn count_failure(&mut self) {
        self.num_failed = self.num_failed.max(1);
    }

    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.num_passed, self.num_failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(lines: &[&str]) -> String {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| tally.count(line));
        tally.to_string()
    }

    #[test]
    fn summaries_of_all_binaries_add_up() {
        let lines = [
            "running 2 tests",
            "test a ... ok",
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 34 passed; 1 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.08s",
        ];
        assert_eq!(tally(&lines), "46 passed, 1 failed");
    }

    #[test]
    fn a_test_that_speaks_of_results_is_not_counted() {
        assert_eq!(
            tally(&["log: test result: ok. 9 passed; 9 failed;", "9 passed"]),
            "0 passed, 0 failed"
        );
    }

    #[test]
    fn a_chore_that_failed_never_reads_as_a_success() {
        let mut tally = Tally::default();
        tally.count_failure();
        tally.count_failure();
        assert_eq!(tally.to_string(), "0 passed, 1 failed");
    }
}
