//! How a table differs from the same one of an earlier run.

use crate::report::{Report, Row, Table};

/// Figures of an earlier run, looked up by group, table and candidate.
#[derive(Debug)]
pub(crate) struct Earlier(Report);

impl Earlier {
    pub(crate) const fn new(report: Report) -> Self {
        Self(report)
    }

    /// By how many percent the median of a row has changed; `None` when the earlier run has no such row.
    pub(crate) fn change(&self, group: &str, table: &Table, row: &Row) -> Option<f64> {
        let groups = self.0.groups.iter().filter(|known| known.name == group);
        let tables = groups
            .flat_map(|known| &known.tables)
            .filter(|known| known.name == table.name && known.unit == table.unit);
        let mut rows = tables
            .flat_map(|known| &known.rows)
            .filter(|known| known.name == row.name);
        let before = rows.next()?.median()?;
        let change = (row.median()? / before - 1.0) * 100.0;
        change.is_finite().then_some(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Group, Role, Unit};

    fn row(name: &str, figure: f64) -> Row {
        let mut row = Row::new(name, Role::Skep);
        row.rounds = vec![figure];
        row
    }

    fn table(unit: Unit, rows: Vec<Row>) -> Table {
        Table {
            rows,
            ..Table::new("ask", "ask", unit)
        }
    }

    fn earlier(figure: f64) -> Earlier {
        Earlier::new(Report {
            groups: vec![Group {
                name: "in-process".to_owned(),
                about: String::new(),
                tables: vec![table(Unit::Nanos, vec![row("skep", figure)])],
            }],
            ..Report::default()
        })
    }

    #[test]
    fn a_change_is_in_percent_of_what_it_was() {
        let now = table(Unit::Nanos, vec![row("skep", 90.0)]);
        let change = earlier(100.0).change("in-process", &now, &now.rows[0]);
        assert!((change.unwrap() - -10.0).abs() < 1e-9, "{change:?}");
    }

    #[test]
    fn what_the_earlier_run_does_not_have_has_no_change() {
        let before = earlier(100.0);
        let now = table(Unit::Nanos, vec![row("skep", 90.0), row("xtra", 90.0)]);
        assert_eq!(before.change("durable", &now, &now.rows[0]), None);
        assert_eq!(before.change("in-process", &now, &now.rows[1]), None);
        let other = table(Unit::Micros, vec![row("skep", 90.0)]);
        assert_eq!(before.change("in-process", &other, &other.rows[0]), None);
        assert_eq!(earlier(0.0).change("in-process", &now, &now.rows[0]), None);
    }
}
