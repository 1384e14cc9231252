//! A file of bookings, read whole: the rows that are bookings, and those that are not.

use std::io;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord};
use sha2::{Digest, Sha256};

use super::booking::Booking;
use super::column::{COLUMNS, MissingColumn, Places};
use super::encoding::{self, NotText};
use super::rejects::Reject;
use super::row::Reader;

/// What a file of bookings holds.
#[derive(Debug, Clone)]
pub struct File {
    /// The names of its columns.
    pub heading: StringRecord,
    /// The rows that are bookings, in their order.
    pub bookings: Vec<Booking>,
    /// The rows that are not.
    pub rejects: Vec<Reject>,
}

/// Why a file cannot be replayed at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// There is no such file.
    #[error("there is no file {path}{}", .nearest.as_ref().map_or(String::new(), |name| format!("; did you mean {name}?")))]
    NotFound {
        /// As given.
        path: PathBuf,
        /// A file beside it with a name much like it.
        nearest: Option<String>,
    },
    /// The path is a folder.
    #[error("{path} is a folder; name the CSV file in it")]
    Folder {
        /// As given.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The file has no rows, or nothing at all.
    #[error("{path} is empty: a heading of {} columns and one row for each booking are expected", COLUMNS.len())]
    Empty {
        /// As given.
        path: PathBuf,
    },
    /// The file is not text.
    #[error("{path}: {source}")]
    NotText {
        /// As given.
        path: PathBuf,
        /// What it is.
        #[source]
        source: NotText,
    },
    /// The fields are separated by something else than a comma.
    #[error("{path}: the fields are separated by `{separator}`; export the file with commas")]
    Separator {
        /// As given.
        path: PathBuf,
        /// What separates them.
        separator: char,
    },
    /// Columns are missing.
    #[error("{path}: {}", list(.missing))]
    Columns {
        /// As given.
        path: PathBuf,
        /// Every one that is missing.
        missing: Vec<MissingColumn>,
    },
}

impl File {
    /// Reads a file of bookings.
    ///
    /// # Errors
    /// Whatever makes the file as a whole unfit. Rows that are unfit become [`rejects`](Self::rejects).
    pub fn read(path: &Path) -> Result<Self, FileError> {
        if path.is_dir() {
            return Err(FileError::Folder {
                path: path.to_owned(),
            });
        }
        let bytes = std::fs::read(path).map_err(|source| unreadable(path, source))?;
        Self::parse(path, &bytes)
    }

    fn parse(path: &Path, bytes: &[u8]) -> Result<Self, FileError> {
        let named = || path.to_owned();
        let text = encoding::text(bytes).map_err(|source| FileError::NotText {
            path: named(),
            source,
        })?;
        let mut csv = ReaderBuilder::new()
            .flexible(true)
            .from_reader(text.as_bytes());
        let heading = csv.headers().cloned().unwrap_or_default();
        if text.trim().is_empty() {
            return Err(FileError::Empty { path: named() });
        }
        if let Some(separator) = other_separator(&heading) {
            return Err(FileError::Separator {
                path: named(),
                separator,
            });
        }
        let places = Places::find(&heading).map_err(|missing| FileError::Columns {
            path: named(),
            missing,
        })?;
        let reader = Reader {
            places,
            num_fields: heading.len(),
            digest: short_digest(bytes),
        };
        let mut file = Self {
            heading,
            bookings: Vec::new(),
            rejects: Vec::new(),
        };
        // The text is UTF-8 and rows may have any length: no row is unreadable.
        let mut lines = Lines {
            text,
            offset: 0,
            line: 1,
        };
        for row in csv.records().map_while(Result::ok) {
            file.add(&reader, lines.of(&row), row);
        }
        if file.bookings.is_empty() && file.rejects.is_empty() {
            return Err(FileError::Empty { path: named() });
        }
        Ok(file)
    }

    fn add(&mut self, reader: &Reader, line: u64, row: StringRecord) {
        match reader.read(line, &row) {
            Ok(booking) => self.bookings.push(booking),
            Err(faults) => self.rejects.push(Reject { line, faults, row }),
        }
    }
}

/// Counts lines as editors do, over blank lines and either kind of line end, at which the CSV reader's own count stops.
struct Lines<'t> {
    text: &'t str,
    /// The byte up to which lines are counted.
    offset: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the next row. Rows come in the order of the text.
    fn of(&mut self, row: &StringRecord) -> u64 {
        let begin = row
            .position()
            .map_or(0, |position| usize::try_from(position.byte()).unwrap_or(0));
        let bytes = self.text.as_bytes().get(begin..).unwrap_or_default();
        let blank = bytes
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        let passed = self
            .text
            .as_bytes()
            .get(self.offset..begin + blank)
            .unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.offset = begin + blank;
        self.line
    }
}

