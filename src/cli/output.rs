//! What commands print: lines, JSON and tables on the standard output stream, whose reader may go at any time.

use std::io::{IsTerminal, Write};
use std::time::{Duration, UNIX_EPOCH};

use comfy_table::{CellAlignment, Row, Table, presets};
use serde::Serialize;

use super::failure::Failure;

/// Prints one line, or several in one text.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{text}").map_err(|error| Failure::of_output(&error))
}

/// Prints a line for people, beside the output: on the standard error stream.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Prints a value as JSON for people and programs: indented.
pub(super) fn json(value: &impl Serialize) -> Result<(), Failure> {
    line(&format!("{:#}", as_json(value)))
}

/// Prints a value as JSON on one line, as streams want it.
pub(super) fn json_line(value: &impl Serialize) -> Result<(), Failure> {
    line(&as_json(value).to_string())
}

fn as_json(value: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// Prints rows under their heads as plain aligned columns; `empty` instead when there are none.
pub(super) fn table(heads: &[Head], rows: Vec<Vec<String>>, empty: &str) -> Result<(), Failure> {
    if rows.is_empty() {
        return line(empty);
    }
    line(&columns(heads, rows))
}

/// The head of a column: its name, and how its cells stand.
#[derive(Debug, Clone, Copy)]
pub(super) enum Head {
    /// Words, which begin at the left.
    Text(&'static str),
    /// Numbers, which end at the right.
    Number(&'static str),
}

/// Rows under their heads, without borders and without blanks at the end of a line.
pub(super) fn columns(heads: &[Head], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(heads.iter().map(|head| match head {
        Head::Text(name) | Head::Number(name) => *name,
    }));
    for row in rows {
        table.add_row(Row::from(row.iter().map(|cell| plain(cell))));
    }
    for (column, head) in table.column_iter_mut().zip(heads) {
        column.set_padding((0, 2));
        if matches!(head, Head::Number(_)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// The text without control characters, which could rewrite the reader's terminal; ends of lines become blanks.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .map(|char| match char {
            '\n' | '\r' | '\t' => ' ',
            control if control.is_control() => '\u{fffd}',
            plain => plain,
        })
        .collect()
}

/// A duration of so many microseconds in the unit that suits it, for tables: `850us`, `1.2ms`, `3.40s`.
#[allow(
    clippy::cast_precision_loss,
    reason = "two decimals are shown, far above the loss"
)]
pub(super) fn micros(us: u64) -> String {
    match us {
        0..1_000 => format!("{us}us"),
        1_000..1_000_000 => format!("{:.1}ms", us as f64 / 1e3),
        _ => format!("{:.2}s", us as f64 / 1e6),
    }
}

/// Bytes in the unit that suits them, for tables: `512 B`, `1.5 MiB`.
#[allow(
    clippy::cast_precision_loss,
    reason = "one decimal is shown, far above the loss"
)]
pub(super) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A moment as RFC 3339, in UTC and to the millisecond.
pub(super) fn moment(ms_since_1970: u64) -> String {
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(ms_since_1970)).to_string()
}

/// Whether the standard output stream is a person's terminal.
pub(super) fn to_terminal() -> bool {
    std::io::stdout().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_without_blanks() {
        let rows = vec![
            vec!["search".to_owned(), "7".to_owned(), String::new()],
            vec!["reservations".to_owned(), "1200".to_owned(), "x".to_owned()],
        ];
        let heads = [
            Head::Text("NAME"),
            Head::Number("TURNS"),
            Head::Text("NOTE"),
        ];
        insta::assert_snapshot!(columns(&heads, rows), @r"
        NAME          TURNS  NOTE
        search            7
        reservations   1200  x
        ");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\nc"), "a\u{fffd}[31mb c");
    }

    #[test]
    fn durations_and_sizes_have_the_unit_that_suits_them() {
        assert_eq!(
            [999, 1_500, 3_400_000].map(micros),
            ["999us", "1.5ms", "3.40s"]
        );
        assert_eq!(
            [12, 1_536, 3 * 1024 * 1024].map(bytes),
            ["12 B", "1.5 KiB", "3.0 MiB"]
        );
        assert_eq!(moment(0), "1970-01-01T00:00:00.000Z");
    }
}
