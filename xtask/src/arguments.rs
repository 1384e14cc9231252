//! The command line: which chore, with which options. Reads strings, starts nothing.

use std::fmt;

use crate::bench::{self, Bench};
use crate::openapi::Effort;

/// What `cargo xtask help` prints.
pub(crate) const HELP: &str = "\
Usage: cargo xtask <chore> [options]

Chores:
  test           Run every test of the workspace, doctests included
  browser-test   Run the API page in Chromium (needs chromium and chromedriver in PATH)
  openapi-check  Hold the hotel against its OpenAPI document with schemathesis (needs python3 and its package index)
  ci             Run every gate: format, clippy, docs, each feature alone, cargo-deny where installed, openapi-check,
                 browser-test, `bench --check`, then `test`
  bench          Measure skep beside its peers and print tables; `cargo xtask bench --help` names groups and options
  startup        Measure how fast the hotel is ready, and how much memory it takes when idle
  help           Print this

The last line of test and ci is `N passed, N failed`; a step that fails without naming a test counts as one.
Where a chore lacks what it needs, it says `not run` and why; nothing is counted then.

Options of test and ci:
  --quick          Leave out crash rounds (sets SKEP_CRASH_ROUNDS=0 for the tests)

Options of test:
  --filter <text>  Run only tests whose name contains <text>
  --list           Name the tests instead of running them

Options of openapi-check:
  --minutes <n>    How long to try, 1 to 5; default 1";

const CHORES: &[&str] = &[
    "test",
    "browser-test",
    "openapi-check",
    "ci",
    "startup",
    "bench",
    "help",
];
/// Minutes of an `openapi-check`.
const MINUTES_MAX: u32 = 5;
const OPTIONS: &[&str] = &["--quick", "--filter", "--list", "--help"];

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Chore {
    Help,
    Test(Options),
    Ci(Options),
    BrowserTest,
    OpenapiCheck(Effort),
    Startup,
    Bench(Bench),
}

impl Chore {
    /// Whether its last line is a sum of tests.
    pub(crate) fn counts_tests(&self) -> bool {
        match self {
            Self::Help | Self::OpenapiCheck(_) | Self::Startup | Self::Bench(_) => false,
            Self::Test(options) => !options.list,
            Self::BrowserTest | Self::Ci(_) => true,
        }
    }
}

/// How to run the tests.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Leave out crash rounds.
    pub(crate) quick: bool,
    /// Run only what contains this text.
    pub(crate) filter: Option<String>,
    /// Name the tests, run none.
    pub(crate) list: bool,
}

/// A command line that means nothing, with the nearest one that does.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Unknown {
        given: String,
        nearest: Option<&'static str>,
    },
    NoChore,
    NoFilter,
    NoMinutes,
    OnlyForTest(&'static str),
    Bench(bench::Wrong),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown {
                given,
                nearest: Some(nearest),
            } => {
                write!(f, "`{given}` is unknown, did you mean `{nearest}`?")
            }
            Self::Unknown {
                given,
                nearest: None,
            } => write!(f, "`{given}` is unknown"),
            Self::NoChore => write!(f, "which chore?"),
            Self::NoFilter => write!(f, "`--filter` needs a text, as in `--filter mailbox`"),
            Self::NoMinutes => write!(f, "`--minutes` needs a number from 1 to {MINUTES_MAX}"),
            Self::OnlyForTest(option) => write!(
                f,
                "`{option}` is an option of `test` only: `ci` runs every gate"
            ),
            Self::Bench(wrong) => wrong.fmt(f),
        }
    }
}

/// Understands the arguments after `cargo xtask`.
///
/// # Errors
///
/// Every [`Fault`]: an unknown word, no word at all, a filter without text, an option of another chore.
pub(crate) fn read(given: &[String]) -> Result<Chore, Fault> {
    let Some((chore, rest)) = given.split_first() else {
        return Err(Fault::NoChore);
    };
    if chore == "bench" {
        return bench::read(rest).map(Chore::Bench).map_err(Fault::Bench);
    }
    let asks_help = |word: &String| ["--help", "-h"].contains(&word.as_str());
    if chore == "help" || given.iter().any(asks_help) {
        return Ok(Chore::Help);
    }
    match chore.as_str() {
        "test" => Ok(Chore::Test(options(rest)?)),
        "browser-test" => alone(rest, Chore::BrowserTest),
        "openapi-check" => effort(rest).map(Chore::OpenapiCheck),
        "startup" => alone(rest, Chore::Startup),
        "ci" => Ok(Chore::Ci(options(rest)?.for_ci()?)),
        _ => Err(unknown(chore, CHORES)),
    }
}

