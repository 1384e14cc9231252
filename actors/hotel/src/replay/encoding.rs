//! What a file is, when it is not text in UTF-8.

/// A file that is not text in UTF-8, and what it may be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// A byte that UTF-8 does not know.
    #[error("line {line} is not UTF-8 (byte {byte:#04x} in column {column}){}", .guess.map_or("", Guess::hint))]
    NotUtf8 {
        /// The line, from 1.
        line: usize,
        /// The byte of the line, from 1.
        column: usize,
        /// The byte that does not fit.
        byte: u8,
        /// What it may be instead.
        guess: Option<Guess>,
    },
    /// The first bytes are those of another kind of file.
    #[error("it is {0}, not a CSV file")]
    OtherKind(&'static str),
}

/// Another encoding that the file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guess {
    /// Latin-1 or Windows 1252.
    Latin1,
}

/// How other kinds of files begin.
const OTHER_KINDS: [(&[u8], &str); 5] = [
    (b"PK\x03\x04", "a ZIP archive or a spreadsheet"),
    (b"\x1f\x8b", "compressed with gzip"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
    (b"%PDF", "a PDF file"),
];

impl Guess {
    fn hint(self) -> &'static str {
        match self {
            Self::Latin1 => "; it looks like Latin-1: convert it with `iconv -f latin1 -t utf-8`",
        }
    }
}

/// Reads bytes as text, without the mark that some programs put in front.
pub(super) fn text(bytes: &[u8]) -> Result<&str, NotText> {
    if let Some((_, kind)) = OTHER_KINDS
        .iter()
        .find(|(start, _)| bytes.starts_with(start))
    {
        return Err(NotText::OtherKind(kind));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))
}

fn not_utf8(bytes: &[u8], valid_up_to: usize) -> NotText {
    let (valid, rest) = bytes.split_at(valid_up_to);
    let byte = rest.first().copied().unwrap_or_default();
    let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = valid
        .iter()
        .rev()
        .take_while(|byte| **byte != b'\n')
        .count()
        + 1;
    let guess = (byte >= 0x80).then_some(Guess::Latin1);
    NotText::NotUtf8 {
        line,
        column,
        byte,
        guess,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latin1_letter_is_found_in_its_line() {
        let error = text(b"hotel\nR\xe9sort\n").unwrap_err();
        let expected = NotText::NotUtf8 {
            line: 2,
            column: 2,
            byte: 0xe9,
            guess: Some(Guess::Latin1),
        };
        assert_eq!(error, expected);
        assert!(
            error.to_string().contains("line 2") && error.to_string().contains("Latin-1"),
            "{error}"
        );
    }

    #[test]
    fn the_mark_in_front_of_utf8_is_left_out() {
        assert_eq!(text(b"\xef\xbb\xbfhotel"), Ok("hotel"));
    }

    #[test]
    fn other_kinds_of_files_are_called_by_their_name() {
        assert_eq!(
            text(b"PK\x03\x04xlsx"),
            Err(NotText::OtherKind("a ZIP archive or a spreadsheet"))
        );
        assert!(
            text(b"\x1f\x8b\x08")
                .unwrap_err()
                .to_string()
                .contains("gzip")
        );
    }
}
