//! [`Document`]: a Markdown file, cut into its fenced blocks and its links.

use std::path::{Path, PathBuf};

/// One page of the documentation.
#[derive(Debug)]
pub(crate) struct Document {
    /// Relative to the root of the repository.
    pub(crate) path: PathBuf,
    pub(crate) blocks: Vec<Block>,
    /// Where its links lead, with the line of each.
    pub(crate) links: Vec<(usize, String)>,
}

/// What stands between two fences.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) language: String,
    /// What follows the language, cut at the commas: `ignore`, `quote=src/main.rs`.
    pub(crate) options: Vec<String>,
    /// Of the opening fence.
    pub(crate) line: usize,
    pub(crate) lines: Vec<String>,
}

impl Document {
    /// Reads the page at a path below the root.
    pub(crate) fn read(root: &Path, path: &Path) -> Self {
        let text = std::fs::read_to_string(root.join(path))
            .unwrap_or_else(|error| panic!("{} can be read: {error}", path.display()));
        Self::parse(path, &text)
    }

    pub(crate) fn parse(path: &Path, text: &str) -> Self {
        let mut document = Self {
            path: path.to_owned(),
            blocks: Vec::new(),
            links: Vec::new(),
        };
        let mut open: Option<Block> = None;
        for (at, line) in text.lines().enumerate() {
            match (open.as_mut(), line.strip_prefix("```")) {
                (Some(_), Some(_)) => document.blocks.extend(open.take()),
                (Some(block), None) => block.lines.push(line.to_owned()),
                (None, Some(info)) => open = Some(Block::opened(info, at + 1)),
                (None, None) => document
                    .links
                    .extend(links(line).map(|link| (at + 1, link))),
            }
        }
        assert!(open.is_none(), "{}: a fence is open", path.display());
        document
    }
}

impl Block {
    fn opened(info: &str, line: usize) -> Self {
        let mut words = info.split(',').map(|word| word.trim().to_owned());
        Self {
            language: words.next().unwrap_or_default(),
            options: words.collect(),
            line,
            lines: Vec::new(),
        }
    }

    /// Whether the page says that this is not to be run.
    pub(crate) fn is_ignored(&self) -> bool {
        self.options.iter().any(|option| option == "ignore")
    }

    /// The value of an option such as `quote=…`.
    pub(crate) fn option(&self, name: &str) -> Option<&str> {
        let mut options = self.options.iter();
        options.find_map(|option| option.strip_prefix(name)?.strip_prefix('='))
    }

    pub(crate) fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

/// The targets of `[text](target)` in a line.
fn links(line: &str) -> impl Iterator<Item = String> + '_ {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target.to_owned()))
}
