//! What can go wrong with a store: one variant, one code and one page for each thing to do about it.

use std::io;
use std::path::{Path, PathBuf};

/// Which part of a batch is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Part {
    /// One key.
    #[error("a key")]
    Key,
    /// One value.
    #[error("a value")]
    Value,
    /// All keys and values of a batch together.
    #[error("a batch")]
    Batch,
}

/// Why a store cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The directory cannot be created or written.
    #[error("cannot use `{}` as a store: {source}; give the process the right to write there, or choose another path", path.display())]
    Unwritable {
        /// The directory, or the file in it.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has the store open.
    #[error("the store `{}` is in use by {}; stop that process first, or choose another path", path.display(), owner(*pid))]
    Locked {
        /// The store's directory.
        path: PathBuf,
        /// The owner's process id, if its lock file tells.
        pid: Option<u32>,
    },
    /// The directory holds something that is not a store.
    #[error("`{}` is not empty and not a store (`{found}` is in it, `skep.json` is not); choose an empty directory", path.display())]
    NotAStore {
        /// The directory.
        path: PathBuf,
        /// One thing found in it.
        found: String,
    },
    /// The header cannot be read or does not match its checksum.
    #[error("the header `{}` is damaged: {reason}; restore it from a backup of the store", path.display())]
    Header {
        /// The header file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The store belongs to another application.
    #[error("the store `{}` belongs to application `{found}`, not to `{expected}`; choose another path", path.display())]
    OtherApplication {
        /// The store's directory.
        path: PathBuf,
        /// The application that created it.
        found: String,
        /// The application that wants it.
        expected: String,
    },
    /// The store has a format that this build cannot read.
    #[error("the store `{}` has format {found}, this build reads format {supported}; use the build that wrote it and export from there", path.display())]
    OtherFormat {
        /// The store's directory.
        path: PathBuf,
        /// The format version found.
        found: u32,
        /// The format version this build reads and writes.
        supported: u32,
    },
    /// The store was written by another engine.
    #[error("the store `{}` was written by engine `{found}`, not `{expected}`; set `[store] engine = \"{found}\"`, or export and import", path.display())]
    OtherEngine {
        /// The store's directory.
        path: PathBuf,
        /// The engine that created it.
        found: String,
        /// The engine that was asked for.
        expected: String,
    },
    /// One record is not what was written.
    #[error(
        "the record `{key}` of tree `{tree}` is damaged: {reason}; restore the store from a backup"
    )]
    Corrupt {
        /// The tree.
        tree: String,
        /// The key, escaped for printing.
        key: String,
        /// What does not match.
        reason: &'static str,
    },
    /// The engine finds its own files damaged.
    #[error("engine `{engine}` cannot read its files in `{}`: {reason}; restore the store from a backup", path.display())]
    EngineFiles {
        /// The engine.
        engine: &'static str,
        /// The engine's directory.
        path: PathBuf,
        /// What the engine said.
        reason: String,
    },
    /// The engine came up without commits that were acknowledged.
    #[error("the store `{}` lost commits: it acknowledged {acknowledged}, its engine has {found}; restore from a backup, or remove `skep.seq` to go on without them", path.display())]
    LostCommits {
        /// The store's directory.
        path: PathBuf,
        /// The last commit the engine has.
        found: u64,
        /// The last commit that was acknowledged.
        acknowledged: u64,
    },
    /// No room left: disk, quota or file size limit.
    #[error("no room left for `{}` while trying to {doing}: {source}; free some space and start again", path.display())]
    DiskFull {
        /// What was under way.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system refused a read or a write.
    #[error("failed to {doing} `{}`: {source}; check the disk and its mount", path.display())]
    Io {
        /// What was under way.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Part of a batch is over its limit; nothing was written.
    #[error("{part} for tree `{tree}` has {bytes} bytes, at most {max} are allowed; split it")]
    TooLarge {
        /// Which part.
        part: Part,
        /// The tree.
        tree: String,
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// A name that no tree may have.
    #[error("`{name}` cannot name a tree: {reason}; use 1 to 128 printable bytes")]
    TreeName {
        /// The name.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The engine is not part of this build.
    #[error(
        "this build has no engine `{engine}`; build with feature `{engine}`, or choose another engine"
    )]
    NoEngine {
        /// The engine asked for.
        engine: &'static str,
    },
    /// The engine failed in a way that is neither input/output nor damage.
    #[error(
        "engine `{engine}` failed to {doing}: {reason}; start the process again, the store recovers"
    )]
    Engine {
        /// The engine.
        engine: &'static str,
        /// What was under way.
        doing: &'static str,
        /// What the engine said.
        reason: String,
    },
    /// An export cannot be imported; nothing was written.
    #[error("the export is refused at byte {at}: {reason}; export again from the original store")]
    Export {
        /// Where in the export, in bytes from its start.
        at: u64,
        /// What is wrong.
        reason: String,
    },
    /// An import was asked for into a store that holds something; nothing was written.
    #[error("cannot import: the store already has tree `{tree}`; import into a new store")]
    NotEmpty {
        /// One tree that exists.
        tree: String,
    },
}

