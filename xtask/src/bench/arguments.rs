//! The command line of `cargo xtask bench`. Reads strings, starts nothing.

use std::fmt;
use std::path::PathBuf;

/// A group of benchmarks: one program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// As it is typed.
    pub(crate) name: &'static str,
    /// The program in the package `benches`.
    pub(crate) program: &'static str,
    about: &'static str,
}

/// Every group, in the order in which they run.
pub(crate) const GROUPS: &[Group] = &[
    Group {
        name: "in-process",
        program: "bench-in-process",
        about: "ask, tell, fan-out, spawn and fairness beside actix, kameo, ractor, xtra and two floors",
    },
    Group {
        name: "observing",
        program: "bench-observing",
        about: "what metrics, traces and the log of events cost",
    },
    Group {
        name: "allocations",
        program: "bench-allocations",
        about: "how often memory is taken for an ask or a tell, and what an idle actor keeps",
    },
    Group {
        name: "durable",
        program: "bench-durable",
        about: "durable asks beside the store alone and the bare engines, with syncs per second",
    },
    Group {
        name: "keyed",
        program: "bench-keyed",
        about: "ten to a million keyed actors: activation, asks, memory, passivation",
    },
    Group {
        name: "nats",
        program: "bench-nats",
        about: "asks and events between processes beside async-nats by hand, HTTP and gRPC",
    },
    Group {
        name: "application",
        program: "bench-application",
        about: "a hotel in one process, split over NATS, and as HTTP and gRPC services: CPU time, latency, most requests",
    },
];

const OPTIONS: &str = "\
Options:
  --rounds <n>     Rounds, in each of which every candidate has its turn; default 7
  --quick          A tenth of the work in 3 rounds: to see that it runs, not to believe the figures
  --only <text>    Only tables whose name contains <text>
  --markdown       Print the tables for a Markdown page
  --json <file>    Write all figures, `-` for standard output (the tables go to standard error then)
  --compare <file> Show by how much each median has changed since the run that wrote <file>
  --check          Measure nothing: count the instructions of the hot paths and hold them against
                   benches/instructions/counts.toml (needs valgrind)
  --renew          With --check: write what was counted instead";

/// What `cargo xtask bench --help` prints.
pub(crate) struct Usage;

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Usage: cargo xtask bench [group …] [options]\n")?;
        writeln!(f, "Groups, all of them where none is named:")?;
        for group in GROUPS {
            writeln!(f, "  {:<16} {}", group.name, group.about)?;
        }
        write!(f, "\n{OPTIONS}")
    }
}

/// What `bench` is to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Bench {
    /// Print how it is used.
    Help,
    /// Run programs.
    Measure(Measurement),
    /// Count instructions.
    Check {
        /// Write the counts down instead of holding them against what is written.
        renew: bool,
    },
}

/// Which groups to measure, and how.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Measurement {
    /// At least one.
    pub(crate) groups: Vec<&'static Group>,
    /// Where the figures go; `-` is standard output.
    pub(crate) json: Option<PathBuf>,
    /// What the programs are given as it is.
    pub(crate) passed: Vec<String>,
}

/// Arguments that mean nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// A word that is no group.
    Group {
        given: String,
        nearest: Option<&'static str>,
    },
    /// A word with dashes that is no option.
    Option {
        given: String,
        nearest: Option<&'static str>,
    },
    /// An option without its value.
    NoValue {
        option: &'static str,
        needs: &'static str,
    },
    /// Options that exclude each other.
    NotWithCheck(String),
    /// `--renew` alone.
    NothingToRenew,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group { given, nearest } => {
                write!(f, "`{given}` is no group of benchmarks")?;
                if let Some(nearest) = nearest {
                    write!(f, " (did you mean `{nearest}`?)")?;
                }
                let names: Vec<_> = GROUPS.iter().map(|group| group.name).collect();
                write!(f, "; the groups are {}", names.join(", "))
            }
            Self::Option { given, nearest } => {
                write!(f, "`{given}` is no option of `bench`")?;
                nearest.map_or(Ok(()), |nearest| write!(f, ", did you mean `{nearest}`?"))
            }
            Self::NoValue { option, needs } => write!(f, "`{option}` needs {needs}"),
            Self::NotWithCheck(given) => write!(
                f,
                "`{given}` does not go with `--check`, which counts the instructions of all hot paths"
            ),
            Self::NothingToRenew => write!(f, "`--renew` goes with `--check` only"),
        }
    }
}

const ROUNDS: (&str, &str) = ("--rounds", "a number from 1 to 1000");
const ONLY: (&str, &str) = ("--only", "a text, as in `--only tell`");
const COMPARE: (&str, &str) = ("--compare", "the file that an earlier `--json` wrote");
const JSON: (&str, &str) = ("--json", "a file, or `-` for standard output");
const FLAGS: &[&str] = &["--quick", "--markdown"];
const ALL_OPTIONS: &[&str] = &[
    ROUNDS.0, ONLY.0, COMPARE.0, JSON.0, FLAGS[0], FLAGS[1], "--check", "--renew", "--help",
];

/// Understands what stands after `bench`.
///
/// # Errors
///
/// Every [`Wrong`].
pub(crate) fn read(words: &[String]) -> Result<Bench, Wrong> {
    let has = |option: &str| words.iter().any(|word| word == option);
    if has("--help") || has("-h") {
        return Ok(Bench::Help);
    }
    if has("--check") {
        let other = words
            .iter()
            .find(|word| !["--check", "--renew"].contains(&word.as_str()));
        return other.map_or_else(
            || {
                let renew = has("--renew");
                Ok(Bench::Check { renew })
            },
            |word| Err(Wrong::NotWithCheck(word.clone())),
        );
    }
    if has("--renew") {
        return Err(Wrong::NothingToRenew);
    }
    measurement(words).map(Bench::Measure)
}

