//! A folder for data that goes when it is not needed any more, below the folder of the program: on a disk and not in memory, where builds
//! are on one.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A fresh folder.
#[derive(Debug)]
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        let program = std::env::current_exe().expect("a program knows where it is");
        let beside = program.parent().map(Path::to_owned).unwrap_or_default();
        let folder = tempfile::Builder::new()
            .prefix("bench-data-")
            .tempdir_in(beside);
        Self(folder.expect("a folder beside the program"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A folder in it that is not there yet.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
}