/// A chore without options.
fn alone(rest: &[String], chore: Chore) -> Result<Chore, Fault> {
    match rest.first() {
        Some(word) => Err(unknown(word, &["--help"])),
        None => Ok(chore),
    }
}

fn effort(rest: &[String]) -> Result<Effort, Fault> {
    let minutes = match rest {
        [] => Some(1),
        [option, number] if option == "--minutes" => number.parse().ok(),
        [option] if option.starts_with("--minutes") => option
            .strip_prefix("--minutes=")
            .and_then(|number| number.parse().ok()),
        [word, ..] => return Err(unknown(word, &["--minutes", "--help"])),
    };
    let minutes = minutes.filter(|minutes| (1..=MINUTES_MAX).contains(minutes));
    Ok(Effort {
        minutes: minutes.ok_or(Fault::NoMinutes)?,
        repeatable: false,
    })
}

fn options(words: &[String]) -> Result<Options, Fault> {
    let mut options = Options::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--quick" => options.quick = true,
            "--list" => options.list = true,
            "--filter" => options.filter = Some(words.next().ok_or(Fault::NoFilter)?.clone()),
            _ => match word.strip_prefix("--filter=") {
                Some(text) => options.filter = Some(text.to_owned()),
                None => return Err(unknown(word, OPTIONS)),
            },
        }
    }
    if options
        .filter
        .as_deref()
        .is_some_and(|text| text.is_empty() || text.starts_with('-'))
    {
        return Err(Fault::NoFilter);
    }
    Ok(options)
}

impl Options {
    fn for_ci(self) -> Result<Self, Fault> {
        if self.filter.is_some() {
            return Err(Fault::OnlyForTest("--filter"));
        }
        if self.list {
            return Err(Fault::OnlyForTest("--list"));
        }
        Ok(self)
    }
}

fn unknown(given: &str, words: &[&'static str]) -> Fault {
    Fault::Unknown {
        given: given.to_owned(),
        nearest: nearest(given, words),
    }
}

/// The word that was meant, if one is near enough.
pub(crate) fn nearest(given: &str, words: &[&'static str]) -> Option<&'static str> {
    let distance = |word: &&&str| strsim::damerau_levenshtein(given, word);
    let near = |word: &&&str| distance(word) <= 1 + word.len() / 4;
    words.iter().filter(near).min_by_key(distance).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_line(line: &str) -> Result<Chore, Fault> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        read(&words)
    }

    #[test]
    fn options_are_understood_in_any_order() {
        let expected = Options {
            quick: true,
            filter: Some("mailbox".to_owned()),
            list: true,
        };
        assert_eq!(
            read_line("test --list --filter mailbox --quick"),
            Ok(Chore::Test(expected))
        );
        assert_eq!(read_line("ci"), Ok(Chore::Ci(Options::default())));
        assert_eq!(read_line("test --help"), Ok(Chore::Help));
    }

    #[test]
    fn an_openapi_check_takes_one_to_five_minutes() {
        let check = |minutes| {
            Ok(Chore::OpenapiCheck(Effort {
                minutes,
                repeatable: false,
            }))
        };
        assert_eq!(read_line("openapi-check"), check(1));
        assert_eq!(read_line("openapi-check --minutes 5"), check(5));
        assert_eq!(read_line("openapi-check --minutes=2"), check(2));
        for wrong in ["--minutes", "--minutes 6", "--minutes 0", "--minutes soon"] {
            let line = format!("openapi-check {wrong}");
            assert_eq!(read_line(&line), Err(Fault::NoMinutes), "{line}");
        }
    }

    #[test]
    fn a_typo_is_told_what_was_meant() {
        for (line, meant) in [
            ("tets", "test"),
            ("hlep", "help"),
            ("statrup", "startup"),
            ("browser-tets", "browser-test"),
            ("openapi-check --minuets", "--minutes"),
            ("test --quik", "--quick"),
            ("ci --lsit", "--list"),
        ] {
            let Err(Fault::Unknown { nearest, .. }) = read_line(line) else {
                panic!("{line} was understood")
            };
            assert_eq!(nearest, Some(meant), "{line}");
        }
    }

    #[test]
    fn a_word_like_no_other_gets_no_suggestion() {
        assert_eq!(
            read_line("deploy"),
            Err(Fault::Unknown {
                given: "deploy".to_owned(),
                nearest: None
            })
        );
    }

    #[test]
    fn what_is_missing_or_misplaced_is_named() {
        assert_eq!(read_line(""), Err(Fault::NoChore));
        assert_eq!(read_line("test --filter"), Err(Fault::NoFilter));
        assert_eq!(read_line("test --filter --quick"), Err(Fault::NoFilter));
        assert_eq!(
            read_line("ci --filter a"),
            Err(Fault::OnlyForTest("--filter"))
        );
    }
}