fn measurement(words: &[String]) -> Result<Measurement, Wrong> {
    let mut measurement = Measurement::default();
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let (option, mut given) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value)),
            _ => (word, None),
        };
        let mut value = |(option, needs)| {
            let value = given.take().or_else(|| words.next());
            let is_one = |value: &&str| !value.is_empty() && !value.starts_with("--");
            value.filter(is_one).ok_or(Wrong::NoValue { option, needs })
        };
        match option {
            "--rounds" => {
                let number = value(ROUNDS)?;
                let rounds = number
                    .parse()
                    .ok()
                    .filter(|rounds| (1..=1000).contains(rounds));
                let rounds: u32 = rounds.ok_or(Wrong::NoValue {
                    option: ROUNDS.0,
                    needs: ROUNDS.1,
                })?;
                measurement.pass(&[option, &rounds.to_string()]);
            }
            "--only" => measurement.pass(&[option, value(ONLY)?]),
            "--compare" => measurement.pass(&[option, value(COMPARE)?]),
            "--json" => measurement.json = Some(value(JSON)?.into()),
            "--quick" | "--markdown" if given.is_none() => measurement.pass(&[option]),
            _ if option.starts_with('-') => return Err(unknown_option(word)),
            _ => measurement.groups.push(group(word)?),
        }
    }
    if measurement.groups.is_empty() {
        measurement.groups.extend(GROUPS);
    }
    Ok(measurement)
}

impl Measurement {
    fn pass(&mut self, words: &[&str]) {
        self.passed
            .extend(words.iter().map(|word| (*word).to_owned()));
    }
}

fn group(given: &str) -> Result<&'static Group, Wrong> {
    let found = GROUPS.iter().find(|group| group.name == given);
    let names: Vec<_> = GROUPS.iter().map(|group| group.name).collect();
    found.ok_or_else(|| Wrong::Group {
        given: given.to_owned(),
        nearest: crate::arguments::nearest(given, &names),
    })
}

fn unknown_option(given: &str) -> Wrong {
    Wrong::Option {
        given: given.to_owned(),
        nearest: crate::arguments::nearest(given, ALL_OPTIONS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_line(line: &str) -> Result<Bench, Wrong> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        read(&words)
    }

    fn measured(line: &str) -> Measurement {
        match read_line(line) {
            Ok(Bench::Measure(measurement)) => measurement,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn no_group_means_all() {
        let names = |line| -> Vec<_> {
            let groups = measured(line).groups;
            groups.iter().map(|group| group.name).collect()
        };
        assert_eq!(names("--quick").len(), GROUPS.len());
        assert_eq!(names("observing in-process"), ["observing", "in-process"]);
    }

    #[test]
    fn options_reach_the_programs_and_the_file_does_not() {
        let measurement =
            measured("in-process --rounds=9 --quick --only tell --json out.json --compare a.json");
        assert_eq!(
            measurement.passed,
            [
                "--rounds",
                "9",
                "--quick",
                "--only",
                "tell",
                "--compare",
                "a.json"
            ]
        );
        assert_eq!(measurement.json, Some("out.json".into()));
        assert_eq!(measured("--json -").json, Some("-".into()));
    }

    #[test]
    fn a_group_that_is_none_is_answered_with_the_groups() {
        let wrong = read_line("in-proces").unwrap_err().to_string();
        assert_eq!(
            wrong,
            format!(
                "`in-proces` is no group of benchmarks (did you mean `in-process`?); the groups are {}",
                GROUPS
                    .iter()
                    .map(|group| group.name)
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        );
        assert!(matches!(
            read_line("weather"),
            Err(Wrong::Group { nearest: None, .. })
        ));
    }

    #[test]
    fn options_with_mistakes_are_told_apart() {
        let option = |nearest| move |wrong: &Wrong| matches!(wrong, Wrong::Option { nearest: near, .. } if *near == nearest);
        assert!(read_line("--quik").is_err_and(|wrong| option(Some("--quick"))(&wrong)));
        assert!(read_line("--weather").is_err_and(|wrong| option(None)(&wrong)));
        for line in [
            "--rounds",
            "--rounds 0",
            "--rounds many",
            "--only",
            "--json --quick",
            "--compare=",
        ] {
            assert!(
                matches!(read_line(line), Err(Wrong::NoValue { .. })),
                "{line}"
            );
        }
    }

    #[test]
    fn a_check_measures_nothing_else() {
        assert_eq!(read_line("--check"), Ok(Bench::Check { renew: false }));
        assert_eq!(
            read_line("--check --renew"),
            Ok(Bench::Check { renew: true })
        );
        assert_eq!(
            read_line("--check keyed"),
            Err(Wrong::NotWithCheck("keyed".to_owned()))
        );
        assert_eq!(read_line("--renew"), Err(Wrong::NothingToRenew));
    }

    #[test]
    fn every_program_of_a_group_is_in_the_manifest_and_the_help() {
        let manifest = std::fs::read_to_string(crate::step::root().join("benches/Cargo.toml"));
        let manifest = manifest.unwrap();
        let help = Usage.to_string();
        for group in GROUPS {
            let name = format!("name = \"{}\"", group.program);
            assert!(manifest.contains(&name), "no program {}", group.program);
            assert!(help.contains(group.name), "{help}");
        }
        assert_eq!(GROUPS.len(), manifest.matches("[[bin]]").count());
    }
}
