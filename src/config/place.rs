//! Where a value was said, and the text around it for the error that points there.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use serde::Serialize;

use super::secret::MASK;

/// Who said a value: the last layer that set it wins.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    /// Nobody: it is the built-in default.
    Default,
    /// The application: a default of its own.
    Preset {
        /// The application's name.
        application: String,
    },
    /// The configuration file.
    File {
        /// The file as it was named by the caller.
        path: PathBuf,
        /// The line of the value's key, from 1.
        line: usize,
        /// The column of the value's key in characters, from 1.
        column: usize,
    },
    /// An environment variable.
    Env {
        /// The variable's name.
        var: String,
    },
    /// A flag of the command line.
    Flag {
        /// The flag as the user typed it, such as `--set`.
        flag: String,
    },
}

/// Why a part of a text is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cover {
    /// The value of an unknown key: it may be a secret whose key is misspelt.
    Unknown,
    /// A secret.
    Secret,
}

impl Cover {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Unknown => "…",
            Self::Secret => MASK,
        }
    }
}

/// The text of the configuration file, kept for the errors that quote it.
pub(super) struct FileText {
    pub(super) path: PathBuf,
    pub(super) text: String,
    /// What must not be quoted; until it is known nothing is.
    pub(super) covered: OnceLock<Vec<(Range<usize>, Cover)>>,
}

/// One value said outside the file: by the application, an environment variable or a flag.
pub(super) struct Spoken {
    pub(super) origin: Origin,
    /// The words before the value: `HOTEL_STORE__PATH=`, `--set store.path=`, `--store `.
    pub(super) lead: String,
    pub(super) text: String,
    /// How the value is covered, once it is known; until then nothing is shown.
    pub(super) covered: OnceLock<Option<Cover>>,
}

/// The exact place of a value.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Default,
    File {
        file: Arc<FileText>,
        key: Range<usize>,
        value: Range<usize>,
    },
    Spoken(Arc<Spoken>),
}

// === impl Origin ===

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Preset { application } => write!(f, "default of {application}"),
            Self::File { path, line, column } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Env { var } => f.write_str(var),
            Self::Flag { flag } => f.write_str(flag),
        }
    }
}

// === impl FileText ===

impl FileText {
    pub(super) fn new(path: PathBuf, text: String) -> Self {
        Self {
            path,
            text,
            covered: OnceLock::new(),
        }
    }

    /// Line and column of a byte, both from 1, the column in characters.
    pub(super) fn position(&self, byte: usize) -> (usize, usize) {
        let before = &self.text[..self.floor(byte)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (
            before.matches('\n').count() + 1,
            before[line_start..].chars().count() + 1,
        )
    }

    /// The bytes of the line around a byte, without its end of line.
    pub(super) fn line_around(&self, byte: usize) -> Range<usize> {
        let byte = self.floor(byte);
        let start = self.text[..byte]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let end = self.text[byte..]
            .find('\n')
            .map_or(self.text.len(), |newline| byte + newline);
        start..start + self.text[start..end].trim_end_matches('\r').len()
    }

    fn floor(&self, byte: usize) -> usize {
        self.text.floor_char_boundary(byte)
    }
}

impl fmt::Debug for FileText {
    /// Names the file only: its text may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileText")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Spoken {
    /// Names the source only: the value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spoken")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}

// === impl Place ===

impl Place {
    /// A place in a file where key and value are the same words.
    pub(super) fn at(file: &Arc<FileText>, span: Range<usize>) -> Self {
        Self::File {
            file: Arc::clone(file),
            key: span.clone(),
            value: span,
        }
    }

    pub(super) fn origin(&self) -> Origin {
        match self {
            Self::Default => Origin::Default,
            Self::Spoken(spoken) => spoken.origin.clone(),
            Self::File { file, key, .. } => {
                let (line, column) = file.position(key.start);
                Origin::File {
                    path: file.path.clone(),
                    line,
                    column,
                }
            }
        }
    }

    pub(super) const fn is_default(&self) -> bool {
        matches!(self, Self::Default)
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Default, Self::Default) => true,
            (
                Self::File { file, key, value },
                Self::File {
                    file: file2,
                    key: key2,
                    value: value2,
                },
            ) => Arc::ptr_eq(file, file2) && key == key2 && value == value2,
            (Self::Spoken(spoken), Self::Spoken(other)) => Arc::ptr_eq(spoken, other),
            _ => false,
        }
    }
}
