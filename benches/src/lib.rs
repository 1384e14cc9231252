//! What the benchmarks share: rounds in which every candidate has its turn, and the table in the end.

use std::fmt::Write as _;

/// What one candidate took, in nanoseconds per operation, a figure a round.
#[derive(Debug, Clone)]
pub struct Row {
    name: String,
    rounds: Vec<f64>,
}

/// Candidates measured in turn, round after round, so that a noisy moment hits all of them alike.
#[derive(Debug, Clone)]
pub struct Group {
    title: String,
    rows: Vec<Row>,
}

impl Group {
    /// A group without figures.
    #[must_use]
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            rows: Vec::new(),
        }
    }

    /// Adds one round's figure of a candidate.
    pub fn add(&mut self, name: &str, nanos_per_operation: f64) {
        match self.rows.iter_mut().find(|row| row.name == name) {
            Some(row) => row.rounds.push(nanos_per_operation),
            None => self.rows.push(Row {
                name: name.to_owned(),
                rounds: vec![nanos_per_operation],
            }),
        }
    }

    /// The median of a candidate, in nanoseconds.
    #[must_use]
    pub fn median(&self, name: &str) -> Option<f64> {
        let row = self.rows.iter().find(|row| row.name == name)?;
        let mut rounds = row.rounds.clone();
        rounds.sort_by(f64::total_cmp);
        rounds.get(rounds.len() / 2).copied()
    }

    /// The table: median, range, and how many times as long as `subject` each took.
    #[must_use]
    pub fn table(&self, subject: &str) -> String {
        let base = self.median(subject).unwrap_or(f64::NAN);
        let mut table = format!("{}\n", self.title);
        let _ = writeln!(
            table,
            "  {:<34} {:>10} {:>22} {:>10}",
            "candidate", "median ns", "range", "ratio"
        );
        for row in &self.rows {
            let median = self.median(&row.name).unwrap_or(f64::NAN);
            let low = row.rounds.iter().copied().fold(f64::INFINITY, f64::min);
            let high = row.rounds.iter().copied().fold(0.0, f64::max);
            let range = format!("{low:.0}–{high:.0}");
            let _ = writeln!(
                table,
                "  {:<34} {median:>10.0} {range:>22} {:>9.2}x",
                row.name,
                median / base
            );
        }
        table
    }

    /// The same as data.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|row| serde_json::json!({ "name": row.name, "rounds_ns": row.rounds, "median_ns": self.median(&row.name) }))
            .collect();
        serde_json::json!({ "group": self.title, "rows": rows })
    }
}
