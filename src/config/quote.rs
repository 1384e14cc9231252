//! The quoted line of an error with the fault underlined, as TOML's own errors look; secrets stay covered.

use std::fmt;
use std::ops::Range;

use super::place::{Cover, FileText, Place, Spoken};

/// One line of what the user said, and which part of it is wrong.
#[derive(Debug)]
pub(super) struct Quote {
    heading: String,
    number: Option<usize>,
    line: String,
    /// The underlined part, in characters.
    mark: Range<usize>,
}

impl Quote {
    /// Quotes the key or the value at a place; a default was said nowhere and has no quote.
    pub(super) fn of(place: &Place, key: bool) -> Option<Self> {
        match place {
            Place::Default => None,
            Place::File {
                file, key: span, ..
            } if key => Some(Self::of_file(file, span)),
            Place::File {
                file, value: span, ..
            } => Some(Self::of_file(file, span)),
            Place::Spoken(spoken) => Some(Self::of_spoken(spoken, key)),
        }
    }

    /// The columns left of the bar.
    pub(super) fn margin(&self) -> usize {
        self.number.map_or(1, |number| number.to_string().len())
    }

    fn of_file(file: &FileText, span: &Range<usize>) -> Self {
        let (number, column) = file.position(span.start);
        let bytes = file.line_around(span.start);
        let everything = [(0..file.text.len(), Cover::Unknown)];
        let covers = file.covered.get().map_or(&everything[..], Vec::as_slice);
        let (line, mark) = uncovered(&file.text, bytes, covers, span);
        Self {
            heading: format!("{}:{number}:{column}", file.path.display()),
            number: Some(number),
            line,
            mark,
        }
    }

    fn of_spoken(spoken: &Spoken, key: bool) -> Self {
        let whole = format!("{}{}", spoken.lead, spoken.text);
        let name = spoken.lead.trim_end_matches(['=', ' ']);
        let span = match key {
            true => name.rfind(' ').map_or(0, |space| space + 1)..name.len(),
            false => spoken.lead.len()..whole.len(),
        };
        let cover = spoken
            .covered
            .get()
            .copied()
            .unwrap_or(Some(Cover::Unknown));
        let covers: Vec<_> = cover
            .map(|cover| (spoken.lead.len()..whole.len(), cover))
            .into_iter()
            .collect();
        let first_line = 0..whole.find('\n').unwrap_or(whole.len());
        let (line, mark) = uncovered(&whole, first_line, &covers, &span);
        Self {
            heading: spoken.origin.to_string(),
            number: None,
            line,
            mark,
        }
    }
}

impl fmt::Display for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self
            .number
            .map_or_else(String::new, |number| number.to_string());
        let margin = self.margin();
        writeln!(f, "{:margin$}--> {}", "", self.heading)?;
        writeln!(f, "{:margin$} |", "")?;
        writeln!(f, "{number:margin$} | {}", self.line)?;
        let indent = self.mark.start;
        let carets = "^".repeat(self.mark.len().max(1));
        write!(f, "{:margin$} | {:indent$}{carets}", "", "")
    }
}

/// The line as it may be shown, and where the marked part lies in it, counted in characters.
fn uncovered(
    text: &str,
    line: Range<usize>,
    covers: &[(Range<usize>, Cover)],
    mark: &Range<usize>,
) -> (String, Range<usize>) {
    let mut shown = String::new();
    let mut width = 0;
    let (mut start, mut end) = (None, None);
    let mut byte = line.start;
    while byte < line.end {
        let (next, piece) = piece_at(text, byte, line.end, covers);
        if start.is_none() && mark.start < next {
            start = Some(width);
        }
        shown.push_str(&piece);
        width += piece.chars().count();
        if byte < mark.end {
            end = Some(width);
        }
        byte = next;
    }
    let start = start.unwrap_or(width);
    (shown, start..end.unwrap_or(start).max(start))
}

/// What to show from a byte on, and where the next piece begins.
fn piece_at(
    text: &str,
    byte: usize,
    end: usize,
    covers: &[(Range<usize>, Cover)],
) -> (usize, String) {
    if let Some((span, cover)) = covers.iter().find(|(span, _)| span.contains(&byte)) {
        return (span.end.min(end), cover.text().to_owned());
    }
    let char = text[byte..].chars().next().unwrap_or(' ');
    let piece = match char {
        '\t' => "    ".to_owned(),
        // A control character could rewrite the reader's terminal.
        control if control.is_control() => "\u{fffd}".to_owned(),
        plain => plain.to_string(),
    };
    (byte + char.len_utf8(), piece)
}
