//! What a run has measured, as data: what the JSON holds, and what the tables are printed from.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::statistics::{median, ratio};

/// The runs of several groups on one machine.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Report {
    /// Where it ran.
    pub machine: Machine,
    /// The packages that took part.
    pub versions: BTreeMap<String, String>,
    /// What was measured, group by group.
    pub groups: Vec<Group>,
}

/// What one program has measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// As on the command line: `in-process`.
    pub name: String,
    /// In one sentence.
    pub about: String,
    /// One for each question.
    pub tables: Vec<Table>,
}

/// The answers of all candidates to one question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// Short and stable: an earlier run is found by it.
    pub name: String,
    /// For people.
    pub title: String,
    /// What a figure counts.
    pub unit: Unit,
    /// The candidates in the order in which they were named.
    pub rows: Vec<Row>,
}

/// The figures of one candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its name, without a version.
    pub name: String,
    /// What it is there for.
    pub role: Role,
    /// A figure a round.
    pub rounds: Vec<f64>,
    /// The 99th percentile of each round, where single latencies were taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub p99: Vec<f64>,
    /// What else was counted, in the last round.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What a candidate is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// skep itself, in one of its ways.
    Skep,
    /// Somebody else who does the same.
    Peer,
    /// The peer that a bar names: all are held against it, whether it is the best or not.
    Yardstick,
    /// What is below which nobody comes who does it with these means.
    Floor,
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Nanoseconds, of an operation or a latency.
    Nanos,
    /// Microseconds.
    Micros,
    /// Milliseconds.
    Millis,
    /// Operations in a second: the only unit of which more is better.
    PerSecond,
    /// Times.
    Count,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// As at the head of a column.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Nanos => "ns",
            Self::Micros => "µs",
            Self::Millis => "ms",
            Self::PerSecond => "per s",
            Self::Count => "times",
            Self::Bytes => "bytes",
        }
    }

    /// Whether the greater figure wins.
    #[must_use]
    pub const fn more_is_better(self) -> bool {
        matches!(self, Self::PerSecond)
    }
}

impl Report {
    /// Reads what an earlier run has written.
    ///
    /// # Errors
    ///
    /// In words: the file cannot be read, or is no report.
    pub fn read(path: &Path) -> Result<Self, String> {
        let bytes = std::fs::read(path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        serde_json::from_slice(&bytes)
            .map_err(|error| format!("{} is no report of a benchmark: {error}", path.display()))
    }

    /// Puts a group into the report at `path`, which is made when it is not there: the groups of one run meet in one file.
    ///
    /// # Errors
    ///
    /// In words: the file is something else, or cannot be written.
    pub fn add_to(self, path: &Path) -> Result<(), String> {
        let mut whole = if path.exists() {
            Self::read(path)?
        } else {
            Self::default()
        };
        whole.machine = self.machine;
        whole.versions.extend(self.versions);
        for group in self.groups {
            whole.groups.retain(|known| known.name != group.name);
            whole.groups.push(group);
        }
        let json = serde_json::to_string_pretty(&whole).map_err(|error| error.to_string())?;
        std::fs::write(path, json + "\n")
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    }
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(name: &str, title: &str, unit: Unit) -> Self {
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            unit,
            rows: Vec::new(),
        }
    }

    /// The peer with the best median.
    #[must_use]
    pub fn best_peer(&self) -> Option<&Row> {
        let medians = self
            .rows
            .iter()
            .filter(|row| matches!(row.role, Role::Peer | Role::Yardstick))
            .filter_map(|row| Some((row, row.median()?)));
        let best = if self.unit.more_is_better() {
            medians.max_by(|one, other| one.1.total_cmp(&other.1))
        } else {
            medians.min_by(|one, other| one.1.total_cmp(&other.1))
        };
        best.map(|(row, _)| row)
    }
}

impl Row {
    /// A row without figures.
    #[must_use]
    pub fn new(name: &str, role: Role) -> Self {
        Self {
            name: name.to_owned(),
            role,
            rounds: Vec::new(),
            p99: Vec::new(),
            note: String::new(),
        }
    }

    /// The median of its rounds.
    #[must_use]
    pub fn median(&self) -> Option<f64> {
        median(&self.rounds)
    }

    /// How many times the figure of `other` this one's is, round by round.
    #[must_use]
    pub fn against(&self, other: &Self) -> Option<f64> {
        ratio(&self.rounds, &other.rounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(unit: Unit) -> Table {
        let mut table = Table::new("ask", "ask", unit);
        for (name, role, figure) in [
            ("skep", Role::Skep, 50.0),
            ("slow", Role::Peer, 400.0),
            ("quick", Role::Peer, 200.0),
        ] {
            let mut row = Row::new(name, role);
            row.rounds = vec![figure, figure];
            table.rows.push(row);
        }
        table
    }

    fn report(group: &str, unit: Unit) -> Report {
        Report {
            groups: vec![Group {
                name: group.to_owned(),
                about: String::new(),
                tables: vec![table(unit)],
            }],
            ..Report::default()
        }
    }

    #[test]
    fn the_best_peer_is_quickest_or_does_most() {
        let name = |unit| table(unit).best_peer().map(|row| row.name.clone());
        assert_eq!(name(Unit::Nanos).as_deref(), Some("quick"));
        assert_eq!(name(Unit::PerSecond).as_deref(), Some("slow"));
        let mut alone = table(Unit::Nanos);
        alone.rows.truncate(1);
        assert_eq!(alone.best_peer(), None);
    }

    #[test]
    fn groups_of_one_run_meet_in_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        report("durable", Unit::Nanos).add_to(&path).unwrap();
        report("keyed", Unit::Nanos).add_to(&path).unwrap();
        report("durable", Unit::PerSecond).add_to(&path).unwrap();
        let read = Report::read(&path).unwrap();
        let names: Vec<_> = read
            .groups
            .iter()
            .map(|group| group.name.as_str())
            .collect();
        assert_eq!(names, ["keyed", "durable"]);
        assert_eq!(read.groups[1].tables, [table(Unit::PerSecond)]);
    }

    #[test]
    fn a_file_that_is_no_report_is_named_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.json");
        std::fs::write(&path, "[1, 2]").unwrap();
        let refused = report("keyed", Unit::Nanos).add_to(&path).unwrap_err();
        assert!(refused.contains("notes.json is no report"), "{refused}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[1, 2]");
    }
}
