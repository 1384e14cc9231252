//! Tables for a terminal and for a Markdown page.

use std::fmt::Write as _;

use crate::compare::Earlier;
use crate::report::{Report, Role, Row, Table};
use crate::statistics::{median, range};

/// A column of text, the first one to the left.
type Cells = Vec<String>;

/// What is said before the tables of a group.
pub(crate) fn head(report: &Report) -> String {
    let mut head = String::new();
    for group in &report.groups {
        let _ = writeln!(head, "{}: {}", group.name, group.about);
    }
    let versions: Vec<_> = report
        .versions
        .iter()
        .map(|(package, version)| format!("{package} {version}"))
        .collect();
    let _ = writeln!(head, "on {}", report.machine);
    let _ = writeln!(head, "with {}", versions.join(", "));
    head
}

/// For a terminal, columns aligned.
pub(crate) fn text(group: &str, table: &Table, earlier: Option<&Earlier>) -> String {
    let lines = lines(group, table, earlier);
    let width = |column: usize| {
        lines
            .iter()
            .map(|cells| cells[column].chars().count())
            .max()
    };
    let widths: Vec<_> = (0..lines[0].len()).filter_map(width).collect();
    let mut text = format!("\n{}\n", table.title);
    for cells in &lines {
        let _ = write!(text, "  {:<1$}", cells[0], widths[0]);
        for (cell, width) in cells.iter().zip(&widths).skip(1) {
            let _ = write!(text, "  {cell:>width$}");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

/// For a Markdown page.
pub(crate) fn markdown(group: &str, table: &Table, earlier: Option<&Earlier>) -> String {
    let lines = lines(group, table, earlier);
    let mut text = format!("\n**{}**\n\n", table.title);
    for (number, cells) in lines.iter().enumerate() {
        let _ = writeln!(text, "| {} |", cells.join(" | "));
        if number == 0 {
            let _ = writeln!(text, "|---|{}", "--:|".repeat(cells.len() - 1));
        }
    }
    text
}

fn lines(group: &str, table: &Table, earlier: Option<&Earlier>) -> Vec<Cells> {
    let columns = columns(group, table, earlier);
    let mut lines = vec![columns.iter().map(|column| column.0.clone()).collect()];
    for row in &table.rows {
        lines.push(
            columns
                .iter()
                .map(|column| (column.1)(row))
                .collect::<Cells>(),
        );
    }
    lines
}

type Column<'t> = (String, Box<dyn Fn(&Row) -> String + 't>);

fn columns<'t>(group: &'t str, table: &'t Table, earlier: Option<&'t Earlier>) -> Vec<Column<'t>> {
    let mut columns: Vec<Column<'t>> = vec![
        (String::new(), Box::new(named)),
        (
            format!("median, {}", table.unit.symbol()),
            Box::new(|row| row.median().map_or_else(missing, number)),
        ),
        ("range".to_owned(), Box::new(spread)),
    ];
    if table.rows.iter().any(|row| !row.p99.is_empty()) {
        let p99 = |row: &Row| median(&row.p99).map_or_else(missing, number);
        columns.push(("p99".to_owned(), Box::new(p99)));
    }
    columns.extend(references(table).into_iter().map(|(title, other)| {
        let times = move |row: &Row| row.against(other).map_or_else(missing, times);
        (title, Box::new(times) as Box<dyn Fn(&Row) -> String>)
    }));
    if let Some(earlier) = earlier {
        let change = move |row: &Row| {
            let change = earlier.change(group, table, row);
            change.map_or_else(missing, |percent| format!("{percent:+.1} %"))
        };
        columns.push(("change".to_owned(), Box::new(change)));
    }
    if table.rows.iter().any(|row| !row.note.is_empty()) {
        columns.push(("besides".to_owned(), Box::new(|row| row.note.clone())));
    }
    columns
}

