//! What a file is called, how it opens and how long it may be.

use super::tree::{Offence, Source};

/// Lines of one file. Past that it has two reasons to exist.
const LINES_MAX: usize = 500;

/// What no person writes line by line: expected output, snapshots, recorded data.
const RECORDED: &[&str] = &["stderr", "stdout", "snap", "json", "jsonl", "csv", "lock"];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &[
    "util",
    "utils",
    "common",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "miscellaneous",
    "stuff",
];

/// Files with more lines than one reader follows.
pub(crate) fn too_long(sources: &[Source]) -> Vec<Offence> {
    let written = |source: &&Source| {
        source.is_in(&["src", "macros", "actors", "xtask", "tests", "benches"])
            && !RECORDED.contains(&source.extension())
    };
    let long = |source: &&Source| source.text.lines().count() > LINES_MAX;
    let complain = |source: &Source| {
        let num_lines = source.text.lines().count();
        Offence::new(
            source,
            num_lines,
            format!("{num_lines} lines, {LINES_MAX} at most: split it by what changes together"),
        )
    };
    sources
        .iter()
        .filter(written)
        .filter(long)
        .map(complain)
        .collect()
}

/// Rust files that do not open by saying what lives in them.
pub(crate) fn without_head(sources: &[Source]) -> Vec<Offence> {
    let ours =
        |source: &&Source| source.is_rust() && source.is_in(&["src", "macros", "actors", "xtask"]);
    let headless = |source: &&Source| !source.text.starts_with("//!");
    let complain = |source| {
        Offence::new(
            source,
            1,
            "opens without `//!`: say what lives here, what it promises, what it must not know",
        )
    };
    sources
        .iter()
        .filter(ours)
        .filter(headless)
        .map(complain)
        .collect()
}

/// Files and folders with a name that says nothing. Of `lease_manager` the last word counts.
pub(crate) fn empty_names(sources: &[Source]) -> Vec<Offence> {
    let mut offences = Vec::new();
    for source in sources {
        for part in source.parts() {
            let stem = part
                .split_once('.')
                .map_or(part, |(stem, _)| stem)
                .to_lowercase();
            let last = stem.rsplit(['_', '-']).next().unwrap_or_default();
            if EMPTY_NAMES.contains(&last) {
                let what = format!(
                    "`{part}` says nothing about what is inside: use a word of the trade (mailbox, outbox, lease)"
                );
                offences.push(Offence::new(source, 1, what));
            }
        }
    }
    offences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_past_the_limit_is_refused_and_one_at_it_is_not() {
        let long =
            |path: &str, lines: usize| too_long(&[Source::new(path, &"x\n".repeat(lines))]).len();
        assert_eq!(long("src/engine/pump.rs", LINES_MAX + 1), 1);
        assert_eq!(long("src/engine/pump.rs", LINES_MAX), 0);
        assert_eq!(long("tests/ui/wrong.stderr", LINES_MAX + 1), 0);
    }

    #[test]
    fn a_file_that_does_not_introduce_itself_is_refused() {
        let headless = |path: &str, text: &str| without_head(&[Source::new(path, text)]).len();
        assert_eq!(headless("src/call/mod.rs", "mod route;\n"), 1);
        assert_eq!(headless("macros/src/lib.rs", "// not a head\n"), 1);
        assert_eq!(headless("xtask/src/main.rs", "//! The chores.\n"), 0);
    }

    #[test]
    fn an_empty_name_is_refused_for_files_and_folders() {
        let empty = |path: &str| empty_names(&[Source::new(path, "")]).len();
        for path in [
            "src/utils.rs",
            "tests/common/mod.rs",
            "src/actor/helpers.rs",
            "src/placement/lease_manager.rs",
            "misc/a.md",
        ] {
            assert_eq!(empty(path), 1, "{path}");
        }
        for path in ["src/store/common_prefix.rs", "src/placement/lease.rs"] {
            assert_eq!(empty(path), 0, "{path}");
        }
    }
}
