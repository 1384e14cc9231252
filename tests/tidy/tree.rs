//! The project's own files: found by walking the folder, each a path and a text. Knows no rule.

use std::path::{Path, PathBuf};

/// Folders that hold no source of ours: build output, version control, data sets and stores.
const SKIPPED: &[&str] = &["target", ".git", "data", "node_modules", "__pycache__"];

/// One text file of the project.
#[derive(Debug)]
pub(crate) struct Source {
    /// From the root of the project, with `/` on every system.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.extension() == "rs"
    }

    /// What follows the last dot of the file's name, or nothing.
    pub(crate) fn extension(&self) -> &str {
        self.name()
            .rsplit_once('.')
            .map_or("", |(_, extension)| extension)
    }

    pub(crate) fn name(&self) -> &str {
        self.path
            .rsplit_once('/')
            .map_or(self.path.as_str(), |(_, name)| name)
    }

    /// Whether it lies in one of these folders of the root.
    pub(crate) fn is_in(&self, folders: &[&str]) -> bool {
        self.path
            .split_once('/')
            .is_some_and(|(first, _)| folders.contains(&first))
    }

    /// The folders on the way to it, outermost first, then its own name.
    pub(crate) fn parts(&self) -> Vec<&str> {
        self.path.split('/').collect()
    }
}

/// A place that breaks a rule, and how.
#[derive(Debug)]
pub(crate) struct Offence {
    path: String,
    line: usize,
    what: String,
}

impl Offence {
    pub(crate) fn new(source: &Source, line: usize, what: impl Into<String>) -> Self {
        Self {
            path: source.path.clone(),
            line,
            what: what.into(),
        }
    }
}

impl std::fmt::Display for Offence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Every text file of the project, sorted by path. What is not UTF-8 is not text.
pub(crate) fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    collect(root, &mut files);
    files.sort();
    files.iter().filter_map(|file| read(root, file)).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("a folder of the project can be listed");
    for entry in entries {
        let path = entry.expect("an entry of a folder can be read").path();
        let skipped = path
            .file_name()
            .is_some_and(|name| SKIPPED.iter().any(|skip| name == *skip));
        if path.is_symlink() || skipped {
            continue;
        }
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn read(root: &Path, file: &Path) -> Option<Source> {
    let relative = file.strip_prefix(root).ok()?;
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    let text = std::fs::read_to_string(file).ok()?;
    Some(Source {
        path: parts.join("/"),
        text,
    })
}