fn owner(pid: Option<u32>) -> String {
    pid.map_or_else(
        || "another process".to_owned(),
        |pid| format!("process {pid}"),
    )
}

impl Error {
    /// The stable code of this kind of error; [`page`] explains it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unwritable { .. } => "SK0101",
            Self::Locked { .. } => "SK0102",
            Self::NotAStore { .. } => "SK0103",
            Self::Header { .. } => "SK0104",
            Self::OtherApplication { .. } => "SK0105",
            Self::OtherFormat { .. } => "SK0106",
            Self::OtherEngine { .. } => "SK0107",
            Self::Corrupt { .. } => "SK0108",
            Self::EngineFiles { .. } => "SK0109",
            Self::LostCommits { .. } => "SK0110",
            Self::DiskFull { .. } => "SK0111",
            Self::Io { .. } => "SK0112",
            Self::TooLarge { .. } => "SK0113",
            Self::TreeName { .. } => "SK0114",
            Self::NoEngine { .. } => "SK0115",
            Self::Engine { .. } => "SK0116",
            Self::Export { .. } => "SK0117",
            Self::NotEmpty { .. } => "SK0118",
        }
    }

    /// Whether data is damaged or missing, so that trying again cannot help.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Self::Header { .. }
                | Self::Corrupt { .. }
                | Self::EngineFiles { .. }
                | Self::LostCommits { .. }
        )
    }

    /// Sorts an input/output error: no room left is its own kind, whatever file it hit.
    pub(super) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let path = path.to_owned();
        match source.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::DiskFull {
                doing,
                path,
                source,
            },
            _ => Self::Io {
                doing,
                path,
                source,
            },
        }
    }

    /// A damaged record, its key printable.
    #[cfg(any(feature = "sled", feature = "fjall"))]
    pub(super) fn corrupt(tree: &str, key: &[u8], reason: &'static str) -> Self {
        Self::Corrupt {
            tree: tree.to_owned(),
            key: key.escape_ascii().to_string(),
            reason,
        }
    }
}

/// The page that explains a code (Markdown): what happened, likely causes, what to try.
/// `None` for a code that is not the store's.
#[must_use]
pub fn page(code: &str) -> Option<&'static str> {
    PAGES
        .iter()
        .find(|(of, _)| *of == code)
        .map(|(_, text)| *text)
}

macro_rules! pages {
    ($($code:literal),* $(,)?) => {
        /// Every code of this boundary with its page.
        pub const PAGES: &[(&str, &str)] = &[
            $(($code, include_str!(concat!("errors/", $code, ".md")))),*
        ];
    };
}

pages!(
    "SK0101", "SK0102", "SK0103", "SK0104", "SK0105", "SK0106", "SK0107", "SK0108", "SK0109",
    "SK0110", "SK0111", "SK0112", "SK0113", "SK0114", "SK0115", "SK0116", "SK0117", "SK0118",
    "SK0119",
);