fn unreadable(path: &Path, source: io::Error) -> FileError {
    if source.kind() == io::ErrorKind::NotFound {
        FileError::NotFound {
            path: path.to_owned(),
            nearest: neighbour(path),
        }
    } else {
        FileError::Unreadable {
            path: path.to_owned(),
            source,
        }
    }
}

/// A file in the same folder whose name is much like the one that was given.
fn neighbour(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let names = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let rated = names.map(|name| (strsim::jaro_winkler(wanted, &name), name));
    let best = rated.max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(likeness, _)| *likeness > 0.85)
        .map(|(_, name)| name)
}

fn other_separator(heading: &StringRecord) -> Option<char> {
    let only = heading.get(0).filter(|_| heading.len() == 1)?;
    [';', '\t', '|']
        .into_iter()
        .find(|separator| only.contains(*separator))
}

/// The first three bytes of the file's SHA-256, as digits.
fn short_digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .take(3)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn list(missing: &[MissingColumn]) -> String {
    let name = |column: &MissingColumn| match &column.nearest {
        Some(nearest) => format!("{} (is it `{nearest}`?)", column.name),
        None => column.name.to_owned(),
    };
    let names: Vec<String> = missing.iter().map(name).collect();
    let what = if names.len() == 1 {
        "a column is"
    } else {
        "columns are"
    };
    format!("{what} missing: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "Resort Hotel,0,14,2015,July,27,1,1,2,2,0,0,BB,PRT,Direct,Direct,0,0,0,C,C,0,No Deposit,NULL,NULL,0,Transient,98.5,0,1,Check-Out,7/4/2015";

    fn parse(text: impl AsRef<[u8]>) -> Result<File, FileError> {
        File::parse(Path::new("bookings.csv"), text.as_ref())
    }

    fn complaint(text: impl AsRef<[u8]>) -> String {
        parse(text).unwrap_err().to_string()
    }

    #[test]
    fn rows_become_bookings_and_rejects_with_their_lines() {
        let bad = ROW.replace("No Deposit", "Cash");
        let file = parse(format!(
            "{}\r\n{ROW}\r\n\r\n{bad}\r\n{ROW}\n{ROW}",
            COLUMNS.join(",")
        ))
        .unwrap();
        assert_eq!(
            file.bookings
                .iter()
                .map(|booking| booking.line)
                .collect::<Vec<_>>(),
            [2, 5, 6]
        );
        assert_eq!(
            file.rejects
                .iter()
                .map(|reject| reject.line)
                .collect::<Vec<_>>(),
            [4]
        );
    }

    #[test]
    fn the_sample_is_made_of_bookings_alone() {
        let sample = include_bytes!("../../data/sample_bookings.csv");
        let file = parse(sample).unwrap();
        let made_up = crate::demo::bookings(1, 200, "2016-07-01".parse().unwrap());
        assert_eq!(
            (file.bookings.len(), file.rejects.len()),
            (made_up.len(), 0)
        );
        for (read, made_up) in file.bookings.into_iter().zip(made_up) {
            let named = Booking {
                line: read.line,
                guest: read.guest.clone(),
                reference: read.reference.clone(),
                ..made_up
            };
            assert_eq!(read, named);
        }
    }

    #[test]
    fn the_same_line_of_another_file_has_another_reference() {
        let (heading, other) = (COLUMNS.join(","), ROW.replace("98.5", "99"));
        let reference = |row: &str| {
            parse(format!("{heading}\n{row}\n")).unwrap().bookings[0]
                .reference
                .clone()
        };
        assert_eq!(reference(ROW), reference(ROW));
        assert_ne!(reference(ROW), reference(&other));
    }

    #[test]
    fn a_file_without_rows_is_empty() {
        for text in [String::new(), "\n\n".to_owned(), COLUMNS.join(",")] {
            assert!(complaint(text).contains("is empty"));
        }
    }

    #[test]
    fn a_file_of_another_shape_is_refused_with_the_way_out() {
        assert!(complaint(COLUMNS.join(";")).contains("separated by `;`"));
        let wrong = COLUMNS
            .join(",")
            .replace("lead_time", "leadtime")
            .replace("adr", "price");
        let expected = "bookings.csv: columns are missing: lead_time (is it `leadtime`?), adr";
        assert_eq!(complaint(format!("{wrong}\n{ROW}")), expected);
        let latin1 = [COLUMNS.join(",").as_bytes(), b"\nR\xe9sort,0"].concat();
        assert!(complaint(latin1).contains("line 2 is not UTF-8"));
    }

    #[test]
    fn a_path_that_is_no_file_is_explained() {
        let folder = tempfile::tempdir().unwrap();
        let is_folder = File::read(folder.path()).unwrap_err();
        assert!(matches!(is_folder, FileError::Folder { .. }));
        std::fs::write(folder.path().join("bookings.csv"), "").unwrap();
        let missing = File::read(&folder.path().join("booking.csv")).unwrap_err();
        assert!(
            missing.to_string().ends_with("did you mean bookings.csv?"),
            "{missing}"
        );
    }
}