/// Whom rows are held against: the best peer, what a bar names, and every floor; where skep is alone, its first way.
fn references(table: &Table) -> Vec<(String, &Row)> {
    let peer = table.best_peer();
    let peer = peer.map(|row| ("of best peer".to_owned(), row));
    let named = table
        .rows
        .iter()
        .filter(|row| matches!(row.role, Role::Yardstick | Role::Floor));
    let named = named.map(|row| (format!("of {}", row.name), row));
    let references: Vec<_> = peer.into_iter().chain(named).collect();
    if !references.is_empty() {
        return references;
    }
    let first = table.rows.first();
    first
        .map(|row| ("of first".to_owned(), row))
        .into_iter()
        .collect()
}

fn named(row: &Row) -> String {
    match row.role {
        Role::Floor => format!("floor: {}", row.name),
        Role::Skep | Role::Peer | Role::Yardstick => row.name.clone(),
    }
}

fn spread(row: &Row) -> String {
    range(&row.rounds).map_or_else(missing, |(least, greatest)| {
        format!("{}–{}", number(least), number(greatest))
    })
}

fn times(ratio: f64) -> String {
    format!("{ratio:.2}×")
}

fn missing() -> String {
    "–".to_owned()
}

/// Three digits at least, thousands apart: `0.25`, `12.3`, `1,234`.
fn number(value: f64) -> String {
    if value.abs() < 9.995 {
        return format!("{value:.2}");
    }
    if value.abs() < 99.95 {
        return format!("{value:.1}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 {
        format!("-{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Unit;

    fn row(name: &str, role: Role, rounds: &[f64]) -> Row {
        Row {
            rounds: rounds.to_vec(),
            ..Row::new(name, role)
        }
    }

    fn table() -> Table {
        Table {
            rows: vec![
                row("skep", Role::Skep, &[100.0, 120.0, 110.0]),
                row("xtra", Role::Peer, &[400.0, 480.0, 440.0]),
                row("kameo", Role::Peer, &[4000.0, 4800.0, 4400.0]),
                row("mpsc + oneshot", Role::Floor, &[200.0, 240.0, 220.0]),
            ],
            ..Table::new("ask", "ask, one after the other", Unit::Nanos)
        }
    }

    #[test]
    fn a_table_shows_each_against_the_best_peer_and_the_floor() {
        let expected = "
ask, one after the other
                         median, ns        range  of best peer  of mpsc + oneshot
  skep                          110      100–120         0.25×              0.50×
  xtra                          440      400–480         1.00×              2.00×
  kameo                       4,400  4,000–4,800        10.00×             20.00×
  floor: mpsc + oneshot         220      200–240         0.50×              1.00×
";
        assert_eq!(text("in-process", &table(), None), expected);
    }

    #[test]
    fn a_page_gets_the_same_as_markdown() {
        let page = markdown("in-process", &table(), None);
        assert!(
            page.contains("|  | median, ns | range | of best peer | of mpsc + oneshot |\n|---|--:|--:|--:|--:|\n| skep | 110 |"),
            "{page}"
        );
    }

    #[test]
    fn latencies_and_notes_have_columns_where_there_are_any() {
        let mut alone = table();
        alone.rows.truncate(1);
        alone.rows[0].p99 = vec![900.0];
        alone.rows[0].note = "12 syncs".to_owned();
        let expected = "
ask, one after the other
        median, ns    range  p99  of first   besides
  skep         110  100–120  900     1.00×  12 syncs
";
        assert_eq!(text("in-process", &alone, None), expected);
    }

    #[test]
    fn an_earlier_run_adds_the_change() {
        let mut slower = table();
        slower.rows[0].rounds = vec![121.0];
        let report = Report {
            groups: vec![crate::report::Group {
                name: "in-process".to_owned(),
                about: String::new(),
                tables: vec![table()],
            }],
            ..Report::default()
        };
        let text = text("in-process", &slower, Some(&Earlier::new(report)));
        assert!(text.lines().nth(3).unwrap().ends_with("+10.0 %"), "{text}");
    }

    #[test]
    fn numbers_are_short_and_grouped() {
        let shown: Vec<_> = [0.25, 9.999, 12.34, 99.96, 1234.4, 1_234_567.0]
            .map(number)
            .to_vec();
        assert_eq!(shown, ["0.25", "10.0", "12.3", "100", "1,234", "1,234,567"]);
    }
}
