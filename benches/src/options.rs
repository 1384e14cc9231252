//! The command line of every benchmark program.

use std::path::PathBuf;

use clap::Parser;

/// Rounds, unless the command line says how many.
const ROUNDS: usize = 7;
/// Rounds of a quick run.
const QUICK_ROUNDS: usize = 3;
/// By how much a quick run does less.
const QUICK: u64 = 10;

/// Measures one group; `cargo xtask bench` starts it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Parser)]
pub struct Options {
    /// Rounds, in each of which every candidate has its turn; 7, or 3 with --quick
    #[arg(long, value_name = "N", value_parser = rounds)]
    pub rounds: Option<usize>,
    /// A tenth of the work in 3 rounds: to see that it runs, not to believe the figures
    #[arg(long)]
    pub quick: bool,
    /// Put the figures into this report
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Show how each median has changed since the run that wrote this report
    #[arg(long, value_name = "FILE")]
    pub compare: Option<PathBuf>,
    /// Print tables for a Markdown page
    #[arg(long)]
    pub markdown: bool,
    /// Only tables whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// What a child process of the program is asked to do
    #[arg(long, value_name = "WORK", hide = true)]
    pub child: Option<String>,
}

fn rounds(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=1000) => Ok(number),
        _ => Err("a number from 1 to 1000 is needed".to_owned()),
    }
}

impl Options {
    /// How many rounds there are.
    #[must_use]
    pub fn num_rounds(&self) -> usize {
        let default = if self.quick { QUICK_ROUNDS } else { ROUNDS };
        self.rounds.unwrap_or(default)
    }

    /// How many operations there are where a full run has `full`; at least one.
    #[must_use]
    pub fn scale(&self, full: u64) -> u64 {
        if self.quick {
            (full / QUICK).max(1)
        } else {
            full
        }
    }

    /// Whether the table of this name is asked for.
    #[must_use]
    pub fn wants(&self, table: &str) -> bool {
        self.only.as_deref().is_none_or(|text| table.contains(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, clap::Error> {
        Options::try_parse_from(format!("bench {line}").split_whitespace())
    }

    #[test]
    fn a_plain_run_is_a_full_run() {
        let options = read("").unwrap();
        assert_eq!((options.num_rounds(), options.scale(1000)), (7, 1000));
        assert!(options.wants("any"));
    }

    #[test]
    fn a_quick_run_does_less_but_something() {
        let options = read("--quick").unwrap();
        assert_eq!((options.num_rounds(), options.scale(1000)), (3, 100));
        assert_eq!(options.scale(5), 1);
        assert_eq!(read("--quick --rounds 9").unwrap().num_rounds(), 9);
    }

    #[test]
    fn only_what_is_asked_for_is_measured() {
        let options = read("--only chain").unwrap();
        assert!(options.wants("chain-of-5") && !options.wants("tell"));
    }

    #[test]
    fn rounds_that_cannot_be_are_refused() {
        for wrong in ["0", "1001", "many"] {
            assert!(read(&format!("--rounds {wrong}")).is_err(), "{wrong}");
        }
    }
}
