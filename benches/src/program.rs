//! What every benchmark program does: reads its command line, measures table after table, prints and writes what came out.

use std::process::ExitCode;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use crate::compare::Earlier;
use crate::figures::Figure;
use crate::machine::Machine;
use crate::options::Options;
use crate::report::{Group, Report, Role, Row, Table, Unit};
use crate::{print, versions};

/// Who takes part in a table.
pub struct Candidate<'c> {
    name: String,
    role: Role,
    turn: Box<dyn FnMut() -> Figure + 'c>,
}

impl std::fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Candidate({})", self.name)
    }
}

impl<'c> Candidate<'c> {
    /// `turn` does the work of one round and returns a figure in the table's unit.
    pub fn new<F: Into<Figure>>(name: &str, role: Role, mut turn: impl FnMut() -> F + 'c) -> Self {
        Self {
            name: name.to_owned(),
            role,
            turn: Box::new(move || turn().into()),
        }
    }
}

/// A run of one group.
#[derive(Debug)]
pub struct Bench {
    options: Options,
    group: Group,
    earlier: Option<Earlier>,
}

/// Runs a program: `measure` fills the group with tables, each of which is printed as soon as it is there. `packages` are those whose
/// versions are told.
pub fn run(
    name: &str,
    about: &str,
    packages: &[&str],
    measure: impl FnOnce(&mut Bench),
) -> ExitCode {
    match try_run(Options::parse(), name, about, packages, measure) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            #[expect(clippy::print_stderr, reason = "a program says why it fails")]
            {
                eprintln!("error: {reason}");
            }
            ExitCode::FAILURE
        }
    }
}

fn try_run(
    options: Options,
    name: &str,
    about: &str,
    packages: &[&str],
    measure: impl FnOnce(&mut Bench),
) -> Result<(), String> {
    let earlier = options.compare.as_deref().map(Report::read).transpose()?;
    let mut report = Report {
        machine: Machine::look(),
        versions: versions::of(packages),
        groups: vec![Group {
            name: name.to_owned(),
            about: about.to_owned(),
            tables: Vec::new(),
        }],
    };
    // A child speaks to the program that has started it, and to nobody else.
    if options.child.is_none() {
        say(&print::head(&report));
    }
    let json = options.json.clone();
    let mut bench = Bench {
        options,
        group: report.groups.remove(0),
        earlier: earlier.map(Earlier::new),
    };
    measure(&mut bench);
    report.groups.push(bench.group);
    json.map_or(Ok(()), |path| report.add_to(&path))
}

impl Bench {
    /// The command line.
    #[must_use]
    pub const fn options(&self) -> &Options {
        &self.options
    }

    /// Measures one table, if it is asked for: as many rounds as the command line says, in each of which every candidate has its turn. Each
    /// round begins with another one.
    pub fn table(
        &mut self,
        name: &str,
        title: &str,
        unit: Unit,
        mut candidates: Vec<Candidate<'_>>,
    ) {
        if !self.options.wants(name) {
            return;
        }
        let mut table = Table::new(name, title, unit);
        let rows = candidates
            .iter()
            .map(|candidate| Row::new(&candidate.name, candidate.role));
        table.rows.extend(rows);
        let num_rounds = self.options.num_rounds();
        let progress = progress(name, num_rounds * candidates.len());
        for round in 0..num_rounds {
            for step in 0..candidates.len() {
                let index = (round + step) % candidates.len();
                progress.set_message(candidates[index].name.clone());
                let figure = (candidates[index].turn)();
                add(&mut table.rows[index], figure);
                progress.inc(1);
            }
        }
        progress.finish_and_clear();
        self.show(&table);
        self.group.tables.push(table);
    }

    fn show(&self, table: &Table) {
        let print = if self.options.markdown {
            print::markdown
        } else {
            print::text
        };
        say(&print(&self.group.name, table, self.earlier.as_ref()));
    }
}

fn add(row: &mut Row, figure: Figure) {
    row.rounds.push(figure.value);
    row.p99.extend(figure.p99);
    row.note = figure.note;
}

/// Shows nothing where nobody looks on: indicatif draws on terminals only.
fn progress(table: &str, num_turns: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} {eta} {msg}");
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(num_turns as u64).with_style(style);
    bar.with_prefix(table.to_owned())
}

fn say(text: &str) {
    #[expect(clippy::print_stdout, reason = "a benchmark prints its tables")]
    {
        print!("{text}");
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn bench(line: &str) -> Bench {
        Bench {
            options: Options::parse_from(format!("bench {line}").split_whitespace()),
            group: Group {
                name: "test".to_owned(),
                about: String::new(),
                tables: Vec::new(),
            },
            earlier: None,
        }
    }

    #[test]
    fn every_candidate_has_its_turn_in_every_round_and_each_begins_once() {
        let order = RefCell::new(Vec::new());
        let candidate = |name: &'static str| {
            let order = &order;
            Candidate::new(name, Role::Peer, move || {
                order.borrow_mut().push(name);
                1.0
            })
        };
        let mut bench = bench("--rounds 2");
        let candidates = vec![candidate("a"), candidate("b"), candidate("c")];
        bench.table("ask", "ask", Unit::Nanos, candidates);
        assert_eq!(*order.borrow(), ["a", "b", "c", "b", "c", "a"]);
        let rows = &bench.group.tables[0].rows;
        assert!(rows.iter().all(|row| row.rounds.len() == 2), "{rows:?}");
    }

    #[test]
    fn a_table_that_nobody_asked_for_is_not_measured() {
        let mut bench = bench("--only tell");
        let candidate = Candidate::new("a", Role::Peer, || -> f64 { panic!("it was measured") });
        bench.table("ask", "ask", Unit::Nanos, vec![candidate]);
        assert_eq!(bench.group.tables, []);
    }

    #[test]
    fn a_report_that_cannot_be_read_ends_the_run_before_it_began() {
        let options = Options::parse_from(["bench", "--compare", "no such file"]);
        let begun = try_run(options, "test", "", &[], |_| panic!("it was measured"));
        assert!(begun.unwrap_err().contains("no such file"));
    }
}
