//! Rows that are no bookings, written to a file of their own, so that they can be mended and replayed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use csv::{StringRecord, Writer};

use super::row::RowFault;

/// A row that is no booking.
#[derive(Debug, Clone)]
pub struct Reject {
    /// The line of the file.
    pub line: u64,
    /// Everything that is wrong with it.
    pub faults: Vec<RowFault>,
    /// The row as it stands in the file.
    pub row: StringRecord,
}

impl Reject {
    /// Everything that is wrong, in one line.
    #[must_use]
    pub fn reason(&self) -> String {
        self.faults
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ")
    }
}

/// Where the rejects of a file go: beside it, `bookings.csv.rejects.csv`.
#[must_use]
pub fn rejects_path(input: &Path) -> PathBuf {
    let mut name: OsString = input.as_os_str().to_owned();
    name.push(".rejects.csv");
    PathBuf::from(name)
}

/// Writes rejects: line and reason in front of the row as it was.
///
/// # Errors
/// The disk's.
pub fn write_rejects(path: &Path, heading: &StringRecord, rejects: &[Reject]) -> csv::Result<()> {
    let mut file = csv::WriterBuilder::new().flexible(true).from_path(path)?;
    file.write_record(["line", "reason"].into_iter().chain(heading))?;
    for reject in rejects {
        write(&mut file, reject)?;
    }
    file.flush()?;
    Ok(())
}

fn write(file: &mut Writer<std::fs::File>, reject: &Reject) -> csv::Result<()> {
    let (line, reason) = (reject.line.to_string(), reject.reason());
    file.write_record(
        [line.as_str(), reason.as_str()]
            .into_iter()
            .chain(&reject.row),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reject_keeps_its_row_and_says_why() {
        let folder = tempfile::tempdir().unwrap();
        let path = rejects_path(&folder.path().join("bookings.csv"));
        let faults = vec![
            RowFault::Nobody,
            RowFault::Fields {
                found: 2,
                expected: 3,
            },
        ];
        let row = StringRecord::from(vec!["Resort, \"Hotel\"", "x"]);
        let heading = StringRecord::from(vec!["hotel", "adr"]);
        write_rejects(
            &path,
            &heading,
            &[Reject {
                line: 7,
                faults,
                row: row.clone(),
            }],
        )
        .unwrap();
        assert!(path.ends_with("bookings.csv.rejects.csv"));
        let mut written = csv::Reader::from_path(&path).unwrap();
        let back = written.records().next().unwrap().unwrap();
        assert_eq!(&back[0], "7");
        assert_eq!(
            &back[1],
            "nobody stays: adults, children and babies are all 0; 2 fields instead of 3"
        );
        assert_eq!(back.iter().skip(2).collect::<StringRecord>(), row);
    }
}
